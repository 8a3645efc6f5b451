#!/bin/sh
# Names that could be taken for SQL, for a pattern, for a path or for orders to a terminal: schemas, tables,
# columns, files, keys and values of such names go through unload, write and merge and come back the same, over both
# transports; nothing else is run, and no terminal is told anything. Capitals in quotes are folded as the server
# folds them.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql
tap_plan 43
sandbox_begin
work_begin
api_profile

rs()
{
    "$REDSMITH_BUILDDIR/redsmith" -p "$profile" --progress none --yes "$@" >>"$work/said" 2>&1
    echo $?
}

quoted()
{
    printf '"%s"' "$(printf '%s\n' "$1" | sed 's/"/""/g')"
}

# make NAME: a schema and a table of that name, with columns and values of it
make()
{
    make_name=$(quoted "$1")
    make_value=$(printf '%s\n' "$1" | sed "s/\\\\/&&/g; s/'/''/g")
    psql -XAtq -c "create schema $make_name" \
        -c "create table $make_name.$make_name ($make_name int, \"and ;\"\"\" varchar(200))" \
        -c "insert into $make_name.$make_name values (1, '$make_value'), (2, null), (3, '')" \
        -c "select count(*) from $make_name.$make_name"
}

psql -XAtqc "create table victim (a int); insert into victim values (1)"
i=0
for name in "a'b\"c;drop table victim;--" 'back\slash\\' "$(printf 'line\nend\ttab\033[31mred')" \
    "$(printf '\305\274\360\237\230\200.$1 %%s%%n *')"; do
    i=$((i + 1))
    tap_is "name $i: a table" "$(make "$name" 2>&1)" 3
    table=$(quoted "$name").$(quoted "$name")
    copy=$(quoted "$name").$(quoted "${name}2")
    for profile in sandbox api; do
        folder=$work/$i$profile$(printf '%s' "$name" | tr / _)
        tap_is "name $i, $profile: unloaded and written" "$(rs unload "$table" --to "$folder") \
$(rs write "$folder"/* --into "$copy" --like "$table" --mode overwrite)" "0 0"
        tap_is "name $i, $profile: merged" "$(rs merge "$folder"/* --into "$copy" --key "$(quoted "$name")")" 0
        tap_is "name $i, $profile: the same rows" "$(rs check "$table" "$copy")" 0
        tap_is "name $i, $profile: to a key of that name and back" \
            "$(rs unload "$table" --to "s3://sandbox-data/$i$profile $name/" --format text) \
$(rs write "s3://sandbox-data/$i$profile $name/" --format text --into "$copy" --mode overwrite) \
$(rs check "$table" "$copy")" "0 0 0"
    done
done
tap_is "nothing else was run" "$(psql -XAtqc 'select a from victim')" 1
"$REDSMITH_BUILDDIR/redsmith" jobs list >>"$work/said" 2>&1
tap_ok "nothing that was said is obeyed by a terminal" \
    test -z "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <"$work/said")"

psql -XAtqc 'create schema "Capital"; create table "Capital"."Is Big" ("Id" int, "Name" varchar(9))'
printf '1,x\n' >"$work/one.csv"
for profile in sandbox api; do
    tap_is "$profile: a job finds its tables below a name with capitals" \
        "$(rs write "$work/one.csv" --into '"Capital"."Is Big"') \
$(rs merge "$work/one.csv" --into '"Capital"."Is Big"' --columns '"Id","Name"' --key '"Id"')" "0 0"
    tap_is "$profile: and makes tables there" \
        "$(rs write "$work/one.csv" --into '"Capital"."New"' --mode overwrite)" 0
done
tap_is "no table of a job is left" \
    "$(psql -XAtqc "select count(*) from pg_class where relname like 'redsmith\\\\_%'")" 0

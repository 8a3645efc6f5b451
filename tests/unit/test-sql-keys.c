#include "sql/keys.h"

static void test_keys_in_statements_are_seen(void)
{
    static const struct {
        const char *sql;
        gboolean holds;
    } cases[] = {
        {"copy t from 's3://b/p' iam_role default", FALSE},
        {"copy t from 's3://b/p' credentials 'aws_iam_role=arn:aws:iam::1:role/r'", FALSE},
        {"copy t from 's3://b/p' credentials 'aws_access_key_id=A;aws_secret_access_key=b'", TRUE},
        {"COPY t FROM 's3://b/p' ACCESS_KEY_ID 'A' SECRET_ACCESS_KEY 'b'", TRUE},
        {"unload ('select 1') to 's3://b/p' with credentials as 'AWS_ACCESS_KEY_ID=A'", TRUE},
        {"select 1; /* x */ unload ('select 1') to 's3://b' access_key_id 'A'", TRUE},
        {"select access_key_id, 'aws_access_key_id=' from t", FALSE},
        {"create table t (access_key_id int)", FALSE},
        {"-- copy t access_key_id 'A'\nselect 1", FALSE},
        {"", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].sql);
        g_assert_cmpint(sql_holds_keys(cases[i].sql), ==, cases[i].holds);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sql/keys-in-statements-are-seen", test_keys_in_statements_are_seen);
    return g_test_run();
}

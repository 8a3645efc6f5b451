-- TICKIT: a shop where people sell and buy tickets; seven tables in public. Names, keys and row counts
-- are the guide's; every value is computed from the row's number and a fixed seed, so all sandboxes
-- agree. Who buys and what is listed follow Zipf's law (1.1).

-- A number from 0 to n - 1, the `what`-th of row i; a fraction from 0 to 1; a skewed rank from 1 to n.
CREATE FUNCTION redsmith_sandbox.pick(i bigint, what int, n bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT (hashint8extended(i, 42 + what) & 9223372036854775807) % n';
CREATE FUNCTION redsmith_sandbox.fraction(i bigint, what int) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT (hashint8extended(i, 42 + what) & 4503599627370495) / 4503599627370496.0::float8';
CREATE FUNCTION redsmith_sandbox.zipf(i bigint, what int, n int) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT least(floor(power(1 + redsmith_sandbox.fraction(i, what)
                              * (power(n + 1, -0.1) - 1), -10::float8)), n)::bigint';

CREATE TABLE public.users (
    userid integer NOT NULL, username char(8), firstname varchar(30), lastname varchar(30),
    city varchar(30), state char(2), email varchar(100), phone char(14), likesports boolean,
    liketheatre boolean, likeconcerts boolean, likejazz boolean, likeclassical boolean,
    likeopera boolean, likerock boolean, likevegas boolean, likebroadway boolean,
    likemusicals boolean);
CREATE TABLE public.venue (
    venueid smallint NOT NULL, venuename varchar(100), venuecity varchar(30), venuestate char(2),
    venueseats integer);
CREATE TABLE public.category (
    catid smallint NOT NULL, catgroup varchar(10), catname varchar(10), catdesc varchar(50));
CREATE TABLE public.date (
    dateid smallint NOT NULL, caldate date NOT NULL, day char(3) NOT NULL, week smallint NOT NULL,
    month char(5) NOT NULL, qtr char(5) NOT NULL, year smallint NOT NULL,
    holiday boolean DEFAULT false);
CREATE TABLE public.event (
    eventid integer NOT NULL, venueid smallint NOT NULL, catid smallint NOT NULL,
    dateid smallint NOT NULL, eventname varchar(200), starttime timestamp);
CREATE TABLE public.listing (
    listid integer NOT NULL, sellerid integer NOT NULL, eventid integer NOT NULL,
    dateid smallint NOT NULL, numtickets smallint NOT NULL, priceperticket numeric(8, 2),
    totalprice numeric(8, 2), listtime timestamp);
CREATE TABLE public.sales (
    salesid integer NOT NULL, listid integer NOT NULL, sellerid integer NOT NULL,
    buyerid integer NOT NULL, eventid integer NOT NULL, dateid smallint NOT NULL,
    qtysold smallint NOT NULL, pricepaid numeric(8, 2), commission numeric(8, 2),
    saletime timestamp);

CALL redsmith_catalog.note_table('public.users', 'KEY', 'userid', 'COMPOUND', '{userid}', NULL, true);
CALL redsmith_catalog.note_table('public.venue', 'KEY', 'venueid', 'COMPOUND', '{venueid}', NULL, true);
CALL redsmith_catalog.note_table('public.category', 'KEY', 'catid', 'COMPOUND', '{catid}', NULL, true);
CALL redsmith_catalog.note_table('public.date', 'KEY', 'dateid', 'COMPOUND', '{dateid}', NULL, true);
CALL redsmith_catalog.note_table('public.event', 'KEY', 'eventid', 'COMPOUND', '{dateid}', NULL, true);
CALL redsmith_catalog.note_table('public.listing', 'KEY', 'listid', 'COMPOUND', '{dateid}', NULL, true);
CALL redsmith_catalog.note_table('public.sales', 'KEY', 'listid', 'COMPOUND', '{dateid}', NULL, true);

COMMENT ON TABLE public.users IS 'People who buy and sell tickets';
COMMENT ON TABLE public.venue IS 'Places where events happen';
COMMENT ON TABLE public.category IS 'Kinds of events, in three groups';
COMMENT ON TABLE public.date IS 'The calendar of 2008';
COMMENT ON TABLE public.event IS 'What can be visited, where and when';
COMMENT ON TABLE public.listing IS 'Tickets that users offer';
COMMENT ON TABLE public.sales IS 'Tickets that users bought from a listing';

-- Word lists, one row each, numbered from 0.
CREATE TEMP TABLE word AS
SELECT kind, (row_number() OVER (PARTITION BY kind ORDER BY n) - 1)::bigint AS n, text
FROM (VALUES
    ('first', 'Ada Alban Alma Amos Anouk Arlo Astrid Basil Beatrix Bram Calla Cato Celeste Cyrus '
     'Dahlia Dario Delphine Desmond Edda Elias Elina Emeric Esme Ezra Faye Felix Fiora Flynn '
     'Greta Gideon Hanna Hugo Ida Idris Imogen Ivo Jana Jasper Juno Kai Kira Lars Lena Leopold '
     'Linnea Magnus Maren Milo Mira Nadia Nestor Nora Odette Orson Petra Quentin Ramona Rufus '
     'Saskia Silas Sunniva Tamsin Theo Una Viggo Vera Wanda Wren Xenia Yorick Zelda Zeno'),
    ('last1', 'Alder Ash Barrow Birch Black Brook Cedar Clay Coal Cope Copper Crane Drum Dun Elder '
     'Fair Fern Flint Fox Frost Glen Gold Grim Hart Hazel Heath Hol Horn Iron Kel Lark Lind Long '
     'Marsh Mill Moss North Oak Orch Pell Quill Raven Red Rook Rose Sand Silver Stone Thorn Wal '
     'White Wil Win Wood Wren Yar'),
    ('last2', 'acre bane beck bourne bridge brook by combe cott croft dale den field ford gate ham '
     'haven hill holm hurst land ley low man mere more ridge rigg shaw side ston stead thorpe ton '
     'vale ward water way well wick win worth'),
    ('city', 'Alderport,Amberfield,Ashmere,Bayhollow,Birchwater,Bluecliff,Bramble Creek,Brightwell,'
     'Cedar Rapids Landing,Clearhaven,Copperton,Crescent Falls,Dawnridge,Dunmore Springs,Eastmarch,'
     'Elk Hollow,Fairwinds,Fernhill,Foxborough Heights,Glenhaven,Goldleaf,Granite Point,Greywater,'
     'Harborview,Hazelton Bay,Highmoor,Ironbridge,Juniper Flats,Kestrel Cove,Kingsmarsh,Lakemont,'
     'Larkspur,Lindenwald,Long Meadow,Maplewick,Marrow Bay,Millbrook Junction,Mistral Beach,'
     'Mossgate,New Avalon,Northquay,Oakhurst Mills,Old Orchard,Palisade,Pinecrest,Port Merrow,'
     'Quarry Hill,Ravenswood,Red Mesa,Rivermouth,Saint Alban,Saltmarsh,Sandpiper Key,Silverlake,'
     'Stonebridge,Summerfield,Thornbury,Twin Pines,Umberland,Valley Cross,Westerly,Whitecap,'
     'Willowdale,Winterfold,Wolf Point,Yarrow'),
    ('state', 'AL AZ CA CO CT FL GA IA ID IL IN KS KY LA MA MD ME MI MN MO MT NC NE NH NJ NM NV NY '
     'OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY'),
    ('hall1', 'Amber,Beacon,Bluebird,Cobalt,Copper,Crescent,Crown,Ember,Falcon,Granite,Harbor,Ivory,'
     'Juniper,Lantern,Meridian,Northern,Orchid,Palace,Riverside,Silver,Union'),
    ('hall2', 'Arena,Ballroom,Coliseum,Field,Gardens,Hall,Opera House,Pavilion,Playhouse,Stadium,'
     'Theatre'),
    ('team', 'Anchors,Badgers,Comets,Drifters,Embers,Foxes,Gales,Hammers,Icebreakers,Jays,Kestrels,'
     'Lynxes,Mariners,Nomads,Otters,Pioneers,Quakes,Rovers,Storks,Tempests'),
    ('show', 'The Glass Orchard,A Clock in Winter,Harbor Lights,The Paper Crown,Seven Doors,'
     'The Lamplighter,Salt and Honey,The Ninth Hour,Moth and Moon,The Tin Violin,Letters to Orion,'
     'The Weaver of Ash,Copper Sky,The Long Rehearsal,Night at the Atlas,The Quiet Parade,'
     'Marigold,The Cartographer,Under the Viaduct,Last Ferry Home'),
    ('band', 'The Velvet Cartel,Paper Satellites,Juniper and the Wolves,Neon Almanac,Slow Harbor,'
     'The Tin Choir,Golden Static,Marlow Quartet,Blue Hour Trio,Cobalt Philharmonic,'
     'Night Bus Orchestra,Saint Cassette,The Low Tides,Amber Sinfonia,Glass Mountain,'
     'Wren Ellison,Hollow Coast,The Parallel Lines,Sunday Mechanics,Ida Fairbrook Ensemble')
) AS list (kind, words), regexp_split_to_table(words, CASE WHEN strpos(words, ',') > 0 THEN ','
                                                           ELSE ' ' END) WITH ORDINALITY AS w (text, n);
CREATE INDEX ON word (kind, n);
CREATE FUNCTION pg_temp.words(kind text) RETURNS text[] LANGUAGE sql STABLE AS
    'SELECT array_agg(w.text ORDER BY n) FROM word w WHERE w.kind = $1';

-- 26 to the power of eight is far more than the rows: names come from a permutation, so none repeats.
INSERT INTO public.users
WITH list AS MATERIALIZED (
    SELECT pg_temp.words('first') AS first, pg_temp.words('last1') AS last1,
           pg_temp.words('last2') AS last2, pg_temp.words('city') AS city,
           pg_temp.words('state') AS state),
person AS (
    SELECT i, redsmith_sandbox.pick(i, 1, 72) AS f,
           redsmith_sandbox.pick(i, 2, 56) AS l1, redsmith_sandbox.pick(i, 3, 42) AS l2,
           redsmith_sandbox.pick(i, 4, 66) AS c, (i::bigint * 7919) % 175760 AS code
    FROM generate_series(1, 49990) i)
SELECT i,
       chr((65 + code / 6760)::int) || chr((65 + code / 260 % 26)::int)
       || chr((65 + code / 10 % 26)::int) || code % 10 || redsmith_sandbox.pick(i, 5, 10)
       || chr((65 + redsmith_sandbox.pick(i, 6, 26))::int)
       || chr((65 + redsmith_sandbox.pick(i, 7, 26))::int)
       || chr((65 + redsmith_sandbox.pick(i, 8, 26))::int),
       first[f + 1], last1[l1 + 1] || last2[l2 + 1], city[c + 1],
       state[redsmith_sandbox.pick(c, 9, 44) + 1],
       lower(first[f + 1] || '.' || last1[l1 + 1] || last2[l2 + 1]) || i || '@example.com',
       format('(%s) 555-%s', 200 + redsmith_sandbox.pick(i, 10, 790),
              lpad(redsmith_sandbox.pick(i, 11, 10000)::text, 4, '0')),
       CASE redsmith_sandbox.pick(i, 21, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 31, 2) = 0 END,
       CASE redsmith_sandbox.pick(i, 22, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 32, 3) = 0 END,
       CASE redsmith_sandbox.pick(i, 23, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 33, 2) = 0 END,
       CASE redsmith_sandbox.pick(i, 24, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 34, 5) = 0 END,
       CASE redsmith_sandbox.pick(i, 25, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 35, 5) = 0 END,
       CASE redsmith_sandbox.pick(i, 26, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 36, 6) = 0 END,
       CASE redsmith_sandbox.pick(i, 27, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 37, 2) = 0 END,
       CASE redsmith_sandbox.pick(i, 28, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 38, 4) = 0 END,
       CASE redsmith_sandbox.pick(i, 29, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 39, 4) = 0 END,
       CASE redsmith_sandbox.pick(i, 30, 200) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN NULL
            ELSE redsmith_sandbox.pick(i, 40, 3) = 0 END
FROM person, list;

INSERT INTO public.venue
WITH list AS MATERIALIZED (
    SELECT pg_temp.words('hall1') AS hall1, pg_temp.words('hall2') AS hall2,
           pg_temp.words('city') AS city, pg_temp.words('state') AS state)
SELECT i, hall1[(i - 1) % 21 + 1] || ' ' || hall2[(i - 1) % 11 + 1], city[c + 1],
       state[redsmith_sandbox.pick(c, 9, 44) + 1],
       CASE WHEN i % 67 = 3 THEN NULL
            WHEN (i - 1) % 11 IN (0, 2, 3, 9) THEN 12000 + redsmith_sandbox.pick(i, 51, 680) * 100
            ELSE 300 + redsmith_sandbox.pick(i, 51, 40) * 50 END
FROM generate_series(1, 202) i, list, redsmith_sandbox.pick(i, 52, 66) c;

INSERT INTO public.category VALUES
    (1, 'Sports', 'Baseball', 'Professional baseball'),
    (2, 'Sports', 'Hockey', 'Professional ice hockey'),
    (3, 'Sports', 'Football', 'Professional football'),
    (4, 'Sports', 'Basketball', 'Professional basketball'),
    (5, 'Sports', 'Soccer', 'Professional soccer'),
    (6, 'Shows', 'Musicals', 'Musical theatre'),
    (7, 'Shows', 'Plays', 'All non-musical theatre'),
    (8, 'Shows', 'Opera', 'All opera and light opera'),
    (9, 'Concerts', 'Pop', 'All rock and pop music concerts'),
    (10, 'Concerts', 'Jazz', 'All jazz singers and bands'),
    (11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts');

INSERT INTO public.date
SELECT 1827 + n, d, left(upper(to_char(d, 'DY')), 2), n / 7 + 1, upper(to_char(d, 'MON')),
       to_char(d, 'Q'), 2008, n = 0
FROM generate_series(0, 364) n, LATERAL (SELECT date '2008-01-01' + n AS d) day;

-- An event's category is never a stadium sport in a playhouse: halls 1, 3, 4 and 10 of 11 take sports.
INSERT INTO public.event
WITH list AS MATERIALIZED (
    SELECT pg_temp.words('team') AS team, pg_temp.words('show') AS show, pg_temp.words('band') AS band),
chosen AS (
    SELECT i, v, 1827 + redsmith_sandbox.pick(i, 62, 365) AS dateid,
           CASE WHEN (v - 1) % 11 IN (0, 2, 3, 9) AND redsmith_sandbox.pick(i, 63, 4) > 0
                THEN 1 + redsmith_sandbox.pick(i, 64, 5)
                ELSE 6 + redsmith_sandbox.pick(i, 64, 6) END AS catid
    FROM generate_series(1, 8798) i, redsmith_sandbox.pick(i, 61, 202) u,
    LATERAL (SELECT u + 1 AS v) venue)
SELECT i, v, catid, dateid,
       CASE WHEN catid <= 5 THEN team[a + 1] || ' at ' || team[(a + 1 + b) % 20 + 1]
            WHEN catid <= 8 THEN show[a + 1] ELSE band[a + 1] END,
       date '2008-01-01' + (dateid - 1827)::int
           + (12 + 2 * redsmith_sandbox.pick(i, 67, 5)) * interval '1 hour'
           + 30 * redsmith_sandbox.pick(i, 68, 2) * interval '1 minute'
FROM chosen, list, redsmith_sandbox.pick(i, 65, 20) a, redsmith_sandbox.pick(i, 66, 18) b;

-- Listed up to 90 days before the event, and on its day before noon at the latest. The price is kept
-- in a side column until the sales are made, because a listing may lack it and a sale never does.
CREATE TEMP TABLE offer AS
SELECT i::int AS listid, (1 + redsmith_sandbox.pick(i, 71, 49990))::int AS sellerid, e.eventid,
       e.starttime, e.dateid - back AS dateid,
       (1 + redsmith_sandbox.pick(i, 72, 8) + CASE redsmith_sandbox.pick(i, 73, 12) WHEN 0 THEN 16
                                                   ELSE 0 END)::smallint AS numtickets,
       (20 + redsmith_sandbox.pick(i, 74, 100) * redsmith_sandbox.pick(i, 75, 24))::numeric(8, 2)
           AS price,
       date '2008-01-01' + (e.dateid - back - 1827)::int
           + redsmith_sandbox.pick(i, 76, 43200) * interval '1 second' AS listtime
FROM generate_series(1, 192497) i
JOIN public.event e
  ON e.eventid = 1 + (redsmith_sandbox.zipf(i, 77, 8798) * 3571) % 8798,
LATERAL (SELECT redsmith_sandbox.pick(i, 78, least(90, e.dateid - 1826)) AS back) days;
CREATE UNIQUE INDEX ON offer (listid);

INSERT INTO public.listing
SELECT listid, sellerid, eventid, dateid, numtickets,
       CASE WHEN redsmith_sandbox.pick(listid, 79, 100) = 0 THEN NULL ELSE price END,
       price * numtickets, listtime
FROM offer ORDER BY listid;

-- Each sale takes another listing (100003 shares no factor with 192,497), after it was listed and
-- before the event begins.
INSERT INTO public.sales
SELECT i, o.listid, o.sellerid,
       1 + (redsmith_sandbox.zipf(i, 81, 49990) * 7919) % 49990, o.eventid,
       1827 + (at::date - date '2008-01-01'), q, o.price * q, round(o.price * q * 0.15, 2), at
FROM generate_series(1, 172456) i
JOIN offer o ON o.listid = 1 + (i::bigint * 100003) % 192497,
LATERAL (SELECT 1 + redsmith_sandbox.pick(i, 82, least(8, o.numtickets)) AS q,
                date_trunc('second', o.listtime + (o.starttime - o.listtime)
                                     * redsmith_sandbox.fraction(i, 83)) AS at) sale
ORDER BY i;

DROP TABLE offer, word;

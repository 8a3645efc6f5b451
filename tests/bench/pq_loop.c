/*
 * pq_loop: the rows of a query through bare libpq, in single-row mode, dropped: what nothing that
 * looks at the rows can be faster than. The connection is that of the PG* variables.
 *
 *     pq_loop SQL         prints rows and seconds
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    PGconn *conn = PQconnectdb("");
    if (argc != 2 || PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "usage: pq_loop SQL; %s", PQerrorMessage(conn));
        return 2;
    }
    double start = now();
    long rows = 0;
    int status = 0;
    if (!PQsendQuery(conn, argv[1]) || !PQsetSingleRowMode(conn))
        status = 1;
    for (PGresult *result; (result = PQgetResult(conn)) != NULL; PQclear(result)) {
        ExecStatusType kind = PQresultStatus(result);
        if (kind != PGRES_SINGLE_TUPLE && kind != PGRES_TUPLES_OK)
            status = 1;
        rows += PQntuples(result);
    }
    if (status != 0)
        fprintf(stderr, "%s", PQerrorMessage(conn));
    printf("%ld %.3f\n", rows, now() - start);
    PQfinish(conn);
    return status;
}

/*
 * Gets many results at once: reads COUNT lines `ID JSON` from standard input, gets each id on one of the
 * threads, compares the value with the text, and prints one JSON object with the totals.
 *
 *     many URL THREADS COUNT < LINES
 */
#include "check.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct expected {
    char id[64];
    char json[64];
};

static celery_app_t *app;
static struct expected *lines;
static size_t line_count;
static atomic_size_t next_line, right;

static void *get_all(void *unused)
{
    size_t at;
    while ((at = atomic_fetch_add(&next_line, 1)) < line_count) {
        celery_error_t *err = NULL;
        celery_result_t *result = NULL;
        celery_value_t *value = NULL;
        OK(celery_async_result_new(app, lines[at].id, &result, &err));
        OK(celery_result_get(result, 120000, &value, &err));
        SAME(celery_value_json(value, NULL), lines[at].json);
        atomic_fetch_add(&right, 1);
        celery_value_free(value);
        celery_result_free(result);
    }
    return unused;
}

static uint64_t figure(const char *name)
{
    celery_error_t *err = NULL;
    celery_stats_t *stats = NULL;
    uint64_t value = 0;
    OK(celery_app_stats(app, &stats, &err));
    OK(celery_stats_get(stats, name, &value, &err));
    celery_stats_free(stats);
    return value;
}

int main(int argc, char **argv)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    CHECK(argc == 4);
    size_t thread_count = strtoul(argv[2], NULL, 10);
    pthread_t *threads = calloc(thread_count, sizeof *threads);
    CHECK(threads != NULL);

    line_count = strtoul(argv[3], NULL, 10);
    lines = calloc(line_count, sizeof *lines);
    CHECK(lines != NULL);
    for (size_t i = 0; i < line_count; i++)
        CHECK(scanf("%63s %63s", lines[i].id, lines[i].json) == 2);

    OK(celery_options_new(&options, &err));
    /* The sweep would hide a lost wake-up. */
    OK(celery_options_set(options, "result_reread_interval", "0", &err));
    OK(celery_options_set(options, "redis_client_name", "many", &err));
    OK(celery_app_open(argv[1], options, &app, &err));
    celery_options_free(options);

    for (size_t i = 0; i < thread_count; i++)
        CHECK(pthread_create(&threads[i], NULL, get_all, NULL) == 0);
    for (size_t i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);

    uint64_t sockets = figure("sockets");
    /* UNSUBSCRIBE is sent within 100 ms; a lost one would hang here until the caller gives up. */
    while (figure("subscriptions") != 0)
        usleep(1000);
    printf("{\"right\": %zu, \"sockets\": %" PRIu64 ", \"connects\": %" PRIu64 ", \"waiters\": %" PRIu64
           ", \"messages\": %" PRIu64 ", \"recovered_by_reread\": %" PRIu64 "}\n",
           atomic_load(&right), sockets, figure("connects"), figure("waiters"), figure("messages"),
           figure("recovered_by_reread"));
    fflush(stdout);
    while (getchar() != EOF) /* stays until the caller has looked at the server */
        ;
    celery_app_free(app);
    free(lines);
    free(threads);
    return 0;
}

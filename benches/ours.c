/* The library through its C ABI, on the same work as benches/floor.c.
 *
 *   ours get|group|ping|wait N PREFIX   as there; `group` is the get of a GroupResult and a look at
 *                                   each value, `wait` takes the results from a queue as they come
 *   ours pending N PREFIX           N ids that never finish in one queue: memory, sockets, threads
 *   ours threads N PREFIX           16 threads read N stored results between them, on one app
 *   ours memory N PREFIX            memory://: one thread stores, another waits; store to return
 *   ours cancel N PREFIX            trigger to return, across threads
 *   ours timeout N PREFIX           how long after its deadline (1 ms) a wait returns
 */
#include "common.h"

#include <celery_result.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 16 };

static celery_app_t *app;
static const char *prefix;
static long total;

static void check(celery_status_t status, celery_error_t *err) {
    if (status == CELERY_OK) return;
    fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));
    exit(1);
}

static void open_app(const char *url) {
    celery_error_t *err = NULL;
    check(celery_app_open(url, NULL, &app, &err), err);
}

static celery_result_t *handle(long i) {
    char id[256];
    celery_error_t *err = NULL;
    celery_result_t *result;
    snprintf(id, sizeof id, "%s%ld", prefix, i);
    check(celery_async_result_new(app, id, &result, &err), err);
    return result;
}

static void get_one(long i) {
    celery_error_t *err = NULL;
    celery_value_t *value;
    celery_result_t *result = handle(i);
    check(celery_result_get(result, 60000, &value, &err), err);
    int64_t got = -1;
    check(celery_value_int64(value, "/i", &got, &err), err);
    if (got != i) die("a wrong result");
    celery_value_free(value);
    celery_result_free(result);
}

static void get(void) {
    double begun = now();
    for (long i = 0; i < total; i++) get_one(i);
    report("get", now() - begun, total, NULL);
}

static void *get_share(void *argument) {
    for (long i = (long)(intptr_t)argument; i < total; i += THREADS) get_one(i);
    return NULL;
}

static void threads(void) {
    pthread_t thread[THREADS];
    double begun = now();
    for (intptr_t i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, get_share, (void *)i);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    report("threads", now() - begun, total, NULL);
}

static void ping(void) {
    const char *port = getenv("BENCH_REDIS_PORT");
    redisContext *c = redisConnect("127.0.0.1", port ? atoi(port) : 6379);
    double *each = malloc((size_t)total * sizeof *each), begun = now();
    for (long i = 0; i < total; i++) {
        double asked = now();
        freeReplyObject(redisCommand(c, "LPUSH %s:req %ld", prefix, i));
        get_one(i);
        each[i] = now() - asked;
    }
    report("ping", now() - begun, total, each);
    redisFree(c);
}

static uint64_t stat(const char *name) {
    celery_error_t *err = NULL;
    celery_stats_t *stats;
    uint64_t value = 0;
    check(celery_app_stats(app, &stats, &err), err);
    check(celery_stats_get(stats, name, &value, &err), err);
    celery_stats_free(stats);
    return value;
}

static void group(void) {
    celery_error_t *err = NULL;
    celery_result_t **members = malloc((size_t)total * sizeof *members), *result;
    celery_value_t *values, *value;
    double begun = now();
    for (long i = 0; i < total; i++) members[i] = handle(i);
    check(celery_group_result_new(app, "group", members, (size_t)total, NULL, &result, &err), err);
    check(celery_result_get(result, 60000, &values, &err), err);
    for (long i = 0; i < total; i++) {
        int64_t got = -1;
        check(celery_value_index(values, (size_t)i, &value, &err), err);
        check(celery_value_int64(value, "/i", &got, &err), err);
        if (got != i) die("a wrong result");
        celery_value_free(value);
    }
    report("group", now() - begun, total, NULL);
    celery_value_free(values);
    celery_result_free(result);
    for (long i = 0; i < total; i++) celery_result_free(members[i]);
    free(members);
}

/* A queue that waits for all ids, which are subscribed to when this returns. */
static celery_queue_t *queue_of_all(void) {
    enum { SLICE = 10000 };
    celery_error_t *err = NULL;
    celery_queue_t *queue;
    char *text = malloc(SLICE * 64);
    const char **ids = malloc(SLICE * sizeof *ids);
    uint64_t *tags = malloc(SLICE * sizeof *tags);
    check(celery_queue_new(&queue, &err), err);
    for (long i = 0; i < total;) {
        size_t count = 0;
        for (; i < total && count < SLICE; i++, count++) {
            snprintf(text + count * 64, 64, "%s%ld", prefix, i);
            ids[count] = text + count * 64;
            tags[count] = (uint64_t)i;
        }
        check(celery_queue_add_ids(queue, app, ids, tags, count, &err), err);
    }
    free(text), free(ids), free(tags);
    struct timespec nap = {0, 1000000};
    while (stat("subscriptions") < (uint64_t)total) nanosleep(&nap, NULL);
    return queue;
}

static void wait_for(void) {
    celery_error_t *err = NULL;
    celery_queue_t *queue = queue_of_all();
    celery_batch_t *batch;
    char *seen = calloc((size_t)total, 1);
    double begun = 0;
    printf("waiting\n");
    fflush(stdout);
    for (long got = 0; got < total;) {
        check(celery_queue_next(queue, 60000, NULL, 512, &batch, &err), err);
        if (begun == 0) begun = now();
        size_t count = celery_batch_count(batch);
        for (size_t i = 0; i < count; i++) {
            uint64_t tag = celery_batch_tag(batch, i);
            if (celery_batch_state(batch, i) != CELERY_STATE_SUCCESS || seen[tag]++) die("a wrong event");
        }
        got += (long)count;
        celery_batch_free(batch);
    }
    report("wait", now() - begun, total, NULL);
    if (stat("sockets") != 2) die("more than two sockets");
    celery_queue_free(queue);
    free(seen);
}

static double resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1) die("/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void pending(void) {
    celery_error_t *err = NULL;
    check(celery_app_connect(app, 60000, NULL, &err), err);
    double before = resident(), begun = now();
    celery_queue_t *queue = queue_of_all();
    double added = now(), bytes = (resident() - before) / (double)total;
    if (stat("sockets") != 2) die("more than two sockets");
    celery_queue_free(queue);
    double freed = now();
    struct timespec nap = {0, 1000000};
    while (stat("subscriptions") > 0) nanosleep(&nap, NULL);
    printf("pending seconds=%.6f per_second=%.1f bytes_each=%.1f add_us_each=%.3f free_us_each=%.3f end_us_each=%.3f\n",
           now() - begun, (double)total / (now() - begun), bytes, (added - begun) / (double)total * 1e6,
           (freed - added) / (double)total * 1e6, (now() - freed) / (double)total * 1e6);
}

/* Hands moments from the acting thread to the waiting one. */
static _Atomic double acted;
static atomic_long turn;
static celery_cancel_t *cancel;

static void *store_each(void *argument) {
    celery_error_t *err = NULL;
    char id[256];
    (void)argument;
    for (long i = 0; i < total; i++) {
        while (atomic_load(&turn) != i) sched_yield();
        while (stat("waiters") == 0) sched_yield();
        snprintf(id, sizeof id, "%s%ld", prefix, i);
        atomic_store(&acted, now());
        check(celery_app_store_result(app, id, "SUCCESS", "1", 1, NULL, &err), err);
    }
    return NULL;
}

static void *cancel_each(void *argument) {
    (void)argument;
    for (long i = 0; i < total; i++) {
        while (atomic_load(&turn) != i) sched_yield();
        while (stat("waiters") == 0) sched_yield();
        atomic_store(&acted, now());
        celery_cancel_trigger(cancel);
    }
    return NULL;
}

static void across(const char *name, void *(*act)(void *), celery_status_t expected) {
    pthread_t thread;
    celery_error_t *err = NULL;
    double *each = malloc((size_t)total * sizeof *each), begun = now();
    open_app("memory://");
    check(celery_cancel_new(&cancel, &err), err);
    atomic_store(&turn, -1);
    pthread_create(&thread, NULL, act, NULL);
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(i);
        atomic_store(&turn, i);
        if (celery_result_wait(result, 60000, expected == CELERY_OK ? NULL : cancel, NULL) != expected) die("wrong end");
        each[i] = now() - atomic_load(&acted);
        celery_cancel_reset(cancel);
        celery_result_free(result);
    }
    pthread_join(thread, NULL);
    report(name, now() - begun, total, each);
}

static void timeouts(void) {
    double *each = malloc((size_t)total * sizeof *each), begun = now();
    open_app("memory://");
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(i);
        double asked = now();
        if (celery_result_wait(result, 1, NULL, NULL) != CELERY_ERR_TIMEOUT) die("no timeout");
        each[i] = now() - asked - 0.001;
        if (each[i] < 0) die("a wait that was too short");
        celery_result_free(result);
    }
    report("timeout", now() - begun, total, each);
}

int main(int argc, char **argv) {
    char url[128];
    const char *port = getenv("BENCH_REDIS_PORT");
    if (argc != 4) die("usage: ours get|group|threads|ping|wait|pending|memory|cancel|timeout N PREFIX");
    total = atol(argv[2]);
    prefix = argv[3];
    snprintf(url, sizeof url, "redis://127.0.0.1:%s/0", port ? port : "6379");
    if (!strcmp(argv[1], "memory")) across("memory", store_each, CELERY_OK);
    else if (!strcmp(argv[1], "cancel")) across("cancel", cancel_each, CELERY_ERR_CANCELLED);
    else if (!strcmp(argv[1], "timeout")) timeouts();
    else {
        open_app(url);
        if (!strcmp(argv[1], "get")) get();
        else if (!strcmp(argv[1], "group")) group();
        else if (!strcmp(argv[1], "pending")) pending();
        else if (!strcmp(argv[1], "threads")) threads();
        else if (!strcmp(argv[1], "ping")) ping();
        else if (!strcmp(argv[1], "wait")) wait_for();
        else die("no such case");
    }
    celery_app_free(app);
    return 0;
}

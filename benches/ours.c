/* The library through its C ABI, on the same work as benches/floor.c.
 *
 *   ours get|ping|wait N PREFIX     as there; `wait` through celery_result_then
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

static atomic_long arrived;
static double first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_arrived = PTHREAD_COND_INITIALIZER;

static void on_ready(void *env, const celery_result_t *result, const celery_meta_t *meta) {
    (void)env, (void)result, (void)meta;
    long count = atomic_fetch_add(&arrived, 1);
    if (count == 0) first = now();
    if (count + 1 == total) {
        pthread_mutex_lock(&lock);
        pthread_cond_signal(&all_arrived);
        pthread_mutex_unlock(&lock);
    }
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

static void wait_for(void) {
    celery_error_t *err = NULL;
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(i);
        check(celery_result_then(result, on_ready, NULL, NULL, NULL, &err), err);
        celery_result_free(result);
    }
    struct timespec nap = {0, 1000000};
    while (stat("subscriptions") < (uint64_t)total) nanosleep(&nap, NULL);
    printf("waiting\n");
    fflush(stdout);
    pthread_mutex_lock(&lock);
    while (atomic_load(&arrived) < total) pthread_cond_wait(&all_arrived, &lock);
    pthread_mutex_unlock(&lock);
    report("wait", now() - first, total, NULL);
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
    if (argc != 4) die("usage: ours get|threads|ping|wait|memory|cancel|timeout N PREFIX");
    total = atol(argv[2]);
    prefix = argv[3];
    snprintf(url, sizeof url, "redis://127.0.0.1:%s/0", port ? port : "6379");
    if (!strcmp(argv[1], "memory")) across("memory", store_each, CELERY_OK);
    else if (!strcmp(argv[1], "cancel")) across("cancel", cancel_each, CELERY_ERR_CANCELLED);
    else if (!strcmp(argv[1], "timeout")) timeouts();
    else {
        open_app(url);
        if (!strcmp(argv[1], "get")) get();
        else if (!strcmp(argv[1], "threads")) threads();
        else if (!strcmp(argv[1], "ping")) ping();
        else if (!strcmp(argv[1], "wait")) wait_for();
        else die("no such case");
    }
    celery_app_free(app);
    return 0;
}

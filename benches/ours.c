/* The library through its C ABI and over Redis, on the same work as benches/floor.c.
 *
 *   ours get|ping|wait N PREFIX     as there; `wait` takes the results from a queue as they come
 *   ours share N PREFIX             16 threads get N stored results between them, on one app
 *   ours ready N PREFIX             the get of a GroupResult; `whole` is that with the handles made
 *                                   and freed and a look at each value
 *   ours threads N PREFIX           16 threads do N pings between them, on one app
 *   ours pending N PREFIX           N ids that never finish in one queue: memory, sockets
 *   ours save|restore N PREFIX      saves a group of N; restores it and gets its results
 *   ours first N PREFIX             opens an app and gets one stored result
 */
#include "ours.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <unistd.h>

enum { THREADS = 16 };

static celery_app_t *app;
static const char *prefix;
static long total;

static redisContext *dial(void) {
    redisContext *c = redisConnect("127.0.0.1", atoi(redis_port()));
    if (!c || c->err) die("cannot connect to Redis");
    return c;
}

static void look_at(const celery_value_t *value, long i) {
    celery_error_t *err = NULL;
    int64_t got = -1;
    check(celery_value_int64(value, "/i", &got, &err), err);
    if (got != i) die("a wrong result");
}

static void get_one(long i) {
    celery_error_t *err = NULL;
    celery_value_t *value;
    celery_result_t *result = handle(app, prefix, i);
    check(celery_result_get(result, 60000, &value, &err), err);
    look_at(value, i);
    celery_value_free(value);
    celery_result_free(result);
}

static void get(void) {
    double begun = now();
    for (long i = 0; i < total; i++) get_one(i);
    report("get", now() - begun, total, NULL);
}

static void ping_one(redisContext *c, long i) {
    freeReplyObject(redisCommand(c, "LPUSH %s:req %ld", prefix, i));
    get_one(i);
}

static void ping(void) {
    redisContext *c = dial();
    double *each = room((size_t)total, sizeof *each), begun = now();
    for (long i = 0; i < total; i++) {
        double asked = now();
        ping_one(c, i);
        each[i] = now() - asked;
    }
    report("ping", now() - begun, total, each);
    redisFree(c);
}

static void *ping_some(void *first) {
    redisContext *c = dial();
    for (long i = (long)(intptr_t)first; i < total; i += THREADS) ping_one(c, i);
    redisFree(c);
    return NULL;
}

static void *get_some(void *first) {
    for (long i = (long)(intptr_t)first; i < total; i += THREADS) get_one(i);
    return NULL;
}

static void threads(const char *name, void *(*work)(void *)) {
    pthread_t thread[THREADS];
    double begun = now();
    for (intptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, (void *)i)) die("no thread");
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    report(name, now() - begun, total, NULL);
    two_sockets(app);
}

static celery_result_t *group_of_all(celery_result_t **members) {
    celery_error_t *err = NULL;
    celery_result_t *group;
    for (long i = 0; i < total; i++) members[i] = handle(app, prefix, i);
    check(celery_group_result_new(app, prefix, members, (size_t)total, NULL, &group, &err), err);
    for (long i = 0; i < total; i++) celery_result_free(members[i]);
    return group;
}

static void look_at_all(const celery_value_t *values) {
    celery_error_t *err = NULL;
    celery_value_iter_t *iter;
    celery_value_t *value;
    check(celery_value_iter_new(values, &iter, &err), err);
    long seen = 0;
    for (;; seen++) {
        check(celery_value_iter_next(iter, NULL, &value, &err), err);
        if (!value) break;
        look_at(value, seen);
        celery_value_free(value);
    }
    if (seen != total) die("values are missing");
    celery_value_iter_free(iter);
}

/* Gives how long the get alone took, and what it cost. */
static double get_all(double *used) {
    celery_error_t *err = NULL;
    celery_result_t **members = room((size_t)total, sizeof *members), *group = group_of_all(members);
    celery_value_t *values;
    double begun = now();
    *used = cpu();
    check(celery_result_get(group, 60000, &values, &err), err);
    double seconds = now() - begun;
    *used = cpu() - *used;
    look_at_all(values);
    celery_value_free(values);
    celery_result_free(group);
    free(members);
    return seconds;
}

static void ready(void) {
    double used;
    get_all(&used);
    double begun = now(), seconds = get_all(&used), whole = now() - begun;
    printf("ready seconds=%.6f per_second=%.1f cpu_us_each=%.3f whole_per_second=%.1f\n", seconds,
           (double)total / seconds, used / (double)total * 1e6, (double)total / whole);
}

static void all_subscribed(void) {
    while (stat_of(app, "subscriptions") < (uint64_t)total) nap();
}

static void wait_for(void) {
    redisContext *c = dial();
    celery_queue_t *queue = queue_of_all(app, prefix, total);
    all_subscribed();
    double begun = now(), used = cpu();
    freeReplyObject(redisCommand(c, "LPUSH %s:go 1", prefix));
    take_all(queue, total);
    double seconds = now() - begun;
    while (stat_of(app, "subscriptions") > 0) nap();
    report_cost("wait", seconds, cpu() - used, total);
    two_sockets(app);
    celery_queue_free(queue);
    redisFree(c);
}

static double resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1) die("/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double used_by_redis(redisContext *c) {
    redisReply *info = redisCommand(c, "INFO memory");
    const char *line = info ? strstr(info->str, "used_memory:") : NULL;
    if (!line) die("INFO memory");
    double bytes = atof(line + strlen("used_memory:"));
    freeReplyObject(info);
    return bytes;
}

static void pending(void) {
    celery_error_t *err = NULL;
    redisContext *c = dial();
    check(celery_app_connect(app, 60000, NULL, &err), err);
    double before = resident(), redis = used_by_redis(c), started = now();
    celery_queue_t *queue = queue_of_all(app, prefix, total);
    all_subscribed();
    double added = now(), bytes = resident() - before;
    redis = used_by_redis(c) - redis;
    two_sockets(app);
    celery_queue_free(queue);
    double freed = now();
    while (stat_of(app, "subscriptions") > 0) nap();
    double n = (double)total;
    printf("pending bytes_each=%.1f redis_bytes_each=%.1f add_us_each=%.3f free_us_each=%.3f end_us_each=%.3f\n",
           bytes / n, redis / n, (added - started) / n * 1e6, (freed - added) / n * 1e6,
           (now() - freed) / n * 1e6);
    redisFree(c);
}

static void save(void) {
    celery_error_t *err = NULL;
    celery_result_t **members = room((size_t)total, sizeof *members), *group = group_of_all(members);
    check(celery_group_result_save(group, app, &err), err);
    celery_result_free(group);
    free(members);
    printf("save\n");
}

static void restore(void) {
    celery_error_t *err = NULL;
    celery_result_t *group;
    celery_value_t *values;
    double started = now();
    check(celery_group_result_restore(app, prefix, &group, &err), err);
    check(celery_result_get(group, 60000, &values, &err), err);
    double seconds = now() - started;
    look_at_all(values);
    printf("restore us_each=%.4f\n", seconds / (double)total * 1e6);
    celery_value_free(values);
    celery_result_free(group);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: ours get|share|ready|ping|threads|wait|pending|save|restore|first N PREFIX");
    total = atol(argv[2]);
    prefix = argv[3];
    double started = now();
    app = open_redis();
    if (!strcmp(argv[1], "get")) get();
    else if (!strcmp(argv[1], "ready")) ready();
    else if (!strcmp(argv[1], "ping")) ping();
    else if (!strcmp(argv[1], "share")) threads("share", get_some);
    else if (!strcmp(argv[1], "threads")) threads("threads", ping_some);
    else if (!strcmp(argv[1], "wait")) wait_for();
    else if (!strcmp(argv[1], "pending")) pending();
    else if (!strcmp(argv[1], "save")) save();
    else if (!strcmp(argv[1], "restore")) restore();
    else if (!strcmp(argv[1], "first")) {
        get_one(0);
        printf("first ms=%.3f\n", (now() - started) * 1e3);
    } else die("no such case");
    celery_app_free(app);
    return 0;
}

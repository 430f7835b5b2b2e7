/* What the library's side of the benchmark shares: an app, and checks that end the program. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include "common.h"

#include <celery_result.h>

static inline void check(celery_status_t status, celery_error_t *err) {
    if (status == CELERY_OK) return;
    fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));
    exit(1);
}

static inline celery_app_t *open_app(const char *url) {
    celery_app_t *app;
    celery_error_t *err = NULL;
    check(celery_app_open(url, NULL, &app, &err), err);
    return app;
}

/* On the server of the benchmark. */
static inline celery_app_t *open_redis(void) {
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%s/0", redis_port());
    return open_app(url);
}

static inline celery_result_t *handle(celery_app_t *app, const char *prefix, long i) {
    char id[256];
    celery_error_t *err = NULL;
    celery_result_t *result;
    snprintf(id, sizeof id, "%s%ld", prefix, i);
    check(celery_async_result_new(app, id, &result, &err), err);
    return result;
}

static inline uint64_t stat_of(celery_app_t *app, const char *name) {
    celery_error_t *err = NULL;
    celery_stats_t *stats;
    uint64_t value = 0;
    check(celery_app_stats(app, &stats, &err), err);
    check(celery_stats_get(stats, name, &value, &err), err);
    celery_stats_free(stats);
    return value;
}

static inline void two_sockets(celery_app_t *app) {
    if (stat_of(app, "sockets") != 2) die("there are not two sockets");
}

static inline void nap(void) {
    struct timespec a_moment = {0, 1000000};
    nanosleep(&a_moment, NULL);
}

/* A queue that waits for all ids. */
static inline celery_queue_t *queue_of_all(celery_app_t *app, const char *prefix, long total) {
    enum { SLICE = 10000 };
    celery_error_t *err = NULL;
    celery_queue_t *queue;
    const char **ids = room(SLICE, sizeof *ids);
    uint64_t *tags = room(SLICE, sizeof *tags);
    check(celery_queue_new(&queue, &err), err);
    for (long first = 0; first < total; first += SLICE) {
        long count = total - first < SLICE ? total - first : SLICE;
        char *text = ids_of(prefix, first, count);
        for (long i = 0; i < count; i++) ids[i] = text + i * ID_ROOM, tags[i] = (uint64_t)(first + i);
        check(celery_queue_add_ids(queue, app, ids, tags, (size_t)count, &err), err);
        free(text);
    }
    free(ids), free(tags);
    return queue;
}

/* Takes one event of each id from a queue, and checks each record. */
static inline void take_all(celery_queue_t *queue, long total) {
    celery_error_t *err = NULL;
    celery_batch_t *batch;
    char *seen = room((size_t)total, 1);
    for (long got = 0; got < total;) {
        check(celery_queue_next(queue, 60000, NULL, 512, &batch, &err), err);
        size_t count = celery_batch_count(batch);
        for (size_t i = 0; i < count; i++) {
            size_t length = 0;
            const uint8_t *record = celery_batch_raw(batch, i, &length);
            uint64_t tag = celery_batch_tag(batch, i);
            if (celery_batch_state(batch, i) != CELERY_STATE_SUCCESS) die("a wrong event");
            if (number_in(record, length) != (long)tag || seen[tag]++) die("a wrong result");
        }
        got += (long)count;
        celery_batch_free(batch);
    }
    free(seen);
}

#endif

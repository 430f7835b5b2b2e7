/* The library over memory://, where nothing but its own work and the system's is measured.
 *
 *   memory wake N PREFIX     one thread stores, another one waits: store to return
 *   memory queue N PREFIX    one thread stores, another one takes from a queue
 *   memory cancel N PREFIX   trigger to return, across threads
 *   memory late N PREFIX     how long after its deadline (1 ms) a wait returns
 */
#include "ours.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static celery_app_t *app;
static const char *prefix;
static long total;

/* Hands moments from the acting thread to the waiting one. */
static _Atomic double acted;
static atomic_long turn;
static celery_cancel_t *cancel;

static void store(long i) {
    celery_error_t *err = NULL;
    char id[256];
    snprintf(id, sizeof id, "%s%ld", prefix, i);
    check(celery_app_store_result(app, id, "SUCCESS", "1", 1, NULL, &err), err);
}

static void await_turn(long i) {
    while (atomic_load(&turn) != i) sched_yield();
    while (stat_of(app, "waiters") == 0) sched_yield();
    atomic_store(&acted, now());
}

static void *store_each(void *argument) {
    (void)argument;
    for (long i = 0; i < total; i++) {
        await_turn(i);
        store(i);
    }
    return NULL;
}

static void *cancel_each(void *argument) {
    (void)argument;
    for (long i = 0; i < total; i++) {
        await_turn(i);
        celery_cancel_trigger(cancel);
    }
    return NULL;
}

static void across(const char *name, void *(*act)(void *), celery_status_t expected) {
    pthread_t thread;
    celery_error_t *err = NULL;
    double *each = room((size_t)total, sizeof *each), begun = now();
    check(celery_cancel_new(&cancel, &err), err);
    atomic_store(&turn, -1);
    pthread_create(&thread, NULL, act, NULL);
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(app, prefix, i);
        celery_cancel_t *token = expected == CELERY_OK ? NULL : cancel;
        atomic_store(&turn, i);
        if (celery_result_wait(result, 60000, token, NULL) != expected) die("a wrong end");
        each[i] = now() - atomic_load(&acted);
        celery_cancel_reset(cancel);
        celery_result_free(result);
    }
    pthread_join(thread, NULL);
    report(name, now() - begun, total, each);
    celery_cancel_free(cancel);
}

static void *store_all(void *argument) {
    (void)argument;
    for (long i = 0; i < total; i++) store(i);
    return NULL;
}

static void queue(void) {
    pthread_t thread;
    celery_queue_t *queue = queue_of_all(app, prefix, total);
    double begun = now();
    pthread_create(&thread, NULL, store_all, NULL);
    take_all(queue, total, NULL);
    report("queue", now() - begun, total, NULL);
    pthread_join(thread, NULL);
    celery_queue_free(queue);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: memory wake|queue|cancel|late N PREFIX");
    total = atol(argv[2]);
    prefix = argv[3];
    app = open_app("memory://");
    if (!strcmp(argv[1], "wake")) across("wake", store_each, CELERY_OK);
    else if (!strcmp(argv[1], "cancel")) across("cancel", cancel_each, CELERY_ERR_CANCELLED);
    else if (!strcmp(argv[1], "queue")) queue();
    else if (!strcmp(argv[1], "late")) late(app, prefix, total);
    else die("no such case");
    celery_app_free(app);
    return 0;
}

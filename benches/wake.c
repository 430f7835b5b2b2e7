/* How soon a wait returns that something ends, over memory:// or, with "-redis", a Redis server that
 * has nothing to do.
 *
 *   wake store N PREFIX            one thread stores, another one waits: store to return
 *   wake cancel[-redis] N PREFIX   trigger to return, across threads
 *   wake late[-redis] N PREFIX     deadline to return, of a wait of 1 ms (Redis: 10 ms)
 *   wake sleep N PREFIX            the same of a nanosleep of 10 ms: what the system does to anybody
 */
#include "ours.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static celery_app_t *app;
static const char *prefix;
static long total;

/* Hands moments from the acting thread to the waiting one. */
static _Atomic double acted;
static atomic_long turn;
static char waiting_thread[64];
static celery_cancel_t *cancel;

static void this_thread_waits(void) {
    snprintf(waiting_thread, sizeof waiting_thread, "/proc/self/task/%ld/stat", (long)syscall(SYS_gettid));
}

/* As the system sees it: a wait that has begun but is not asleep yet would return too soon. */
static int is_asleep(void) {
    char text[256] = "";
    FILE *file = fopen(waiting_thread, "r");
    if (!file || !fgets(text, sizeof text, file)) die(waiting_thread);
    fclose(file);
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

static void await_turn(long i) {
    while (atomic_load(&turn) != i) sched_yield();
    while (stat_of(app, "waiters") == 0 || !is_asleep()) sched_yield();
}

static void *store_each(void *argument) {
    celery_error_t *err = NULL;
    char id[256];
    (void)argument;
    for (long i = 0; i < total; i++) {
        await_turn(i);
        snprintf(id, sizeof id, "%s%ld", prefix, i);
        atomic_store(&acted, now());
        check(celery_app_store_result(app, id, "SUCCESS", "1", 1, NULL, &err), err);
    }
    return NULL;
}

static void *cancel_each(void *argument) {
    (void)argument;
    for (long i = 0; i < total; i++) {
        await_turn(i);
        atomic_store(&acted, now());
        celery_cancel_trigger(cancel);
    }
    return NULL;
}

static void across(const char *name, void *(*act)(void *), celery_status_t expected) {
    pthread_t thread;
    celery_error_t *err = NULL;
    double *each = room((size_t)total, sizeof *each), begun = now();
    celery_cancel_t *token = expected == CELERY_ERR_CANCELLED ? cancel : NULL;
    atomic_store(&turn, -1);
    this_thread_waits();
    if (pthread_create(&thread, NULL, act, NULL)) die("no thread");
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(app, prefix, i);
        atomic_store(&turn, i);
        celery_status_t status = celery_result_wait(result, 60000, token, &err);
        each[i] = now() - atomic_load(&acted);
        if (status != expected) die(celery_status_name(status));
        celery_error_free(err);
        celery_cancel_reset(cancel);
        celery_result_free(result);
    }
    pthread_join(thread, NULL);
    report(name, now() - begun, total, each);
    free(each);
}

static void late(long timeout_ms) {
    double *each = room((size_t)total, sizeof *each), begun = now();
    for (long i = 0; i < total; i++) {
        celery_result_t *result = handle(app, prefix, i);
        double asked = now();
        /* Whether the server was asked within that time does not matter here. */
        if (!celery_status_is_timeout(celery_result_wait(result, timeout_ms, NULL, NULL))) die("no timeout");
        each[i] = now() - asked - (double)timeout_ms / 1e3;
        if (each[i] < 0) die("a wait that was too short");
        celery_result_free(result);
    }
    report("late", now() - begun, total, each);
    free(each);
}

static void sleep_each(void) {
    struct timespec while_away = {0, 10000000};
    double *each = room((size_t)total, sizeof *each), begun = now();
    for (long i = 0; i < total; i++) {
        double asked = now();
        nanosleep(&while_away, NULL);
        each[i] = now() - asked - 0.010;
    }
    report("sleep", now() - begun, total, each);
    free(each);
}

int main(int argc, char **argv) {
    celery_error_t *err = NULL;
    if (argc != 4) die("usage: wake store|cancel|cancel-redis|late|late-redis|sleep N PREFIX");
    total = atol(argv[2]);
    prefix = argv[3];
    int redis = strstr(argv[1], "-redis") != NULL;
    app = redis ? open_redis() : open_app("memory://");
    check(celery_app_connect(app, 60000, NULL, &err), err);
    check(celery_cancel_new(&cancel, &err), err);
    if (!strcmp(argv[1], "sleep")) sleep_each();
    else if (!strcmp(argv[1], "store")) across("store", store_each, CELERY_OK);
    else if (!strncmp(argv[1], "cancel", 6)) across("cancel", cancel_each, CELERY_ERR_CANCELLED);
    else if (!strncmp(argv[1], "late", 4)) late(redis ? 10 : 1);
    else die("no such case");
    celery_cancel_free(cancel);
    celery_app_free(app);
    return 0;
}

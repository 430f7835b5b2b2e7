/*
 * Signals and waits: a SIGALRM handler triggers the token, on memory:// and on Redis; and a timer
 * that interrupts every millisecond, without SA_RESTART, neither ends nor shortens a hundred waits.
 */
#include "measure.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { THREADS = 100, TIMEOUT_MS = 2000 };

static celery_app_t *app;
static celery_cancel_t *token, *idle;
static volatile sig_atomic_t kept_errno;
static atomic_int interruptions, begun;
static void (*dispositions[NSIG])(int);

static void trigger_token(int number)
{
    (void)number;
    errno = 4242;
    celery_cancel_trigger(token);
    kept_errno = errno == 4242;
}

static void count_interruption(int number)
{
    (void)number;
    atomic_fetch_add(&interruptions, 1);
}

static void handle_alarm(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
}

static void set_timer(long first_us, long interval_us)
{
    struct itimerval timer = {.it_interval = {0, interval_us}, .it_value = {0, first_us}};
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void cancel_from_handler(const char *url)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    celery_get_options_t *get = NULL;
    celery_result_t *result = result_of(app, "never stored");

    OK(celery_app_connect(app, 60000, NULL, &err));
    OK(celery_cancel_new(&token, &err));
    handle_alarm(trigger_token);
    kept_errno = 0;
    set_timer(50000, 0);
    STATUS(celery_result_wait(result, -1, token, &err), CELERY_ERR_CANCELLED);
    CHECK(kept_errno == 1);
    PASS("%.8s: a signal handler ends a wait, errno is kept", url);

    double started = now_ms();
    STATUS(celery_result_wait(result, -1, token, &err), CELERY_ERR_CANCELLED);
    CHECK(celery_cancel_is_triggered(token) && now_ms() - started < 1000);
    OK(celery_get_options_new(&get, &err));
    OK(celery_get_options_set_cancel(get, token, &err));
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_CANCELLED);
    PASS("%.8s: the token stays triggered", url);

    celery_cancel_reset(token);
    CHECK(celery_status_is_timeout(celery_result_wait(result, 20, token, NULL)));
    set_timer(50000, 0);
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_CANCELLED);
    PASS("%.8s: after a reset it can be used again", url);

    celery_get_options_free(get);
    celery_cancel_free(token);
    celery_result_free(result);
}

/* A third of the threads gets a result, a third is cancelled, a third times out; every second one
 * has a token, so that both ways to park are interrupted. */
enum outcome { RESULT, CANCELLED, TIMED_OUT };

static void *wait_among_signals(void *argument)
{
    size_t index = (size_t)argument;
    celery_error_t *err = NULL;
    char id[32];
    snprintf(id, sizeof id, "interrupted-%zu", index);
    celery_result_t *result = result_of(app, id);
    const celery_cancel_t *other = index % 2 ? idle : NULL;
    double started = now_ms();
    atomic_fetch_add(&begun, 1);
    switch ((enum outcome)(index % 3)) {
    case RESULT:
        OK(celery_result_wait(result, index % 2 ? -1 : 60000, other, &err));
        break;
    case CANCELLED:
        STATUS(celery_result_wait(result, -1, token, &err), CELERY_ERR_CANCELLED);
        break;
    case TIMED_OUT:
        STATUS(celery_result_wait(result, TIMEOUT_MS, other, &err), CELERY_ERR_TIMEOUT);
        CHECK(now_ms() - started >= TIMEOUT_MS);
        break;
    }
    celery_result_free(result);
    return NULL;
}

static void wait_among_interruptions(const char *url)
{
    celery_error_t *err = NULL;
    pthread_t threads[THREADS];
    sigset_t alarm_only;
    int enough = fewer_when_slow(1000);

    OK(celery_cancel_new(&token, &err));
    OK(celery_cancel_new(&idle, &err));
    atomic_store(&interruptions, 0);
    atomic_store(&begun, 0);
    handle_alarm(count_interruption);
    set_timer(1000, getenv("CELERY_TEST_SLOW") != NULL ? 20000 : 1000);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_among_signals, (void *)i) == 0);
    /* From here on the signals go to the threads that wait. */
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    CHECK(pthread_sigmask(SIG_BLOCK, &alarm_only, NULL) == 0);
    UNTIL(atomic_load(&begun) == THREADS && atomic_load(&interruptions) >= enough);

    for (int i = RESULT; i < THREADS; i += 3) {
        char id[32];
        snprintf(id, sizeof id, "interrupted-%d", i);
        OK(celery_app_store_result(app, id, "SUCCESS", "1", 1, NULL, &err));
    }
    celery_cancel_trigger(token);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    set_timer(0, 0);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL) == 0);
    CHECK(figure(app, "recovered_by_reread") == 0);
    PASS("%.8s: %d waits end as they should among %d interruptions", url, THREADS, atomic_load(&interruptions));
    celery_cancel_free(token);
    celery_cancel_free(idle);
}

/* Whoever loads the library keeps the handlers that it had. */
static void no_handler_is_changed(const char *url)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction found;
        if (number != SIGALRM && sigaction(number, NULL, &found) == 0)
            CHECK(found.sa_handler == dispositions[number]);
    }
    PASS("%.8s: no disposition is changed", url);
}

int main(void)
{
    const char *const urls[] = {"memory://", redis_url()};
    for (int number = 1; number < NSIG; number++) {
        struct sigaction found;
        if (sigaction(number, NULL, &found) == 0)
            dispositions[number] = found.sa_handler;
    }
    for (size_t i = 0; i < 2; i++) {
        app = open_app(urls[i]);
        cancel_from_handler(urls[i]);
        celery_app_free(app);

        app = open_app(urls[i]);
        wait_among_interruptions(urls[i]);
        celery_app_free(app);
        no_handler_is_changed(urls[i]);
    }
    return 0;
}

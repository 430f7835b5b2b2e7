/* The token: from another thread, from a signal handler, before the wait, and again after a reset. */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static celery_app_t *app;
static celery_error_t *err;
static celery_cancel_t *token;
static volatile sig_atomic_t kept_errno;

static void on_alarm(int number)
{
    (void)number;
    errno = 4242;
    celery_cancel_trigger(token);
    kept_errno = errno == 4242;
}

static void *trigger(void *argument)
{
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    celery_cancel_trigger(argument);
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value = {0, 50000}};
    celery_get_options_t *get = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;
    celery_cancel_t *again;
    pthread_t thread;

    OK(celery_app_open("memory://", NULL, &app, &err));
    OK(celery_async_result_new(app, "never", &result, &err));
    OK(celery_cancel_new(&token, &err));
    CHECK(!celery_cancel_is_triggered(token));
    STATUS(celery_result_wait(result, 20, token, &err), CELERY_ERR_TIMEOUT);

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    STATUS(celery_result_wait(result, 20000, token, &err), CELERY_ERR_CANCELLED);
    CHECK(kept_errno == 1);

    /* Sticky: the next wait does not wait. */
    CHECK(celery_cancel_is_triggered(token));
    STATUS(celery_result_wait(result, -1, token, &err), CELERY_ERR_CANCELLED);
    celery_cancel_reset(token);
    CHECK(!celery_cancel_is_triggered(token));
    STATUS(celery_result_wait(result, 20, token, &err), CELERY_ERR_TIMEOUT);

    /* The options hold a reference of their own. */
    OK(celery_get_options_new(&get, &err));
    again = celery_cancel_ref(token);
    CHECK(again == token);
    OK(celery_get_options_set_cancel(get, token, &err));
    celery_cancel_free(token);
    CHECK(pthread_create(&thread, NULL, trigger, again) == 0);
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_CANCELLED);
    pthread_join(thread, NULL);
    celery_cancel_free(again);
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_CANCELLED);
    OK(celery_get_options_set_cancel(get, NULL, &err));
    OK(celery_get_options_set_timeout_ms(get, 20, &err));
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_TIMEOUT);

    /* The wait was cancelled, not the task. */
    OK(celery_app_store_result(app, "never", "SUCCESS", "1", 1, NULL, &err));
    OK(celery_result_wait(result, 0, NULL, &err));
    celery_get_options_free(get);
    celery_result_free(result);
    celery_app_free(app);
    return DONE();
}

/*
 * Ends a blocked wait from a signal handler: Ctrl-C, or the alarm after two seconds.
 *
 *     cancel [URL TASK_ID]        without arguments: a task on memory:// that nobody runs
 *
 * celery_cancel_trigger() is the one function of the library that a signal handler may call.
 */
#define _POSIX_C_SOURCE 200809L

#include <celery_result.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Set before the handlers are installed, freed after they are removed. */
static celery_cancel_t *cancel;

static void on_signal(int signal_number)
{
    (void)signal_number;
    celery_cancel_trigger(cancel);
}

static void handle(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

int main(int argc, char **argv)
{
    const char *url = argc == 3 ? argv[1] : "memory://";
    const char *task_id = argc == 3 ? argv[2] : "c0ffee00-0004-4000-8000-000000000004";
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    celery_error_t *err = NULL;

    celery_status_t status = celery_cancel_new(&cancel, &err);
    if (status == CELERY_OK)
        status = celery_app_open(url, NULL, &app, &err);
    if (status == CELERY_OK)
        status = celery_async_result_new(app, task_id, &result, &err);
    if (status == CELERY_OK) {
        handle(on_signal);
        alarm(2);
        printf("waiting for %s; Ctrl-C or two seconds end it\n", task_id);
        fflush(stdout);
        status = celery_result_wait(result, -1, cancel, &err);
        alarm(0);
        handle(SIG_DFL);
    }

    if (status == CELERY_OK)
        printf("the task finished first\n");
    else if (status == CELERY_ERR_CANCELLED)
        printf("the wait was cancelled; the task itself is untouched\n");
    else
        fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));

    celery_error_free(err);
    celery_result_free(result);
    celery_app_close_wait(app, 1000, NULL);
    celery_app_free(app);
    celery_cancel_free(cancel);
    return status == CELERY_OK || status == CELERY_ERR_CANCELLED ? 0 : 1;
}

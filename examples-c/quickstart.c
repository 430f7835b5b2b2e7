/*
 * The first ten minutes: no server, no worker. One thread plays the worker and stores states and
 * results; the main thread waits for them.
 *
 *     make demo
 */
#define _POSIX_C_SOURCE 200809L

#include <celery_result.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const TASK = "c0ffee00-0001-4000-8000-000000000001";
static const char *const FAILING_TASK = "c0ffee00-0002-4000-8000-000000000002";
static const char *const MISSING_TASK = "c0ffee00-0003-4000-8000-000000000003";

/* Says what went wrong, frees the error, and gives the exit status. */
static int give_up(const char *what, celery_status_t status, celery_error_t *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, celery_status_name(status), celery_error_message(err));
    celery_error_free(err);
    return 1;
}

static void sleep_ms(long ms)
{
    struct timespec duration = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&duration, NULL);
}

/* What a Celery worker would do. */
static void *work(void *argument)
{
    celery_app_t *app = argument;
    celery_error_t *err = NULL;
    celery_status_t status = CELERY_OK;

    for (int step = 1; step <= 3 && status == CELERY_OK; step++) {
        char progress[64];
        int len = snprintf(progress, sizeof progress, "{\"step\": %d, \"of\": 3}", step);
        status = celery_app_store_result(app, TASK, "PROGRESS", progress, (size_t)len, NULL, &err);
        sleep_ms(150);
    }
    if (status == CELERY_OK) {
        const char *value = "{\"sum\": 42, \"words\": [\"hello\", \"world\"]}";
        status = celery_app_store_result(app, TASK, "SUCCESS", value, strlen(value), NULL, &err);
    }
    if (status == CELERY_OK) {
        const char *exception = "{\"exc_type\": \"ValueError\", \"exc_message\": [\"not a number: 'x'\"],"
                                " \"exc_module\": \"builtins\"}";
        const char *traceback = "Traceback (most recent call last):\n"
                                "  File \"tasks.py\", line 7, in parse\n"
                                "ValueError: not a number: 'x'\n";
        status = celery_app_store_result(app, FAILING_TASK, "FAILURE", exception, strlen(exception),
                                         traceback, &err);
    }
    if (status != CELERY_OK)
        give_up("worker", status, err);
    return NULL;
}

/* Prints each new state of the task until it has finished. */
static int watch(const celery_result_t *result)
{
    char last[256] = "";

    for (;;) {
        celery_error_t *err = NULL;
        celery_meta_t *meta = NULL;
        celery_value_t *value = NULL;

        /* Wakes at once when the task finishes, else gives us a chance to look at its state. */
        celery_status_t waited = celery_result_wait(result, 50, NULL, &err);
        if (waited == CELERY_OK)
            return 0;
        if (!celery_status_is_timeout(waited))
            return give_up("wait", waited, err);
        celery_error_free(err);

        celery_status_t status = celery_result_meta(result, &meta, &err);
        if (status == CELERY_OK && celery_meta_exists(meta))
            status = celery_meta_value(meta, &value, &err);
        if (status != CELERY_OK) {
            celery_meta_free(meta);
            return give_up("meta", status, err);
        }
        char now[sizeof last];
        snprintf(now, sizeof now, "%s %s", celery_meta_state_text(meta),
                 value != NULL ? celery_value_json(value, NULL) : "(nothing is stored yet)");
        if (strcmp(now, last) != 0)
            printf("  state: %s\n", now);
        memcpy(last, now, sizeof last);
        celery_value_free(value);
        celery_meta_free(meta);
    }
}

/* Gets one result and says in plain words how it ended. */
static int get(celery_app_t *app, const char *task_id, int64_t timeout_ms, celery_status_t expected)
{
    celery_error_t *err = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;

    celery_status_t status = celery_async_result_new(app, task_id, &result, &err);
    if (status == CELERY_OK)
        status = celery_result_get(result, timeout_ms, &value, &err);

    if (status == CELERY_OK) {
        printf("  the task succeeded: %s\n", celery_value_json(value, NULL));
    } else if (status == CELERY_ERR_TASK_FAILED) {
        printf("  the task failed: %s\n", celery_error_exception_message(err));
        printf("  the class of its exception: %s, of the module %s\n", celery_error_exception_type(err),
               celery_error_exception_module(err));
        printf("  its traceback in the worker:\n%s", celery_error_exception_traceback(err));
    } else if (celery_status_is_timeout(status)) {
        printf("  no result within %d ms: %s\n", (int)timeout_ms, celery_error_message(err));
    } else {
        celery_result_free(result);
        return give_up(task_id, status, err);
    }
    celery_value_free(value);
    celery_error_free(err);
    celery_result_free(result);
    if (status != expected) {
        fprintf(stderr, "expected %s\n", celery_status_name(expected));
        return 1;
    }
    return 0;
}

int main(void)
{
    celery_error_t *err = NULL;
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    pthread_t worker;
    int failed = 1;

    printf("libcelery_result %s\n", celery_version());
    celery_status_t status = celery_app_open("memory://quickstart", NULL, &app, &err);
    if (status != CELERY_OK)
        return give_up("open", status, err);
    if (pthread_create(&worker, NULL, work, app) != 0) {
        fprintf(stderr, "cannot start a thread\n");
        celery_app_free(app);
        return 1;
    }

    printf("\n1. A second thread runs the task; this one waits.\n");
    status = celery_async_result_new(app, TASK, &result, &err);
    if (status != CELERY_OK)
        failed = give_up("new", status, err);
    else
        failed = watch(result) || get(app, TASK, 5000, CELERY_OK);
    celery_result_free(result);

    if (!failed) {
        printf("\n2. A task that raises an exception.\n");
        failed = get(app, FAILING_TASK, 5000, CELERY_ERR_TASK_FAILED);
    }
    if (!failed) {
        printf("\n3. A task that nobody runs.\n");
        failed = get(app, MISSING_TASK, 200, CELERY_ERR_TIMEOUT);
    }

    pthread_join(worker, NULL);
    celery_app_free(app);
    if (!failed)
        printf("\nThat is all: a real program opens redis://... and is otherwise the same.\n");
    return failed;
}

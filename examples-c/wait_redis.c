/*
 * Waits for one task of a real Celery worker and prints how it ended.
 *
 *     wait_redis redis://localhost:6379/1 5f3a0c5e-... 10
 *
 * Exit status: 0 success, 1 the task failed or was revoked, 2 no result in time, 3 anything else.
 */
#include <celery_result.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUCCEEDED = 0, TASK_FAILED = 1, NO_RESULT_YET = 2, TROUBLE = 3 };

/* Seconds as text to milliseconds; -1 where the text is no such number. */
static int64_t parse_seconds(const char *text)
{
    char *end = NULL;
    errno = 0;
    double seconds = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(seconds >= 0 && seconds <= 1e9))
        return -1;
    return (int64_t)(seconds * 1000);
}

/* Any of the texts may be missing in a record. */
static const char *text_or(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static int report(celery_status_t status, const celery_value_t *value, const celery_error_t *err)
{
    if (status == CELERY_OK) {
        size_t len = 0;
        const char *json = celery_value_json(value, &len);
        fwrite(json, 1, len, stdout);
        putchar('\n');
        return SUCCEEDED;
    }
    if (status == CELERY_ERR_TASK_FAILED || status == CELERY_ERR_TASK_REVOKED) {
        fprintf(stderr, "%s: %s (class %s of module %s)\n",
                status == CELERY_ERR_TASK_FAILED ? "the task failed" : "the task was revoked",
                text_or(celery_error_exception_message(err), "no message"),
                text_or(celery_error_exception_type(err), "unknown"),
                text_or(celery_error_exception_module(err), "unknown"));
        fputs(text_or(celery_error_exception_traceback(err), ""), stderr);
        return TASK_FAILED;
    }
    fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));
    return celery_status_is_timeout(status) ? NO_RESULT_YET : TROUBLE;
}

int main(int argc, char **argv)
{
    int64_t timeout_ms = argc == 4 ? parse_seconds(argv[3]) : -1;
    if (timeout_ms < 0) {
        fprintf(stderr, "usage: %s URL TASK_ID SECONDS\n", argv[0]);
        return TROUBLE;
    }

    /* One error variable for the whole chain: the first step that fails ends it. */
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;
    celery_error_t *err = NULL;

    celery_status_t status = celery_app_open(argv[1], NULL, &app, &err);
    if (status == CELERY_OK)
        status = celery_async_result_new(app, argv[2], &result, &err);
    if (status == CELERY_OK)
        status = celery_result_get(result, timeout_ms, &value, &err);

    int exit_status = report(status, value, err);

    celery_value_free(value);
    celery_error_free(err);
    celery_result_free(result);
    /* Freeing is enough; waiting for the library's thread to end leaves leak checkers nothing to say. */
    if (app)
        celery_app_close_wait(app, 1000, NULL);
    celery_app_free(app);
    return exit_status;
}

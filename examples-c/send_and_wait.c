/*
 * Sends a task to a Celery worker, waits for it and prints what it returns.
 *
 *     send_and_wait redis://localhost:6379/0 proj.tasks.add '[2, 3]'
 *
 * Exit status: 0 success, 1 anything else.
 */
#include <celery_result.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;
    celery_error_t *err = NULL;

    if (argc != 4) {
        fprintf(stderr, "usage: %s URL TASK ARGUMENTS\n", argv[0]);
        return 1;
    }
    int failed = celery_app_open(argv[1], NULL, &app, &err) != CELERY_OK ||
                 celery_app_send_task(app, argv[2], argv[3], NULL, NULL, &result, &err) != CELERY_OK ||
                 celery_result_get(result, 10000, &value, &err) != CELERY_OK;
    if (failed)
        fprintf(stderr, "%s\n", celery_error_message(err));
    else
        puts(celery_value_json(value, NULL));
    celery_value_free(value);
    celery_error_free(err);
    celery_result_free(result);
    celery_app_free(app);
    return failed;
}

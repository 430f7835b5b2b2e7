/*
 * Tells where a task is, revokes it, ends it where it runs, and prints what the workers say to that.
 *
 *     revoke redis://localhost:6379/0 5f3a0c5e-... [SIGNAL]
 *
 * Exit status: 0 all workers that heard it have answered, 2 not all of them, 3 anything else.
 */
#include <celery_result.h>
#include <stdbool.h>
#include <stdio.h>

enum { ANSWERED = 0, NOT_ALL = 2, TROUBLE = 3 };

static const char *name_of(int32_t place)
{
    switch (place) {
    case CELERY_PLACE_FINISHED:
        return "has finished";
    case CELERY_PLACE_RUNNING:
        return "runs";
    case CELERY_PLACE_RESERVED:
        return "waits for its turn in a worker";
    case CELERY_PLACE_SCHEDULED:
        return "waits for its time in a worker";
    default:
        return "is not known to the workers that answered";
    }
}

static celery_status_t revoke(const celery_result_t *result, const char *signal, celery_value_t **replies,
                              celery_error_t **err)
{
    celery_revoke_options_t *options = NULL;
    celery_status_t status = celery_revoke_options_new(&options, err);
    if (status == CELERY_OK)
        status = celery_revoke_options_set_terminate(options, true, err);
    if (status == CELERY_OK)
        status = celery_revoke_options_set_signal(options, signal, err);
    if (status == CELERY_OK)
        status = celery_revoke_options_set_wait(options, true, err);
    if (status == CELERY_OK)
        status = celery_revoke_options_set_timeout_ms(options, 2000, err);
    if (status == CELERY_OK)
        status = celery_result_revoke(result, options, replies, err);
    celery_revoke_options_free(options);
    return status;
}

int main(int argc, char **argv)
{
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    celery_value_t *replies = NULL;
    celery_error_t *err = NULL;
    int32_t place = 0;
    bool complete = false;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: %s URL TASK_ID [SIGNAL]\n", argv[0]);
        return TROUBLE;
    }
    celery_status_t status = celery_app_open(argv[1], NULL, &app, &err);
    if (status == CELERY_OK)
        status = celery_async_result_new(app, argv[2], &result, &err);
    if (status == CELERY_OK)
        status = celery_result_locate(result, 2000, NULL, &place, NULL, &err);
    if (status == CELERY_OK) {
        printf("the task %s\n", name_of(place));
        status = revoke(result, argc == 4 ? argv[3] : NULL, &replies, &err);
    }
    if (status == CELERY_OK) {
        puts(celery_value_json(replies, NULL));
        status = celery_value_bool(replies, "/complete", &complete, &err);
    }
    if (status != CELERY_OK)
        fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));
    celery_value_free(replies);
    celery_error_free(err);
    celery_result_free(result);
    celery_app_free(app);
    return status != CELERY_OK ? TROUBLE : complete ? ANSWERED : NOT_ALL;
}

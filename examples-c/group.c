/*
 * Takes up a group that a Python program has sent and saved: prints its results as they finish, then
 * all of them in the group's order.
 *
 *     group [URL GROUP_ID [SECONDS]]     without arguments: a group on memory://, a thread plays the worker
 *
 * In Python:
 *
 *     sent = group(add.s(i, i) for i in range(5)).apply_async()
 *     sent.save()
 *     print(sent.id)
 *
 * Exit status: 0 all tasks have finished, 2 not all in time, 3 anything else.
 */
#define _POSIX_C_SOURCE 200809L

#include <celery_result.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FINISHED = 0, NOT_YET = 2, TROUBLE = 3 };

/* Says what went wrong, frees the error, and gives the exit status. */
static int give_up(const char *what, celery_status_t status, celery_error_t *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, celery_status_name(status), celery_error_message(err));
    celery_error_free(err);
    return celery_status_is_timeout(status) ? NOT_YET : TROUBLE;
}

/* One line about a finished task. */
static void print_member(size_t index, const celery_result_t *member, const celery_meta_t *meta)
{
    celery_value_t *value = NULL;

    if (meta == NULL) { /* a group within the group: its tasks have finished */
        printf("  %zu: the group %s\n", index, celery_result_id(member));
        return;
    }
    if (celery_meta_state(meta) != CELERY_STATE_SUCCESS)
        printf("  %zu: %s: %s\n", index, celery_meta_state_text(meta), celery_meta_exception_message(meta));
    else if (celery_meta_value(meta, &value, NULL) == CELERY_OK)
        printf("  %zu: %s\n", index, celery_value_json(value, NULL));
    else
        printf("  %zu: a value that cannot be read\n", index);
    celery_value_free(value);
}

/* Each task when it finishes, in whatever order that is. */
static int print_as_they_finish(const celery_result_t *group, const celery_get_options_t *options)
{
    celery_error_t *err = NULL;
    celery_result_iter_t *iter = NULL;

    printf("As they finish:\n");
    celery_status_t status = celery_result_iter_native(group, options, &iter, &err);
    while (status == CELERY_OK) {
        size_t index = 0;
        celery_result_t *member = NULL;
        celery_meta_t *meta = NULL;
        status = celery_result_iter_next(iter, &index, &member, &meta, &err);
        if (status == CELERY_OK && member == NULL)
            break; /* that was the last one */
        if (status == CELERY_OK)
            print_member(index, member, meta);
        celery_meta_free(meta);
        celery_result_free(member);
    }
    celery_result_iter_free(iter);
    return status == CELERY_OK ? FINISHED : give_up("the group", status, err);
}

/* All values in the group's order. Without propagate, exceptions are values among the others. */
static int print_in_order(const celery_result_t *group, celery_get_options_t *options)
{
    celery_error_t *err = NULL;
    celery_value_t *values = NULL;
    celery_value_iter_t *iter = NULL;

    printf("In the group's order:\n");
    celery_status_t status = celery_get_options_set_propagate(options, false, &err);
    if (status == CELERY_OK)
        status = celery_result_join_native(group, options, &values, &err);
    if (status == CELERY_OK)
        status = celery_value_iter_new(values, &iter, &err);
    for (size_t index = 0; status == CELERY_OK; index++) {
        celery_value_t *value = NULL;
        status = celery_value_iter_next(iter, NULL, &value, &err);
        if (status == CELERY_OK && value == NULL)
            break;
        if (celery_value_is_exception(value))
            printf("  %zu: failed: %s\n", index, celery_value_exception_message(value));
        else if (value != NULL)
            printf("  %zu: %s\n", index, celery_value_json(value, NULL));
        celery_value_free(value);
    }
    celery_value_iter_free(iter);
    celery_value_free(values);
    return status == CELERY_OK ? FINISHED : give_up("the group", status, err);
}

/* ---- What stands in for Python and its worker when there are no arguments. ---- */

enum { TASKS = 5 };
static const char *const DEMO_GROUP = "c0ffee00-0005-4000-8000-000000000005";

static void demo_id(int task, char *out, size_t room)
{
    snprintf(out, room, "c0ffee00-0005-4000-8000-10000000000%d", task);
}

/* Saves the group as Python's save() does. */
static celery_status_t save_demo_group(celery_app_t *app, celery_error_t **err)
{
    celery_result_t *members[TASKS] = {NULL}, *group = NULL;
    celery_status_t status = CELERY_OK;
    for (int i = 0; i < TASKS && status == CELERY_OK; i++) {
        char id[64];
        demo_id(i, id, sizeof id);
        status = celery_async_result_new(app, id, &members[i], err);
    }
    if (status == CELERY_OK)
        status = celery_group_result_new(app, DEMO_GROUP, members, TASKS, NULL, &group, err);
    if (status == CELERY_OK)
        status = celery_group_result_save(group, NULL, err);
    celery_result_free(group);
    for (int i = 0; i < TASKS; i++)
        celery_result_free(members[i]);
    return status;
}

/* Finishes the tasks in another order than that of the group; one of them fails. */
static void *work(void *argument)
{
    static const int order[TASKS] = {3, 0, 4, 2, 1};
    static const char exception[] =
        "{\"exc_type\": \"ValueError\", \"exc_message\": [\"no such sum\"], \"exc_module\": \"builtins\"}";
    celery_app_t *app = argument;

    for (int i = 0; i < TASKS; i++) {
        const struct timespec moment = {0, 50 * 1000000L};
        char id[64], sum[16];
        nanosleep(&moment, NULL);
        demo_id(order[i], id, sizeof id);
        snprintf(sum, sizeof sum, "%d", order[i] + order[i]);
        bool fails = order[i] == 4;
        const char *value = fails ? exception : sum;
        celery_error_t *err = NULL;
        celery_status_t status =
            celery_app_store_result(app, id, fails ? "FAILURE" : "SUCCESS", value, strlen(value), NULL, &err);
        if (status != CELERY_OK)
            give_up("worker", status, err);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    bool demo = argc < 3;
    const char *url = demo ? "memory://" : argv[1], *group_id = demo ? DEMO_GROUP : argv[2];
    long seconds = argc > 3 ? strtol(argv[3], NULL, 10) : 60;
    int exit_status = TROUBLE;
    pthread_t worker;
    celery_app_t *app = NULL;
    celery_result_t *group = NULL;
    celery_get_options_t *options = NULL;
    celery_error_t *err = NULL;

    celery_status_t status = celery_app_open(url, NULL, &app, &err);
    if (status == CELERY_OK && demo) {
        status = save_demo_group(app, &err);
        demo = status == CELERY_OK && pthread_create(&worker, NULL, work, app) == 0;
    }

    if (status == CELERY_OK)
        status = celery_group_result_restore(app, group_id, &group, &err);
    if (status == CELERY_OK)
        status = celery_get_options_new(&options, &err);
    if (status == CELERY_OK)
        status = celery_get_options_set_timeout_ms(options, seconds * 1000, &err);

    if (status == CELERY_OK) {
        exit_status = print_as_they_finish(group, options);
        if (exit_status == FINISHED)
            exit_status = print_in_order(group, options);
    } else if (status == CELERY_ERR_NOT_FOUND) {
        fprintf(stderr, "%s; was it saved with save(), and has it not expired?\n", celery_error_message(err));
        celery_error_free(err);
    } else {
        exit_status = give_up(group_id, status, err);
    }

    if (demo)
        pthread_join(worker, NULL);
    celery_get_options_free(options);
    celery_result_free(group);
    if (app != NULL)
        celery_app_close_wait(app, 1000, NULL);
    celery_app_free(app);
    return exit_status;
}

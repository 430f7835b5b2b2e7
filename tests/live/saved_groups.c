/*
 * Saves, restores and deletes groups, and prints what came of it as one JSON object.
 *
 *     saved_groups URL save    tuple=JSON|group=ID
 *     saved_groups URL restore group=ID
 *     saved_groups URL delete  group=ID
 *
 * `save` with a group id saves again what it has restored. An argument `option.NAME=VALUE` sets an
 * option of the app.
 */
#include "arguments.h"
#include "json.h"

static void print_status(celery_status_t status, celery_error_t *failure)
{
    print_text("status", celery_status_name(status));
    print_text("error", celery_error_message(failure));
    celery_error_free(failure);
}

static void save(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_result_t *group = result_of(app);
    celery_status_t status = celery_group_result_save(group, NULL, &err);
    putchar('{');
    print_status(status, err);
    end_line();
    celery_result_free(group);
}

static void restore(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_result_t *group = NULL;
    celery_status_t status = celery_group_result_restore(app, text("group"), &group, &err);
    putchar('{');
    print_status(status, err);
    if (group != NULL) {
        celery_value_t *tuple = NULL;
        OK(celery_result_as_tuple(group, &tuple, &err));
        print_value("tuple", tuple);
    }
    end_line();
    celery_result_free(group);
}

static void delete(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_result_t *group = NULL;
    OK(celery_group_result_new(app, text("group"), NULL, 0, NULL, &group, &err));
    celery_status_t status = celery_group_result_delete(group, NULL, &err);
    putchar('{');
    print_status(status, err);
    end_line();
    celery_result_free(group);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    arguments = argv + 3;
    argument_count = argc - 3;
    celery_app_t *app = open_app(argv[1]);

    if (strcmp(argv[2], "save") == 0)
        save(app);
    else if (strcmp(argv[2], "restore") == 0)
        restore(app);
    else if (strcmp(argv[2], "delete") == 0)
        delete(app);
    else
        CHECK(!"a known command");
    celery_app_free(app);
    return 0;
}

/*
 * The C side of the live tests: does one thing that its arguments name and prints what came of it,
 * one JSON object a line.
 *
 *     client URL get   id=ID|tuple=JSON [timeout=MS] [absent=MS] [propagate=0] [follow_parents=0] [messages=1]
 *     client URL meta  id=ID
 *     client URL store id=ID state=STATE [value=JSON] [exc_type= exc_module= exc_args=] [KEY=...]
 *
 * An argument `option.NAME=VALUE` sets an option of the app.
 */
#include "arguments.h"
#include "json.h"

#include <inttypes.h>

/* ---- get ---- */

static void on_message(void *env, const celery_meta_t *meta)
{
    (void)env;
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    OK(celery_meta_value(meta, &value, &err));
    putchar('{');
    print_text("message", celery_meta_state_text(meta));
    print_text("task_id", celery_meta_task_id(meta));
    print_value("value", value);
    end_line();
}

static void get(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_get_options_t *options = NULL;
    celery_value_t *value = NULL;
    celery_value_t *args = NULL;
    celery_result_t *result = result_of(app);

    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, number("timeout", -1), &err));
    OK(celery_get_options_set_absent_timeout_ms(options, number("absent", -1), &err));
    OK(celery_get_options_set_propagate(options, number("propagate", 1) != 0, &err));
    OK(celery_get_options_set_follow_parents(options, number("follow_parents", 1) != 0, &err));
    if (number("messages", 0) != 0)
        OK(celery_get_options_set_on_message(options, on_message, NULL, NULL, &err));

    celery_status_t status = celery_result_get_with(result, options, &value, &err);
    putchar('{');
    print_text("status", celery_status_name(status));
    print_text("error", celery_error_message(err));
    print_text("task_id", celery_error_task_id(err));
    if (celery_error_exception_type(err) != NULL) {
        print_text("exc_type", celery_error_exception_type(err));
        print_text("exc_module", celery_error_exception_module(err));
        print_text("exc_message", celery_error_exception_message(err));
        print_text("traceback", celery_error_exception_traceback(err));
        print_bool("degraded", celery_error_exception_is_degraded(err));
        celery_error_t *detail = err;
        err = NULL;
        OK(celery_error_exception_args(detail, &args, &err));
        err = detail;
        print_value("exc_args", args);
    }
    print_bool("is_exception", celery_value_is_exception(value));
    print_value("value", value);
    end_line();

    celery_error_free(err);
    celery_get_options_free(options);
    celery_result_free(result);
}

/* ---- meta ---- */

static void print_children(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_result_list_t *children = NULL;
    OK(celery_result_children(result, &children, &err));
    if (children == NULL) {
        fputs("\"children\": null, ", stdout);
        return;
    }
    fputs("\"children\": [", stdout);
    for (size_t i = 0; i < celery_result_list_count(children); i++) {
        celery_result_t *child = NULL;
        celery_value_t *tuple = NULL;
        OK(celery_result_list_at(children, i, &child, &err));
        OK(celery_result_as_tuple(child, &tuple, &err));
        printf("%s%s", i > 0 ? ", " : "", celery_value_json(tuple, NULL));
        celery_value_free(tuple);
        celery_result_free(child);
    }
    fputs("], ", stdout);
    celery_result_list_free(children);
}

static void meta(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL, *args = NULL, *kwargs = NULL;
    bool ready = false, successful = false, failed = false, exists = false;
    int64_t retries = -1, micros = 0;
    int32_t state = -1;
    celery_result_t *result = result_of(app);

    OK(celery_result_meta(result, &meta, &err));
    OK(celery_result_state(result, &state, &err));
    OK(celery_result_ready(result, &ready, &err));
    OK(celery_result_successful(result, &successful, &err));
    OK(celery_result_failed(result, &failed, &err));
    OK(celery_result_exists(result, &exists, &err));
    CHECK(state == celery_meta_state(meta) && exists == celery_meta_exists(meta));
    if (exists)
        OK(celery_meta_value(meta, &value, &err));
    OK(celery_meta_args(meta, &args, &err));
    OK(celery_meta_kwargs(meta, &kwargs, &err));

    putchar('{');
    print_text("state", celery_meta_state_text(meta));
    print_bool("exists", exists);
    print_bool("ready", ready);
    print_bool("successful", successful);
    print_bool("failed", failed);
    print_value("value", value);
    print_text("exc_type", celery_meta_exception_type(meta));
    print_text("exc_message", celery_meta_exception_message(meta));
    print_text("traceback", celery_meta_traceback(meta));
    print_text("date_done", celery_meta_date_done(meta));
    if (celery_meta_date_done_micros(meta, &micros))
        printf("\"date_done_micros\": %" PRId64 ", ", micros);
    print_text("name", celery_meta_name(meta));
    print_value("args", args);
    print_value("kwargs", kwargs);
    print_text("worker", celery_meta_worker(meta));
    if (celery_meta_retries(meta, &retries))
        printf("\"retries\": %" PRId64 ", ", retries);
    print_text("queue", celery_meta_queue(meta));
    print_text("parent_id", celery_meta_parent_id(meta));
    print_text("group_id", celery_meta_group_id(meta));
    print_children(result);
    end_line();

    celery_meta_free(meta);
    celery_result_free(result);
}

/* ---- store ---- */

static void store(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_record_t *record = NULL;
    bool stored = false;

    OK(celery_record_new(text("id"), text("state"), &record, &err));
    if (text("value") != NULL)
        OK(celery_record_set_value_json(record, text("value"), length(text("value")), &err));
    if (text("exc_type") != NULL)
        OK(celery_record_set_exception(record, text("exc_type"), text("exc_module"), text("exc_args"),
                                       length(text("exc_args")), &err));
    OK(celery_record_set_traceback(record, text("traceback"), &err));
    if (text("children") != NULL)
        OK(celery_record_clear_children(record, &err));
    for (int i = 0; nth("child", i) != NULL; i++) {
        celery_result_t *child = NULL;
        OK(celery_result_from_tuple(app, nth("child", i), length(nth("child", i)), &child, &err));
        OK(celery_record_add_child(record, child, &err));
        celery_result_free(child);
    }
    OK(celery_record_set_group_id(record, text("group_id"), &err));
    OK(celery_record_set_parent_id(record, text("parent_id"), &err));
    OK(celery_record_set_name(record, text("name"), &err));
    OK(celery_record_set_args(record, text("args"), length(text("args")), &err));
    OK(celery_record_set_kwargs(record, text("kwargs"), length(text("kwargs")), &err));
    OK(celery_record_set_worker(record, text("worker"), &err));
    if (text("retries") != NULL)
        OK(celery_record_set_retries(record, number("retries", 0), &err));
    OK(celery_record_set_queue(record, text("queue"), &err));

    celery_status_t status = celery_app_store(app, record, &stored, &err);
    putchar('{');
    print_text("status", celery_status_name(status));
    print_text("error", celery_error_message(err));
    print_bool("stored", stored);
    end_line();
    celery_error_free(err);
    celery_record_free(record);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    arguments = argv + 3;
    argument_count = argc - 3;
    celery_app_t *app = open_app(argv[1]);

    if (strcmp(argv[2], "get") == 0)
        get(app);
    else if (strcmp(argv[2], "meta") == 0)
        meta(app);
    else if (strcmp(argv[2], "store") == 0)
        store(app);
    else
        CHECK(!"a known command");
    celery_app_free(app);
    return 0;
}

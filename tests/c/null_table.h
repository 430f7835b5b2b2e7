/* What the generated null_table.c stands on: one valid handle of each type, and places for
 * everything that comes out. */
#ifndef NULL_TABLE_H
#define NULL_TABLE_H

#include "check.h"

static celery_app_t *app, *out_app;
static celery_options_t *options, *out_options;
static celery_get_options_t *get_options, *out_get_options;
static celery_result_t *result, *group, *eager, *out_result, *out_parent;
static celery_result_iter_t *result_iter, *out_result_iter;
static celery_dependencies_t *dependencies, *out_dependencies;
static celery_graph_t *graph, *out_graph;
static celery_queue_t *queue, *out_queue;
static celery_batch_t *batch, *out_batch;
static celery_revoke_options_t *revoke_options, *out_revoke_options;
static celery_send_options_t *send_options, *out_send_options;
static celery_result_list_t *list, *out_list;
static celery_meta_t *meta, *out_meta;
static celery_value_t *value, *out_value;
static celery_value_iter_t *iter, *out_iter;
static celery_error_t *error, *err;
static celery_cancel_t *cancel, *out_cancel;
static celery_record_t *record, *out_record;
static celery_stats_t *stats, *out_stats;

static const char *const names[] = {"FAILURE"};
static celery_result_t *results[1];
static const uint64_t tags[] = {7};
static bool number_bool;
static int32_t number_i32;
static int64_t number_i64;
static uint64_t number_u64;
static double number_f64;
static size_t number_usize;
static const char *number_const_c_char;
static const uint8_t *number_const_u8;
static int failures, calls;

/* Nothing is called while arguments are refused, and env is nobody's: these only count. */
static int env, freed;
static void on_env_free(void *argument) { freed += argument == &env; }
static void on_log(void *e, int32_t level, const char *target, const char *message)
{ (void)e, (void)level, (void)target, (void)message; }
static void on_get(void *e, const char *task_id, const celery_value_t *v) { (void)e, (void)task_id, (void)v; }
static void on_message(void *e, const celery_meta_t *m) { (void)e, (void)m; }
static void on_interval(void *e) { (void)e; }
static void on_then(void *e, const celery_result_t *r, const celery_meta_t *m) { (void)e, (void)r, (void)m; }
static void on_then_error(void *e, const celery_result_t *r, const celery_error_t *x) { (void)e, (void)r, (void)x; }

/* Frees what a call has given. */
static void tidy(void)
{
    celery_error_free(err), err = NULL;
    celery_app_free(out_app), out_app = NULL;
    celery_options_free(out_options), out_options = NULL;
    celery_get_options_free(out_get_options), out_get_options = NULL;
    celery_result_free(out_result), out_result = NULL;
    celery_result_free(out_parent), out_parent = NULL;
    celery_result_iter_free(out_result_iter), out_result_iter = NULL;
    celery_dependencies_free(out_dependencies), out_dependencies = NULL;
    celery_graph_free(out_graph), out_graph = NULL;
    celery_queue_free(out_queue), out_queue = NULL;
    celery_batch_free(out_batch), out_batch = NULL;
    celery_result_list_free(out_list), out_list = NULL;
    celery_meta_free(out_meta), out_meta = NULL;
    celery_value_free(out_value), out_value = NULL;
    celery_value_iter_free(out_iter), out_iter = NULL;
    celery_cancel_free(out_cancel), out_cancel = NULL;
    celery_record_free(out_record), out_record = NULL;
    celery_stats_free(out_stats), out_stats = NULL;
    celery_revoke_options_free(out_revoke_options), out_revoke_options = NULL;
    celery_send_options_free(out_send_options), out_send_options = NULL;
}

static void failed(const char *what, const char *why)
{
    printf("not ok - %s: %s\n", what, why);
    failures++;
}

static void refuses(const char *what, celery_status_t status, celery_status_t expected)
{
    calls++;
    if (status != expected)
        failed(what, celery_status_name(status));
    else if (celery_error_status(err) != expected)
        failed(what, "the error has another status");
    else if (*celery_error_message(err) == 0)
        failed(what, "the error says nothing");
    celery_error_free(err), err = NULL;
}

/* A nullable argument may lead to any outcome but these. */
static void accepts(const char *what, celery_status_t status)
{
    calls++;
    if (status == CELERY_ERR_NULL_ARGUMENT || status == CELERY_ERR_INVALID_UTF8 || status == CELERY_ERR_PANIC)
        failed(what, celery_status_name(status));
    if ((status == CELERY_OK) != (err == NULL))
        failed(what, "status and error disagree");
    tidy();
}

#define REFUSES(what, call, expected) (err = (void *)&env, refuses(what, call, expected))
#define ACCEPTS(what, call) (err = (void *)&env, accepts(what, call))
#define EQUALS(what, call, expected) (calls++, (call) == (expected) ? (void)0 : failed(what, "gave " #call))
#define POISON(out) ((out) = (void *)&env)
#define IS_NULL(what, out) ((out) == NULL ? (void)0 : (failed(what, "was not set to NULL"), (void)((out) = NULL)))

static void begin(void)
{
    const char *json = "{\"a\": [1, 2]}";
    const char *tuple = "[[\"group\", null], [[[\"member\", null], null]]]";
    OK(celery_options_new(&options, &err));
    OK(celery_get_options_new(&get_options, &err));
    OK(celery_get_options_set_timeout_ms(get_options, 0, &err));
    OK(celery_cancel_new(&cancel, &err));
    OK(celery_app_open("memory://", options, &app, &err));
    /* Finished, so that no call has anything to wait for. */
    OK(celery_record_new("task", "SUCCESS", &record, &err));
    OK(celery_async_result_new(app, "task", &result, &err));
    OK(celery_record_add_child(record, result, &err));
    OK(celery_record_set_value_json(record, json, strlen(json), &err));
    OK(celery_app_store(app, record, NULL, &err));
    OK(celery_result_meta(result, &meta, &err));
    OK(celery_meta_value(meta, &value, &err));
    OK(celery_value_iter_new(value, &iter, &err));
    OK(celery_result_children(result, &list, &err));
    OK(celery_result_from_tuple(app, tuple, strlen(tuple), &group, &err));
    OK(celery_app_store_result(app, "member", "SUCCESS", "1", 1, NULL, &err));
    results[0] = result;
    OK(celery_eager_result_new(record, &eager, &err));
    OK(celery_result_iter_native(group, get_options, &result_iter, &err));
    OK(celery_result_iterdeps(result, false, &dependencies, &err));
    OK(celery_result_build_graph(result, false, &graph, &err));
    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_add(queue, result, 0, &err));
    OK(celery_queue_next(queue, -1, NULL, 1, &batch, &err));
    OK(celery_app_stats(app, &stats, &err));
    OK(celery_revoke_options_new(&revoke_options, &err));
    OK(celery_send_options_new(&send_options, &err));
    CHECK(celery_app_open("nonsense", NULL, &out_app, &error) == CELERY_ERR_INVALID_URL);
}

static int end(void)
{
    tidy();
    celery_value_iter_free(iter);
    celery_value_free(value);
    celery_meta_free(meta);
    celery_result_list_free(list);
    celery_batch_free(batch);
    celery_queue_free(queue);
    celery_graph_free(graph);
    celery_dependencies_free(dependencies);
    celery_result_iter_free(result_iter);
    celery_result_free(eager);
    celery_result_free(group);
    celery_result_free(result);
    celery_record_free(record);
    celery_stats_free(stats);
    celery_revoke_options_free(revoke_options);
    celery_send_options_free(send_options);
    celery_cancel_free(cancel);
    celery_get_options_free(get_options);
    celery_options_free(options);
    celery_error_free(error);
    OK(celery_app_close_wait(app, 5000, &err));
    celery_app_free(app);
    CHECK(calls > 300);
    CHECK(freed > 0);
    return failures ? 1 : DONE();
}

#endif

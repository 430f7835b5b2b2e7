/* Handles in a forked child: the status, the neutral values, free at once, an app of its own.
 * no-valgrind: the child leaks what belongs to the parent, as it must */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

LEAVES_MEMORY

static celery_app_t *app;
static celery_result_t *result;
static celery_cancel_t *token;
static celery_result_t *set;
static celery_queue_t *queue, *others;
static celery_batch_t *batch;
static celery_result_iter_t *walk;
static celery_dependencies_t *dependencies;
static celery_graph_t *graph;
static celery_send_options_t *sending;
static celery_revoke_options_t *revoking;
static celery_error_t *err;

static void *wait_in_parent(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)celery_result_wait(result, 20000, token, NULL);
}

static void *take_in_parent(void *argument)
{
    celery_batch_t *taken = NULL;
    (void)argument;
    celery_status_t status = celery_queue_next(queue, 20000, NULL, 1, &taken, NULL);
    celery_batch_free(taken);
    return (void *)(intptr_t)status;
}

/* What waits for many, and walks. */
static void many_in_child(void)
{
    celery_result_t *found = NULL, *made = NULL;
    celery_batch_t *taken = NULL;
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    celery_result_list_t *members = NULL;
    size_t number = 7;
    bool flag;
    const char *id = "x";

    STATUS(celery_queue_next(queue, 0, NULL, 1, &taken, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_next(others, -1, NULL, 1, &taken, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_add(queue, result, 1, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_add_ids(queue, app, &id, NULL, 1, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_remove(queue, 1, &number, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_report_progress(queue, 1, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_report_connection(queue, app, 1, &err), CELERY_ERR_FORKED);
    celery_queue_wakeup(queue);
    CHECK(celery_queue_fd(queue) == -1 && celery_queue_length(queue) == 0 && celery_queue_pending(queue) == 0);
    CHECK(celery_queue_ref(queue) == NULL);
    STATUS(celery_wait_any(&result, 1, -1, NULL, &number, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_set_new(app, &result, 1, &made, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_set_add(set, result, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_join(set, NULL, &value, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_ready(set, &flag, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_members(set, &members, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_iter_next(walk, &number, &found, &meta, &err), CELERY_ERR_FORKED);
    STATUS(celery_dependencies_next(dependencies, NULL, &found, &err), CELERY_ERR_FORKED);
    STATUS(celery_dependencies_collect(dependencies, NULL, &found, &value, &err), CELERY_ERR_FORKED);
    STATUS(celery_graph_node(graph, 0, &found, &err), CELERY_ERR_FORKED);
    CHECK(celery_graph_node_count(graph) == 0 && celery_graph_dot(graph, NULL) == NULL && number == 7);

    /* Events are plain data. */
    CHECK(celery_batch_count(batch) == 1 && celery_batch_tag(batch, 0) == 5);
    SAME(celery_batch_id(batch, 0), "done");
    OK(celery_batch_meta(batch, 0, &meta, &err));
    SAME(celery_meta_state_text(meta), "SUCCESS");
    CHECK(celery_batch_raw(batch, 0, &number) == celery_meta_raw(meta, &number) && number > 7);
    celery_meta_free(meta);

    celery_result_iter_free(walk);
    celery_dependencies_free(dependencies);
    celery_graph_free(graph);
    celery_batch_free(batch);
    celery_result_free(set);
    celery_queue_free(queue);
    celery_queue_free(others);
}

/* What speaks to workers: refused at once, however long it might wait. Its options are plain data. */
static void control_in_child(void)
{
    celery_result_t *made = NULL;
    celery_value_t *replies = NULL;
    int32_t place = -7;

    OK(celery_revoke_options_set_wait(revoking, true, &err));
    OK(celery_revoke_options_set_timeout_ms(revoking, 60000, &err));
    OK(celery_revoke_options_set_terminate(revoking, true, &err));
    OK(celery_revoke_options_set_signal(revoking, "KILL", &err));
    OK(celery_revoke_options_set_destination(revoking, NULL, 0, &err));
    STATUS(celery_revoke_options_set_cancel(revoking, token, &err), CELERY_ERR_FORKED);
    OK(celery_send_options_set(sending, "countdown", "1", &err));
    STATUS(celery_app_send_task(app, "t", NULL, NULL, sending, &made, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_send_group(app, "[]", sending, &made, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_revoke(result, revoking, &replies, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_revoke(set, revoking, &replies, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_revoke_by_stamped_headers(app, "{\"a\": 1}", revoking, &replies, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_control(app, "ping", NULL, NULL, 0, 60000, NULL, &replies, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_locate(result, 60000, NULL, &place, &replies, &err), CELERY_ERR_FORKED);
    CHECK(made == NULL && replies == NULL && place == -7);
    celery_send_options_free(sending);
    celery_revoke_options_free(revoking);
}

static void queue_of_child(celery_app_t *own)
{
    celery_queue_t *fresh = NULL;
    celery_batch_t *taken = NULL;
    const char *id = "x";
    OK(celery_queue_new(&fresh, &err));
    CHECK(celery_queue_fd(fresh) >= 0);
    OK(celery_queue_add_ids(fresh, own, &id, NULL, 1, &err));
    STATUS(celery_queue_add(fresh, result, 1, &err), CELERY_ERR_FORKED);
    STATUS(celery_queue_next(fresh, -1, token, 1, &taken, &err), CELERY_ERR_FORKED);
    OK(celery_queue_next(fresh, 10000, NULL, 1, &taken, &err));
    celery_batch_free(taken);
    celery_queue_free(fresh);
}

static void in_child(celery_value_t *value, celery_meta_t *meta, celery_result_list_t *list)
{
    celery_app_t *own = NULL;
    celery_result_t *fresh = NULL;
    celery_meta_t *read = NULL;
    celery_value_t *got = NULL;
    celery_get_options_t *get = NULL;
    celery_stats_t *stats = NULL;
    int32_t state = -7;

    alarm(10);
    STATUS(celery_result_wait(result, -1, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_get(result, -1, &got, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_meta(result, &read, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_state(result, &state, &err), CELERY_ERR_FORKED);
    CHECK(state == -7 && got == NULL && read == NULL);
    STATUS(celery_result_forget(result, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_connect(app, -1, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_store_result(app, "x", "SUCCESS", "1", 1, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_stats(app, &stats, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_close_wait(app, -1, &err), CELERY_ERR_FORKED);
    STATUS(celery_async_result_new(app, "x", &fresh, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_list_at(list, 0, &fresh, &err), CELERY_ERR_FORKED);
    CHECK(celery_result_ref(result) == NULL && celery_app_ref(app) == NULL && celery_app_uri(app) == NULL);
    CHECK(celery_result_id(result) == NULL && celery_result_kind(result) == 0);
    CHECK(!celery_cancel_is_triggered(token));
    celery_app_close(app);
    celery_cancel_trigger(token);

    /* Plain data stays readable. */
    SAME(celery_value_json(value, NULL), "1");
    SAME(celery_meta_state_text(meta), "SUCCESS");

    OK(celery_app_open("memory://", NULL, &own, &err));
    OK(celery_async_result_new(own, "x", &fresh, &err));
    STATUS(celery_result_wait(fresh, 5, token, &err), CELERY_ERR_FORKED);
    OK(celery_get_options_new(&get, &err));
    STATUS(celery_get_options_set_cancel(get, token, &err), CELERY_ERR_FORKED);
    OK(celery_app_store_result(own, "x", "SUCCESS", "[]", 2, NULL, &err));
    OK(celery_result_get(fresh, 1000, &got, &err));
    celery_value_free(got);
    queue_of_child(own);
    celery_get_options_free(get);
    celery_result_free(fresh);
    celery_app_free(own);
    control_in_child();
    many_in_child();

    celery_value_free(value);
    celery_meta_free(meta);
    celery_result_list_free(list);
    celery_result_free(result);
    celery_cancel_free(token);
    celery_app_free(app);
    exit(0);
}

int main(void)
{
    celery_result_t *done = NULL;
    celery_record_t *record = NULL;
    celery_result_list_t *list = NULL;
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    pthread_t thread, taking;
    void *ended;

    OK(celery_app_open("memory://", NULL, &app, &err));
    OK(celery_async_result_new(app, "never", &result, &err));
    OK(celery_async_result_new(app, "done", &done, &err));
    OK(celery_cancel_new(&token, &err));
    OK(celery_record_new("done", "SUCCESS", &record, &err));
    OK(celery_record_set_value_json(record, "1", 1, &err));
    OK(celery_record_add_child(record, result, &err));
    OK(celery_app_store(app, record, NULL, &err));
    celery_record_free(record);
    OK(celery_result_get(done, 0, &value, &err));
    OK(celery_result_meta(done, &meta, &err));
    OK(celery_result_children(done, &list, &err));

    OK(celery_result_set_new(app, &result, 1, &set, &err));
    OK(celery_result_iter_native(set, NULL, &walk, &err));
    OK(celery_result_iterdeps(done, true, &dependencies, &err));
    OK(celery_result_build_graph(done, true, &graph, &err));
    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_new(&others, &err));
    OK(celery_queue_add(others, done, 5, &err));
    OK(celery_queue_next(others, -1, NULL, 1, &batch, &err));
    OK(celery_queue_add(others, result, 6, &err));
    OK(celery_queue_add(others, done, 7, &err));
    OK(celery_queue_add(queue, result, 1, &err));
    OK(celery_send_options_new(&sending, &err));
    OK(celery_revoke_options_new(&revoking, &err));
    OK(celery_revoke_options_set_cancel(revoking, token, &err));

    CHECK(pthread_create(&thread, NULL, wait_in_parent, NULL) == 0);
    CHECK(pthread_create(&taking, NULL, take_in_parent, NULL) == 0);
    for (int round = 0; round < 20; round++) {
        int status = -1;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            in_child(value, meta, list);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }

    /* The parent noticed nothing: its token is untriggered, its waiter still waits. */
    CHECK(!celery_cancel_is_triggered(token));
    OK(celery_app_store_result(app, "never", "SUCCESS", "2", 1, NULL, &err));
    CHECK(pthread_join(thread, &ended) == 0);
    CHECK((celery_status_t)(intptr_t)ended == CELERY_OK);
    CHECK(pthread_join(taking, &ended) == 0);
    CHECK((celery_status_t)(intptr_t)ended == CELERY_OK);
    CHECK(celery_queue_length(others) == 2 && celery_graph_node_count(graph) == 2 && celery_batch_count(batch) == 1);
    celery_send_options_free(sending);
    celery_revoke_options_free(revoking);
    celery_batch_free(batch);
    celery_graph_free(graph);
    celery_dependencies_free(dependencies);
    celery_result_iter_free(walk);
    celery_result_free(set);
    celery_queue_free(queue);
    celery_queue_free(others);
    celery_value_free(value);
    celery_meta_free(meta);
    celery_result_list_free(list);
    celery_result_free(done);
    celery_result_free(result);
    celery_cancel_free(token);
    celery_app_free(app);
    return DONE();
}

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
static celery_error_t *err;

static void *wait_in_parent(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)celery_result_wait(result, 20000, token, NULL);
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
    celery_get_options_free(get);
    celery_result_free(fresh);
    celery_app_free(own);

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
    pthread_t thread;
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

    CHECK(pthread_create(&thread, NULL, wait_in_parent, NULL) == 0);
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
    celery_value_free(value);
    celery_meta_free(meta);
    celery_result_list_free(list);
    celery_result_free(done);
    celery_result_free(result);
    celery_cancel_free(token);
    celery_app_free(app);
    return DONE();
}

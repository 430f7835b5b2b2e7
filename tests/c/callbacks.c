/* Callbacks: who calls, on which thread, and that each environment is freed exactly once. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct env {
    atomic_int calls, freed;
    pthread_t thread;
    celery_status_t status;
    char text[200];
};

static celery_app_t *app;
static celery_error_t *err;

static void on_free(void *env) { ((struct env *)env)->freed++; }

static void on_get(void *pointer, const char *task_id, const celery_value_t *value)
{
    struct env *env = pointer;
    snprintf(env->text, sizeof env->text, "%s=%s", task_id, celery_value_json(value, NULL));
    env->thread = pthread_self();
    env->calls++;
}

static void on_message(void *pointer, const celery_meta_t *meta)
{
    struct env *env = pointer;
    strcat(env->text, celery_meta_state_text(meta));
    strcat(env->text, " ");
    env->thread = pthread_self();
    env->calls++;
}

static void on_interval(void *pointer)
{
    struct env *env = pointer;
    env->thread = pthread_self();
    /* The wait goes on meanwhile: its own callback may store. */
    if (env->calls++ == 0)
        env->status = celery_app_store_result(app, "slow", "PROGRESS", "1", 1, NULL, NULL);
    else if (env->calls == 3)
        env->status = celery_app_store_result(app, "slow", "SUCCESS", "2", 1, NULL, NULL);
}

static void on_then(void *pointer, const celery_result_t *result, const celery_meta_t *meta)
{
    struct env *env = pointer;
    celery_result_t *kept = celery_result_ref(result);
    celery_value_t *value = NULL;

    snprintf(env->text, sizeof env->text, "%s %s", celery_result_id(result), celery_meta_state_text(meta));
    celery_result_free(kept);
    /* Blocking here would keep every other callback waiting. */
    if (celery_async_result_new(app, "never", &kept, NULL) == CELERY_OK) {
        env->status = celery_result_get(kept, 1000, &value, NULL);
        celery_result_free(kept);
    }
    env->thread = pthread_self();
    env->calls++;
}

static void on_then_error(void *pointer, const celery_result_t *result, const celery_error_t *error)
{
    struct env *env = pointer;
    snprintf(env->text, sizeof env->text, "%s", celery_result_id(result));
    env->status = celery_error_status(error);
    env->calls++;
}

static void on_log(void *pointer, int32_t level, const char *target, const char *message)
{
    struct env *env = pointer;
    env->calls += level >= CELERY_LOG_ERROR && level <= CELERY_LOG_DEBUG && *target && *message;
}

/* The last event of a callback is that its environment is freed. */
static void await_free(struct env *env)
{
    for (int i = 0; i < 5000 && env->freed == 0; i++)
        usleep(1000);
    CHECK(env->freed == 1);
}

static void during_get(void)
{
    celery_get_options_t *get = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;
    struct env done = {0}, message = {0}, interval = {0}, replaced = {0}, none = {0};

    OK(celery_get_options_new(&get, &err));
    OK(celery_get_options_set_callback(get, on_get, &replaced, on_free, &err));
    CHECK(replaced.freed == 0);
    OK(celery_get_options_set_callback(get, on_get, &done, on_free, &err));
    CHECK(replaced.freed == 1);
    OK(celery_get_options_set_on_message(get, on_message, &message, on_free, &err));
    OK(celery_get_options_set_on_interval(get, on_interval, &interval, on_free, &err));
    OK(celery_get_options_set_interval_ms(get, 20, &err));
    OK(celery_get_options_set_timeout_ms(get, 20000, &err));
    OK(celery_async_result_new(app, "slow", &result, &err));
    OK(celery_result_get_with(result, get, &value, &err));
    celery_value_free(value);
    SAME(done.text, "slow=2");
    CHECK(done.calls == 1 && interval.calls == 3 && interval.status == CELERY_OK);
    CHECK(strncmp(message.text, "PROGRESS ", 9) == 0);
    CHECK(pthread_equal(done.thread, pthread_self()) && pthread_equal(message.thread, pthread_self()));
    CHECK(pthread_equal(interval.thread, pthread_self()));
    CHECK(done.freed == 0 && message.freed == 0 && interval.freed == 0);
    celery_get_options_free(get);
    CHECK(done.freed == 1 && message.freed == 1 && interval.freed == 1);
    celery_result_free(result);

    /* Also where the call fails, and where there is no function. */
    STATUS(celery_get_options_set_callback(NULL, on_get, &none, on_free, &err), CELERY_ERR_NULL_ARGUMENT);
    CHECK(none.freed == 1);
    OK(celery_get_options_new(&get, &err));
    OK(celery_get_options_set_on_message(get, NULL, &none, on_free, &err));
    CHECK(none.freed == 2);
    celery_get_options_free(get);
    CHECK(none.freed == 2 && none.calls == 0);
}

static void then(void)
{
    const char *failure = "{\"exc_type\": \"E\", \"exc_message\": [], \"exc_module\": \"m\"}";
    struct env ready = {0}, later = {0}, closed = {0}, refused = {0};
    celery_result_t *result = NULL;

    /* Ready already. */
    OK(celery_async_result_new(app, "slow", &result, &err));
    OK(celery_result_then(result, on_then, on_then_error, &ready, on_free, &err));
    celery_result_free(result);
    await_free(&ready);
    SAME(ready.text, "slow SUCCESS");
    CHECK(ready.calls == 1 && ready.status == CELERY_ERR_RECURSIVE);
    CHECK(!pthread_equal(ready.thread, pthread_self()));

    /* Ready later, and failed: nobody polls, the handle is freed. */
    OK(celery_async_result_new(app, "later", &result, &err));
    OK(celery_result_then(result, on_then, on_then_error, &later, on_free, &err));
    celery_result_free(result);
    OK(celery_app_store_result(app, "later", "FAILURE", failure, strlen(failure), NULL, &err));
    await_free(&later);
    SAME(later.text, "later FAILURE");
    CHECK(later.calls == 1);

    /* Refused: the environment is freed at once. */
    STATUS(celery_result_then(NULL, on_then, NULL, &refused, on_free, &err), CELERY_ERR_NULL_ARGUMENT);
    CHECK(refused.freed == 1);
    OK(celery_async_result_new(app, "closed", &result, &err));
    STATUS(celery_result_then(result, NULL, NULL, &refused, on_free, &err), CELERY_ERR_NULL_ARGUMENT);
    CHECK(refused.freed == 2 && refused.calls == 0);

    OK(celery_result_then(result, on_then, on_then_error, &closed, on_free, &err));
    CHECK(closed.freed == 0);
    celery_app_close(app);
    await_free(&closed);
    CHECK(closed.calls == 1 && closed.status == CELERY_ERR_CLOSED);
    STATUS(celery_result_then(result, on_then, NULL, &refused, on_free, &err), CELERY_ERR_CLOSED);
    CHECK(refused.freed == 3);
    celery_result_free(result);
}

int main(void)
{
    celery_options_t *options = NULL;
    struct env replaced = {0}, log = {0}, bad = {0};

    OK(celery_options_new(&options, &err));
    OK(celery_options_set_log(options, CELERY_LOG_INFO, on_log, &replaced, on_free, &err));
    OK(celery_options_set_log(options, CELERY_LOG_DEBUG, on_log, &log, on_free, &err));
    CHECK(replaced.freed == 1 && log.freed == 0);
    CHECK(celery_options_set_log(options, 77, on_log, &bad, on_free, NULL) == CELERY_ERR_INVALID_ARGUMENT);
    CHECK(bad.freed == 1);
    OK(celery_app_open("memory://", options, &app, &err));
    celery_options_free(options);
    CHECK(log.freed == 0);

    during_get();
    then();

    OK(celery_app_close_wait(app, 5000, &err));
    celery_app_free(app);
    await_free(&log);
    CHECK(replaced.freed == 1 && bad.freed == 1);
    return DONE();
}

/*
 * Ten thousand ids waited for at once: two sockets, one engine thread, one callback thread, each
 * callback once, each environment freed once, and afterwards everything as it was before.
 */
#include "measure.h"

#include "redis_wire.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, MOST = 10000 };

/* What one environment has seen. */
struct env {
    atomic_int done, failed, freed;
    celery_status_t status;
};

static struct env envs[MOST];
static int ids;

static void on_done(void *env, const celery_result_t *result, const celery_meta_t *meta)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    int64_t number = -1;
    OK(celery_meta_value(meta, &value, &err));
    OK(celery_value_int64(value, NULL, &number, &err));
    celery_value_free(value);
    CHECK((struct env *)env == &envs[number]);
    CHECK(atoi(celery_result_id(result) + strlen("id-")) == number);
    atomic_fetch_add(&((struct env *)env)->done, 1);
}

static void on_failed(void *env, const celery_result_t *result, const celery_error_t *error)
{
    CHECK(celery_result_id(result) != NULL);
    ((struct env *)env)->status = celery_error_status(error);
    atomic_fetch_add(&((struct env *)env)->failed, 1);
}

static void on_free(void *env)
{
    atomic_fetch_add(&((struct env *)env)->freed, 1);
}

/* Every environment has had so many calls of each function. */
static int each(int done, int failed, int freed)
{
    for (int i = 0; i < ids; i++)
        if (atomic_load(&envs[i].done) != done || atomic_load(&envs[i].failed) != failed ||
            atomic_load(&envs[i].freed) != freed)
            return 0;
    return 1;
}

/* Registers all of them; no handle is kept. */
static void register_all(celery_app_t *app)
{
    celery_error_t *err = NULL;
    memset(envs, 0, sizeof envs);
    for (int i = 0; i < ids; i++) {
        char id[32];
        snprintf(id, sizeof id, "id-%d", i);
        celery_result_t *result = result_of(app, id);
        OK(celery_result_then(result, on_done, on_failed, &envs[i], on_free, &err));
        celery_result_free(result);
    }
}

static void store(celery_app_t *app, const char *prefix, int count)
{
    celery_error_t *err = NULL;
    for (int i = 0; i < count; i++) {
        char id[32], json[32];
        snprintf(id, sizeof id, "%s-%d", prefix, i);
        snprintf(json, sizeof json, "%d", i);
        OK(celery_app_store_result(app, id, "SUCCESS", json, strlen(json), NULL, &err));
    }
}

static void forget(celery_app_t *app, const char *prefix, int count)
{
    celery_error_t *err = NULL;
    for (int i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s-%d", prefix, i);
        celery_result_t *result = result_of(app, id);
        OK(celery_result_forget(result, &err));
        celery_result_free(result);
    }
}

struct waiting {
    celery_app_t *app;
    int index;
};

static void *wait_on_thread(void *argument)
{
    const struct waiting *waiting = argument;
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    char id[32], json[32];
    snprintf(id, sizeof id, "thread-%d", waiting->index);
    snprintf(json, sizeof json, "%d", waiting->index);
    celery_result_t *result = result_of(waiting->app, id);
    OK(celery_result_get(result, -1, &value, &err));
    SAME(celery_value_json(value, NULL), json);
    celery_value_free(value);
    celery_result_free(result);
    return NULL;
}

/* All at once on an app that pushes (Redis) or not (memory://), and everything given back. */
static void at_once(const char *url, int sockets, int engine_threads)
{
    pthread_t threads[THREADS];
    struct waiting waiting[THREADS];
    int files_before = count_files(), sockets_before = count_sockets(), threads_before = count_threads("");
    celery_app_t *app = open_app(url);

    register_all(app);
    for (int i = 0; i < THREADS; i++) {
        waiting[i] = (struct waiting){app, i};
        CHECK(pthread_create(&threads[i], NULL, wait_on_thread, &waiting[i]) == 0);
    }
    UNTIL(figure(app, "waiters") == (uint64_t)ids + THREADS);
    if (sockets > 0)
        UNTIL(figure(app, "subscriptions") == (uint64_t)ids + THREADS);
    printf("%.8s: %d ids: %d sockets, %d engine threads, %d callback threads, %d threads in all with %d of ours\n", url,
           ids + THREADS, count_sockets() - sockets_before, count_threads("celery-result"),
           count_threads("celery-callback"), count_threads(""), THREADS + 1);
    CHECK(figure(app, "sockets") == (uint64_t)sockets && count_sockets() - sockets_before == sockets);
    CHECK(count_threads("celery-result") == engine_threads && count_threads("celery-callback") == 1);
    CHECK(count_threads("") == threads_before + THREADS + engine_threads + 1);
    PASS("%.8s: %d ids take %d sockets and %d engine threads", url, ids + THREADS, sockets, engine_threads);

    store(app, "id", ids);
    store(app, "thread", THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    UNTIL(each(1, 0, 1));
    UNTIL(figure(app, "subscriptions") == 0);
    CHECK(figure(app, "waiters") == 0 && figure(app, "recovered_by_reread") == 0);
    CHECK(figure(app, "connects") == (uint64_t)sockets);
    PASS("%.8s: each callback once, each environment freed once, nobody waits, nothing is subscribed", url);

    /* Those that have finished already. */
    register_all(app);
    UNTIL(each(1, 0, 1));
    PASS("%.8s: the same for results that are ready", url);

    forget(app, "id", ids);
    forget(app, "thread", THREADS);
    close_app(app);
    UNTIL(count_threads("") == threads_before);
    CHECK(count_sockets() == sockets_before && count_files() == files_before);
    CHECK(each(1, 0, 1));
    PASS("%.8s: sockets, files and threads are as before", url);
}

/* The other ways for an environment to end. */
static void freed_once(const char *url)
{
    celery_error_t *err = NULL;
    celery_app_t *app = open_app(url);

    register_all(app);
    celery_app_close(app);
    UNTIL(each(0, 1, 1));
    CHECK(envs[0].status == CELERY_ERR_CLOSED && envs[ids - 1].status == CELERY_ERR_CLOSED);
    PASS("%.8s: close: on_error once, env_free once", url);

    struct env late = {0};
    celery_app_free(app);

    app = open_app(url);
    celery_result_t *result = result_of(app, "late");
    register_all(app);
    celery_app_free(app);
    UNTIL(each(0, 1, 1));
    CHECK(envs[0].status == CELERY_ERR_CLOSED);
    PASS("%.8s: free of the app: on_error once, env_free once", url);

    STATUS(celery_result_then(result, on_done, on_failed, &late, on_free, &err), CELERY_ERR_CLOSED);
    CHECK(late.done == 0 && late.failed == 0 && late.freed == 1);
    celery_result_free(result);
    UNTIL(count_threads("celery-") == 0);
    STATUS(celery_result_then(NULL, on_done, on_failed, &late, on_free, &err), CELERY_ERR_NULL_ARGUMENT);
    CHECK(late.freed == 2);
    PASS("%.8s: the threads end; a call that fails frees the environment", url);
}

/* A record that no worker writes fails the one who waits for it. */
static void unreadable_record(void)
{
    celery_error_t *err = NULL;
    struct env env = {0};
    int server = wire_connect(redis_url());
    wire_set(server, "celery-task-meta-garbage", "{garbage");
    close(server);

    celery_app_t *app = open_app(redis_url());
    celery_result_t *result = result_of(app, "garbage");
    OK(celery_result_then(result, on_done, on_failed, &env, on_free, &err));
    UNTIL(atomic_load(&env.freed) > 0);
    celery_result_free(result);
    close_app(app);
    CHECK(env.done == 0 && env.failed == 1 && env.freed == 1 && env.status == CELERY_ERR_DECODE);
    PASS("redis://: an unreadable record: on_error once, env_free once");
}

int main(void)
{
    ids = fewer_when_slow(MOST);
    at_once("memory://", 0, 0);
    freed_once("memory://");
    at_once(redis_url(), 2, 1);
    freed_once(redis_url());
    unreadable_record();
    return 0;
}

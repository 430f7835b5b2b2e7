/*
 * Waiting for any, all or some of several results, of two apps at once: memory:// and Redis.
 */
#include "results.h"

#include <pthread.h>

enum { COUNT = 6 };

static celery_app_t *apps[2];
static celery_result_t *results[COUNT];
static celery_error_t *err;
static int round_number;

static const char *id_of(int index)
{
    return own_id("many-%d-%d", round_number, index);
}

/* Fresh results, the even ones on memory://, the odd ones on Redis. */
static void begin(void)
{
    round_number++;
    for (int i = 0; i < COUNT; i++)
        results[i] = result_of(apps[i % 2], id_of(i));
}

static void end(void)
{
    free_all(results, COUNT);
    for (int i = 0; i < 2; i++) {
        UNTIL(figure(apps[i], "waiters") == 0 && figure(apps[i], "subscriptions") == 0);
        CHECK(figure(apps[i], "recovered_by_reread") == 0);
    }
}

static void finish(int index)
{
    succeed(apps[index % 2], id_of(index), "1");
}

static void arguments(void)
{
    celery_result_t *with_null[] = {results[0], results[1], NULL};
    size_t index = 99, indices[COUNT], ready = 99;
    CONTAINS(MESSAGE(celery_wait_any(with_null, 3, 0, NULL, &index, &err), CELERY_ERR_NULL_ARGUMENT), "results[2]");
    CONTAINS(MESSAGE(celery_wait_all(with_null, 3, 0, NULL, &err), CELERY_ERR_NULL_ARGUMENT), "results[2]");
    STATUS(celery_wait_any(NULL, 0, -1, NULL, &index, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_wait_some(results, COUNT, 0, -1, NULL, indices, &ready, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_wait_some(results, COUNT, COUNT + 1, -1, NULL, indices, &ready, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_wait_all(NULL, 0, -1, NULL, &err));
    CHECK(index == 99 && ready == 99);
    PASS("arguments of waits for many are checked");
}

static void looks(void)
{
    size_t index = 99, indices[COUNT], ready = 99;
    STATUS(celery_wait_any(results, COUNT, 0, NULL, &index, &err), CELERY_ERR_TIMEOUT);
    finish(5);
    finish(2);
    OK(celery_wait_any(results, COUNT, 0, NULL, &index, &err));
    CHECK(index == 2);
    OK(celery_wait_some(results, COUNT, 2, 0, NULL, indices, &ready, &err));
    CHECK(ready == 2 && ((indices[0] == 2 && indices[1] == 5) || (indices[0] == 5 && indices[1] == 2)));
    STATUS(celery_wait_some(results, COUNT, 3, 0, NULL, indices, &ready, &err), CELERY_ERR_TIMEOUT);
    CHECK(celery_wait_all(results, COUNT, 0, NULL, &err) == CELERY_ERR_TIMEOUT);
    CHECK(celery_error_member(err) == 0);
    celery_error_free(err), err = NULL;
    double started = now_ms();
    CHECK(celery_status_is_timeout(celery_wait_all(results, COUNT, 50, NULL, NULL)));
    CHECK(now_ms() - started >= 50);
    PASS("one look at many, and a deadline");
}

struct wait {
    int kind; /* 0 any, 1 all, 2 some */
    const celery_cancel_t *cancel;
    celery_status_t status;
    size_t index, indices[COUNT], ready;
};

static void *wait_on_thread(void *argument)
{
    struct wait *wait = argument;
    if (wait->kind == 0)
        wait->status = celery_wait_any(results, COUNT, 60000, wait->cancel, &wait->index, NULL);
    else if (wait->kind == 1)
        wait->status = celery_wait_all(results, COUNT, -1, wait->cancel, NULL);
    else
        wait->status = celery_wait_some(results, COUNT, 3, -1, wait->cancel, wait->indices, &wait->ready, NULL);
    return NULL;
}

static void start(pthread_t *thread, struct wait *wait)
{
    CHECK(pthread_create(thread, NULL, wait_on_thread, wait) == 0);
}

/* All results of both apps are waited for by so many waits. */
static void until_waited(uint64_t waits)
{
    UNTIL(figure(apps[0], "waiters") == waits * COUNT / 2 && figure(apps[1], "waiters") == waits * COUNT / 2);
    UNTIL(figure(apps[1], "subscriptions") == COUNT / 2);
}

static void threads(void)
{
    pthread_t any_thread, all_thread, some_thread;
    celery_cancel_t *token = NULL;
    OK(celery_cancel_new(&token, &err));
    struct wait any = {.kind = 0}, all = {.kind = 1, .cancel = token}, some = {.kind = 2};
    begin();
    start(&any_thread, &any);
    start(&all_thread, &all);
    start(&some_thread, &some);
    until_waited(3);
    finish(3);
    pthread_join(any_thread, NULL);
    CHECK(any.status == CELERY_OK && any.index == 3);
    finish(4);
    fail(apps[0], id_of(0), "no");
    pthread_join(some_thread, NULL);
    CHECK(some.status == CELERY_OK && some.ready == 3);
    CHECK(some.indices[0] + some.indices[1] + some.indices[2] == 7);
    finish(1);
    finish(2);
    finish(5);
    pthread_join(all_thread, NULL);
    CHECK(all.status == CELERY_OK);
    end();
    PASS("any, all and some end when enough have finished, whatever the outcome");

    begin();
    all.status = 1;
    start(&all_thread, &all);
    until_waited(1);
    celery_cancel_trigger(token);
    pthread_join(all_thread, NULL);
    CHECK(all.status == CELERY_ERR_CANCELLED);
    celery_cancel_free(token);
    end();
    PASS("a token ends a wait for many");
}

/* A set among them is finished when its members are. */
static void mixed(void)
{
    begin();
    celery_result_t *set = set_of(apps[0], results, 2), *mixed[] = {results[2], set};
    size_t index = 9;
    STATUS(celery_wait_any(mixed, 2, 0, NULL, &index, &err), CELERY_ERR_TIMEOUT);
    finish(0);
    STATUS(celery_wait_any(mixed, 2, 0, NULL, &index, &err), CELERY_ERR_TIMEOUT);
    finish(1);
    OK(celery_wait_any(mixed, 2, -1, NULL, &index, &err));
    CHECK(index == 1);
    celery_result_free(set);
    end();
    PASS("sets can be waited for among other results");
}

static void closed(void)
{
    begin();
    celery_app_t *gone = open_app("memory://");
    celery_result_t *lost = result_of(gone, "lost"), *some[] = {results[0], lost};
    size_t index = 9;
    celery_app_close(gone);
    CHECK(celery_wait_any(some, 2, -1, NULL, &index, &err) == CELERY_ERR_CLOSED);
    CHECK(celery_error_member(err) == 1);
    celery_error_free(err), err = NULL;
    finish(0);
    OK(celery_result_wait(results[0], 60000, NULL, &err));
    OK(celery_wait_any(some, 2, -1, NULL, &index, &err));
    CHECK(index == 0);
    CHECK(celery_wait_all(some, 2, -1, NULL, &err) == CELERY_ERR_CLOSED);
    CHECK(celery_error_member(err) == 1);
    celery_error_free(err), err = NULL;
    celery_result_free(lost);
    celery_app_free(gone);
    end();
    PASS("a closed app fails waits for all, and for any only where nothing has finished");
}

int main(void)
{
    apps[0] = open_app("memory://");
    apps[1] = open_app(redis_url());
    begin();
    arguments();
    looks();
    end();
    threads();
    mixed();
    closed();
    close_app(apps[0]);
    close_app(apps[1]);
    return 0;
}

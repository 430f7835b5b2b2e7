/*
 * Many sends: ten thousand without a wait leave no subscription, threads share one connection, the app is
 * closed under them.
 */
#include "broker.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8 };

static celery_error_t *err;
static int server;
static char queue[64];

static void without_waiting(void)
{
    celery_app_t *app = APP(redis_url(), "task_default_queue", queue), *worker = APP(redis_url());
    int count = fewer_when_slow(10000);
    celery_result_t **results = calloc((size_t)count, sizeof *results);
    celery_value_t *value = NULL;
    CHECK(results != NULL);
    for (int i = 0; i < count; i++)
        OK(celery_app_send_task(app, "proj.tasks.add", "[2, 3]", NULL, NULL, &results[i], &err));
    CHECK(NUMBER(server, "LLEN", queue) == count);
    CHECK(NUMBER(server, "PUBSUB", "CHANNELS") == 0);
    CHECK(figure(app, "subscriptions") == 0 && figure(app, "waiters") == 0);
    CHECK(figure(app, "sockets") == 1 && figure(app, "connects") == 1);

    succeed(worker, celery_result_id(results[count - 1]), "5");
    OK(celery_result_get(results[count - 1], 60000, &value, &err));
    SAME(celery_value_json(value, NULL), "5");
    celery_value_free(value);
    free_all(results, (size_t)count);
    free(results);
    CHECK(NUMBER(server, "DEL", queue) == 1);
    close_app(app), close_app(worker);
    PASS("%d sends without a wait leave 0 channels", count);
}

struct sender {
    celery_app_t *app;
    int number, count, sent, uncertain;
};

/* Until the app is closed, or so many. */
static void *send_on(void *argument)
{
    struct sender *sender = argument;
    for (int i = 0; i < sender->count; i++) {
        celery_error_t *own_err = NULL;
        char args[40];
        snprintf(args, sizeof args, "[%d, %d]", sender->number, i);
        celery_status_t status = celery_app_send_task(sender->app, "t", args, NULL, NULL, NULL, &own_err);
        celery_error_free(own_err);
        sender->sent += status == CELERY_OK;
        sender->uncertain += status == CELERY_ERR_UNCERTAIN;
        if (status == CELERY_ERR_CLOSED || status == CELERY_ERR_UNCERTAIN)
            break;
        CHECK(status == CELERY_OK);
    }
    return NULL;
}

static void start(struct sender *senders, pthread_t *threads, celery_app_t *app, int count)
{
    for (int i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){app, i, count, 0, 0};
        CHECK(pthread_create(&threads[i], NULL, send_on, &senders[i]) == 0);
    }
}

static void from_threads(void)
{
    celery_app_t *app = APP("memory://", "broker_url", redis_url(), "task_default_queue", queue);
    struct sender senders[THREADS];
    pthread_t threads[THREADS];
    int count = fewer_when_slow(1000), next[THREADS] = {0};
    start(senders, threads, app, count);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0 && senders[i].sent == count);
    CHECK(NUMBER(server, "LLEN", queue) == THREADS * (long)count);
    CHECK(figure(app, "connects") == 1 && count_threads("celery") == 1);
    for (int i = 0; i < THREADS * count; i++) {
        char *message = taken(server, queue), *body = body_of(message);
        int number = -1, place = -1;
        CHECK(sscanf(body, "[[%d, %d]", &number, &place) == 2 && number >= 0 && number < THREADS);
        CHECK(place == next[number]++);
        free(message), free(body);
    }
    close_app(app);
    PASS("%d threads send over one connection, each in its order", THREADS);
}

static void closed_meanwhile(void)
{
    for (int round = 0; round < 5; round++) {
        celery_app_t *app = APP("memory://", "broker_url", redis_url(), "task_default_queue", queue);
        struct sender senders[THREADS];
        pthread_t threads[THREADS];
        int sent = 0, uncertain = 0;
        start(senders, threads, app, 1000000);
        UNTIL(NUMBER(server, "LLEN", queue) > 20);
        celery_app_close(app);
        for (int i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
            sent += senders[i].sent, uncertain += senders[i].uncertain;
        }
        close_app(app);
        long queued = NUMBER(server, "LLEN", queue);
        CHECK(sent <= queued && queued <= sent + uncertain);
        CHECK(NUMBER(server, "DEL", queue) == 1);
    }
    PASS("an app closed under its senders tells each what became of its task");
}

/* A callback may send, and a wait is not in its way. */
static celery_app_t *callback_app;
static atomic_int chained;

static void send_next(void *env, const celery_result_t *result, const celery_meta_t *meta)
{
    (void)env, (void)result, (void)meta;
    chained += celery_app_send_task(callback_app, "next", NULL, NULL, NULL, NULL, NULL) == CELERY_OK;
}

static void from_callbacks(void)
{
    celery_result_t *result = NULL;
    callback_app = APP("memory://", "broker_url", redis_url(), "task_default_queue", queue);
    OK(celery_app_send_task(callback_app, "first", NULL, NULL, NULL, &result, &err));
    OK(celery_result_then(result, send_next, NULL, NULL, NULL, &err));
    succeed(callback_app, celery_result_id(result), "1");
    UNTIL(chained == 1);
    CHECK(NUMBER(server, "LLEN", queue) == 2);
    CHECK(NUMBER(server, "DEL", queue) == 1);
    celery_result_free(result);
    close_app(callback_app);
    PASS("a callback sends the next task");
}

int main(void)
{
    server = wire_connect(redis_url());
    snprintf(queue, sizeof queue, "%s", own_id("many"));
    without_waiting();
    from_threads();
    closed_meanwhile();
    from_callbacks();
    close(server);
    return DONE();
}

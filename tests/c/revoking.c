/*
 * Revoking and remote control without a Python worker: what is sent, who is waited for and for how long,
 * what ends a wait, and that nothing stays at the broker.
 */
#include "worker.h"

#include <pthread.h>

static celery_app_t *app;
static celery_error_t *err;
static celery_revoke_options_t *options;
static int server;
static char exchange[64];

static void same_replies(celery_value_t *replies, const char *expected)
{
    SAME(celery_value_json(replies, NULL), expected);
    celery_value_free(replies);
}

static void nothing_stays(void)
{
    char key[100];
    snprintf(key, sizeof key, "reply.%s.pidbox", exchange);
    CHECK(bindings_left(server, exchange) == 0 && list_left(server, exchange) == NULL);
    CHECK(TEXT(server, "ZSCORE", "_kombu.binding_deadlines", key) == NULL);
}

/* ---- nobody listens ---- */

static void nobody_hears(void)
{
    celery_result_t *result = result_of(app, "some id"), *set = set_of(app, &result, 1);
    celery_value_t *replies = NULL;
    int32_t place = -1;
    OK(celery_result_revoke(result, NULL, NULL, &err));
    OK(celery_result_revoke(set, NULL, &replies, &err));
    same_replies(replies, "{\"heard\": 0, \"complete\": false, \"nodes\": {}}");
    OK(celery_revoke_options_set_wait(options, true, &err));
    OK(celery_revoke_options_set_timeout_ms(options, 60000, &err));
    OK(celery_result_revoke(result, options, &replies, &err));
    same_replies(replies, "{\"heard\": 0, \"complete\": true, \"nodes\": {}}");
    OK(celery_app_revoke_by_stamped_headers(app, "{\"tenant\": \"a\"}", options, &replies, &err));
    same_replies(replies, "{\"heard\": 0, \"complete\": true, \"nodes\": {}}");
    OK(celery_app_control(app, "ping", NULL, NULL, 0, 60000, NULL, &replies, &err));
    same_replies(replies, "{\"heard\": 0, \"complete\": true, \"nodes\": {}}");
    OK(celery_result_locate(result, 60000, NULL, &place, &replies, &err));
    CHECK(place == CELERY_PLACE_UNKNOWN);
    same_replies(replies, "{\"heard\": 0, \"complete\": true, \"nodes\": {}}");
    celery_result_free(result), celery_result_free(set);
    nothing_stays();
    PASS("where nobody listens nobody is waited for");
}

/* ---- what is sent ---- */

static void check_command(const struct worker *worker, const char *expected)
{
    char *command = heard(worker), *body = body_of(command);
    HOLDS(body, expected);
    HOLDS(command, "\"delivery_tag\": \"");
    free(command), free(body);
}

static void what_is_sent(void)
{
    struct worker worker = listening_to(exchange);
    celery_result_t *members[3] = {result_of(app, "a"), result_of(app, "b"), result_of(app, "a")};
    celery_result_t *group = group_of(app, "g", members, 2), *set;
    const char *nodes[] = {"w1@host", "w2@host"};
    celery_value_t *replies = NULL;
    members[1] = (celery_result_free(members[1]), group);
    set = set_of(app, members, 3);

    OK(celery_result_revoke(members[0], NULL, &replies, &err));
    same_replies(replies, "{\"heard\": 1, \"complete\": false, \"nodes\": {}}");
    check_command(&worker, "{\"method\": \"revoke\", \"arguments\": {\"task_id\": \"a\", \"terminate\": false, "
                           "\"signal\": null}, \"destination\": null");
    celery_revoke_options_free(options);
    OK(celery_revoke_options_new(&options, &err));
    OK(celery_revoke_options_set_terminate(options, true, &err));
    OK(celery_revoke_options_set_signal(options, "SIGKILL", &err));
    OK(celery_revoke_options_set_destination(options, nodes, 2, &err));
    OK(celery_result_revoke(set, options, NULL, &err));
    check_command(&worker, "\"arguments\": {\"task_id\": [\"a\", \"b\"], \"terminate\": true, \"signal\": \"SIGKILL\"}, "
                           "\"destination\": [\"w1@host\", \"w2@host\"]");
    OK(celery_revoke_options_set_signal(options, "9", &err));
    OK(celery_revoke_options_set_destination(options, NULL, 0, &err));
    OK(celery_app_revoke_by_stamped_headers(app, "{\"tenant\": [\"a\", \"b\"]}", options, NULL, &err));
    check_command(&worker, "{\"method\": \"revoke_by_stamped_headers\", \"arguments\": {\"headers\": {\"tenant\": "
                           "[\"a\", \"b\"]}, \"terminate\": true, \"signal\": 9}, \"destination\": null");
    OK(celery_app_control(app, "rate_limit", "{\"task_name\": \"t\", \"rate_limit\": \"1/m\"}", nodes, 1, 0, NULL, NULL,
                          &err));
    check_command(&worker, "{\"method\": \"rate_limit\", \"arguments\": {\"task_name\": \"t\", \"rate_limit\": \"1/m\"}, "
                           "\"destination\": [\"w1@host\"]");
    free_all(members, 3);
    celery_result_free(set);
    close(worker.server);
    PASS("commands are Celery's, one for all tasks of a set");
}

static void two_apps(void)
{
    celery_app_t *other = APP(redis_url(), "control_exchange", own_id("other"));
    struct worker worker = listening_to(exchange), elsewhere = listening_to(own_id("other"));
    celery_result_t *members[3] = {result_of(app, "a"), result_of(other, "b"), result_of(app, "c")};
    celery_result_t *set = set_of(app, members, 3);
    celery_value_t *replies = NULL;
    OK(celery_result_revoke(set, NULL, &replies, &err));
    same_replies(replies, "{\"heard\": 2, \"complete\": false, \"nodes\": {}}");
    check_command(&worker, "\"task_id\": [\"a\", \"c\"]");
    check_command(&elsewhere, "\"task_id\": \"b\"");
    free_all(members, 3);
    celery_result_free(set);
    close(worker.server), close(elsewhere.server);
    close_app(other);
    PASS("a set of two apps tells the workers of both");
}

/* ---- answers ---- */

static void *revoke_and_wait(void *argument)
{
    celery_value_t *replies = NULL;
    CHECK(celery_result_revoke(argument, options, &replies, NULL) == CELERY_OK);
    return replies;
}

static void wait_a_minute(void)
{
    celery_revoke_options_free(options);
    OK(celery_revoke_options_new(&options, &err));
    OK(celery_revoke_options_set_wait(options, true, &err));
    OK(celery_revoke_options_set_timeout_ms(options, 60000, &err));
}

static void answers(void)
{
    struct worker first = listening_to(exchange), second = listening_to(exchange);
    celery_result_t *result = result_of(app, "some id");
    pthread_t thread;
    void *replies;
    wait_a_minute();
    CHECK(pthread_create(&thread, NULL, revoke_and_wait, result) == 0);
    char *command = heard(&first);
    HOLDS(command, "\"expires\": 1");
    CHECK(bindings_left(server, exchange) == 1);
    char *list = list_left(server, exchange);
    long lives = NUMBER(server, "TTL", list);
    CHECK(lives > 0 && lives <= 121);
    answer_garbage(&first, command);
    answer(&first, command, "w1@host", "{\"ok\": \"tasks {'some id'} flagged as revoked\"}");
    answer(&second, command, "w2@host", "{\"error\": \"no\"}");
    CHECK(pthread_join(thread, &replies) == 0);
    same_replies(replies, "{\"heard\": 2, \"complete\": true, \"nodes\": {\"w1@host\": {\"ok\": \"tasks {'some id'} flagged "
                          "as revoked\"}, \"w2@host\": {\"error\": \"no\"}}}");
    nothing_stays();
    celery_result_free(result);
    free(command), free(list);
    close(first.server), close(second.server);
    PASS("it is over when all who heard have answered, whatever else is in the list");
}

static void destination(void)
{
    struct worker first = listening_to(exchange), second = listening_to(exchange);
    celery_result_t *result = result_of(app, "some id");
    const char *node = "w1@host", *twice[] = {node, node};
    pthread_t thread;
    void *replies;
    wait_a_minute();
    OK(celery_revoke_options_set_destination(options, twice, 2, &err));
    CHECK(pthread_create(&thread, NULL, revoke_and_wait, result) == 0);
    char *command = heard(&first);
    answer(&first, command, node, "{\"ok\": 1}");
    CHECK(pthread_join(thread, &replies) == 0);
    same_replies(replies, "{\"heard\": 2, \"complete\": true, \"nodes\": {\"w1@host\": {\"ok\": 1}}}");
    nothing_stays();
    celery_result_free(result);
    free(command);
    close(first.server), close(second.server);
    PASS("with a destination only those are waited for, each once");
}

static void *locate(void *argument)
{
    celery_value_t *replies = NULL;
    int32_t place = -1;
    CHECK(celery_result_locate(argument, 60000, NULL, &place, &replies, NULL) == CELERY_OK);
    celery_value_free(replies);
    return (void *)(intptr_t)place;
}

static void places(void)
{
    static const struct { const char *says; int32_t place; } rows[] = {
        {"{\"some id\": [\"active\", {}]}", CELERY_PLACE_RUNNING},
        {"{\"some id\": [\"reserved\", {}]}", CELERY_PLACE_RESERVED},
        {"{\"some id\": [\"scheduled\", {}]}", CELERY_PLACE_SCHEDULED},
        {"{}", CELERY_PLACE_UNKNOWN},
        {"{\"error\": \"no\"}", CELERY_PLACE_UNKNOWN},
        {"{\"some id\": null}", CELERY_PLACE_UNKNOWN},
        {"{\"some id\": [\"ready\", {}]}", CELERY_PLACE_UNKNOWN},
        {"7", CELERY_PLACE_UNKNOWN},
    };
    struct worker worker = listening_to(exchange);
    celery_result_t *result = result_of(app, "some id"), *done = result_of(app, own_id("done"));
    celery_value_t *replies = (void *)&replies;
    int32_t place = -1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pthread_t thread;
        void *found;
        CHECK(pthread_create(&thread, NULL, locate, result) == 0);
        char *command = heard(&worker);
        answer(&worker, command, "w1@host", rows[i].says);
        CHECK(pthread_join(thread, &found) == 0);
        CHECK((int32_t)(intptr_t)found == rows[i].place);
        free(command);
    }
    succeed(app, celery_result_id(done), "1");
    OK(celery_result_locate(done, 60000, NULL, &place, &replies, &err));
    CHECK(place == CELERY_PLACE_FINISHED && replies == NULL);
    celery_result_free(result), celery_result_free(done);
    close(worker.server);
    PASS("where a task is, by what a worker says and by its record");
}

/* ---- what ends a wait ---- */

static void nobody_answers(void)
{
    struct worker worker = listening_to(exchange);
    celery_result_t *result = result_of(app, "some id");
    celery_value_t *replies = NULL;
    int32_t place = -1;
    OK(celery_revoke_options_set_timeout_ms(options, a_while_ms(), &err));
    double started = now_ms();
    OK(celery_result_revoke(result, options, &replies, &err));
    CHECK(now_ms() - started >= a_while_ms());
    same_replies(replies, "{\"heard\": 1, \"complete\": false, \"nodes\": {}}");
    OK(celery_app_control(app, "stats", NULL, NULL, 0, a_while_ms(), NULL, &replies, &err));
    same_replies(replies, "{\"heard\": 1, \"complete\": false, \"nodes\": {}}");
    OK(celery_result_locate(result, a_while_ms(), NULL, &place, &replies, &err));
    CHECK(place == CELERY_PLACE_UNKNOWN);
    same_replies(replies, "{\"heard\": 1, \"complete\": false, \"nodes\": {}}");
    OK(celery_revoke_options_set_timeout_ms(options, 0, &err));
    OK(celery_result_revoke(result, options, NULL, &err));
    celery_result_free(result);
    close(worker.server);
    nothing_stays();
    PASS("a worker that does not answer is waited for until the time is over");
}

struct waiter {
    celery_app_t *app;
    celery_cancel_t *cancel;
    celery_status_t status;
};

static void *ask(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = celery_app_control(waiter->app, "ping", NULL, NULL, 0, 60000, waiter->cancel, NULL, NULL);
    return NULL;
}

static void cancelled_and_closed(void)
{
    struct worker worker = listening_to(exchange);
    celery_app_t *own = APP(redis_url(), "control_exchange", exchange);
    struct waiter waiters[2] = {{own, NULL, 0}, {own, NULL, 0}};
    celery_result_t *result = result_of(own, "some id");
    celery_cancel_t *cancel = NULL;
    pthread_t threads[2];
    OK(celery_cancel_new(&cancel, &err));
    waiters[0].cancel = cancel;
    for (int i = 0; i < 2; i++) {
        long read = lists_read(server);
        CHECK(pthread_create(&threads[i], NULL, ask, &waiters[i]) == 0);
        free(heard(&worker));
        UNTIL(lists_read(server) > read);
    }
    celery_cancel_trigger(cancel);
    CHECK(pthread_join(threads[0], NULL) == 0 && waiters[0].status == CELERY_ERR_CANCELLED);
    wait_a_minute();
    OK(celery_revoke_options_set_cancel(options, cancel, &err));
    celery_cancel_free(cancel);
    CONTAINS(MESSAGE(celery_result_revoke(result, options, NULL, &err), CELERY_ERR_CANCELLED), "nothing was sent");
    CHECK(bindings_left(server, exchange) == 1);

    celery_app_close(own);
    CHECK(pthread_join(threads[1], NULL) == 0 && waiters[1].status == CELERY_ERR_CLOSED);
    STATUS(celery_app_control(own, "ping", NULL, NULL, 0, 0, NULL, NULL, &err), CELERY_ERR_CLOSED);
    celery_result_free(result);
    close_app(own);
    close(worker.server);
    nothing_stays();
    PASS("a token or the end of the app ends a wait, and takes the list away");
}

/* ---- what is refused ---- */

static void refused(void)
{
    celery_app_t *alone = APP("memory://");
    celery_result_t *result = result_of(app, "some id"), *set = set_of(app, &result, 1);
    celery_result_t *group = group_of(app, "g", &result, 1), *lonely = result_of(alone, "some id");
    int32_t place = -7;
    for (int i = 0; i < 3; i++) {
        static const char *const wrong[] = {"SIGNOTHING", "0", ""};
        STATUS(celery_revoke_options_set_signal(options, wrong[i], &err), CELERY_ERR_INVALID_ARGUMENT);
    }
    CONTAINS(MESSAGE(celery_revoke_options_set_timeout_ms(options, -1, &err), CELERY_ERR_INVALID_ARGUMENT), "-1");
    STATUS(celery_app_control(app, "ping", NULL, NULL, 0, -1, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_control(app, "", NULL, NULL, 0, 0, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_control(app, "ping", "[]", NULL, 0, 0, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_control(app, "ping", "{", NULL, 0, 0, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_revoke_by_stamped_headers(app, "{}", NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_revoke_by_stamped_headers(app, "[1]", NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_revoke_by_stamped_headers(app, "tenant", NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_result_locate(result, -1, NULL, &place, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_result_locate(set, 0, NULL, &place, NULL, &err), CELERY_ERR_WRONG_KIND);
    STATUS(celery_result_locate(group, 0, NULL, &place, NULL, &err), CELERY_ERR_WRONG_KIND);
    CONTAINS(MESSAGE(celery_result_revoke(lonely, NULL, NULL, &err), CELERY_ERR_UNSUPPORTED), "broker_url");
    STATUS(celery_result_locate(lonely, 0, NULL, &place, NULL, &err), CELERY_ERR_UNSUPPORTED);
    CHECK(place == -7);
    succeed(alone, "some id", "1");
    OK(celery_result_locate(lonely, 0, NULL, &place, NULL, &err));
    CHECK(place == CELERY_PLACE_FINISHED);
    celery_result_free(result), celery_result_free(set), celery_result_free(group), celery_result_free(lonely);
    close_app(alone);
    PASS("what is refused");
}

int main(void)
{
    server = wire_connect(redis_url());
    snprintf(exchange, sizeof exchange, "%s", own_id("control"));
    app = APP(redis_url(), "control_exchange", exchange);
    OK(celery_revoke_options_new(&options, &err));
    nobody_hears();
    what_is_sent();
    two_apps();
    answers();
    destination();
    places();
    nobody_answers();
    cancelled_and_closed();
    refused();
    celery_revoke_options_free(options);
    close_app(app);
    close(server);
    return DONE();
}

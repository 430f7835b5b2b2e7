/*
 * Sending where the way to the broker is broken: UNREACHABLE is said only of what never arrives, also not
 * later, and UNCERTAIN of what may have; nothing is sent twice.
 */
#include "broker.h"
#include "relay.h"

static celery_error_t *err;
static int server;
static char queue[64];

/* Long enough to connect. */
static int timeout_ms(void)
{
    return fewer_when_slow(100) == 100 ? 1000 : 3000;
}

static celery_app_t *app_at(const char *broker)
{
    char timeout[20];
    snprintf(timeout, sizeof timeout, "%d", timeout_ms());
    return APP("memory://", "broker_url", broker, "task_default_queue", queue, "operation_timeout_ms", timeout);
}

/* Sends a task of this name. */
static celery_status_t sent(celery_app_t *app, const char *name)
{
    celery_result_t *result = NULL;
    celery_status_t status = celery_app_send_task(app, name, NULL, NULL, NULL, &result, &err);
    CHECK((result != NULL) == (status == CELERY_OK));
    celery_result_free(result);
    celery_error_free(err), err = NULL;
    return status;
}

/* The queue holds this task next. */
static void holds_next(const char *name)
{
    char part[80];
    char *message = taken(server, queue);
    snprintf(part, sizeof part, "\"task\": \"%s\"", name);
    HOLDS(message, part);
    free(message);
}

static void nobody_there(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    char url[60];
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* and it does not listen */
    CHECK(bind(bound, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(bound, (struct sockaddr *)&address, &len) == 0);
    snprintf(url, sizeof url, "redis://:secret@127.0.0.1:%d/0", ntohs(address.sin_port));
    celery_app_t *app = app_at(url);
    const char *message = MESSAGE(celery_app_send_task(app, "t", NULL, NULL, NULL, NULL, &err), CELERY_ERR_UNREACHABLE);
    CONTAINS(message, "nothing was sent");
    CONTAINS(message, "refused");
    CHECK(strstr(message, "secret") == NULL);
    STATUS(celery_app_control(app, "ping", NULL, NULL, 0, timeout_ms(), NULL, NULL, &err), CELERY_ERR_UNREACHABLE);
    close_app(app);
    close(bound);
    PASS("a server that is gone is unreachable");
}

static void never_later(void)
{
    struct relay relay;
    relay_start(&relay, redis_url(), RELAY_HOLD);
    celery_app_t *app = app_at(relay.url);
    CHECK(sent(app, "given up") == CELERY_ERR_UNREACHABLE);
    relay_switch(&relay, RELAY_PASS);
    CHECK(sent(app, "the next") == CELERY_OK);
    CHECK(NUMBER(server, "LLEN", queue) == 1);
    holds_next("the next");
    close_app(app);
    relay_end(&relay);
    PASS("what was said not to be sent is not sent later");
}

static void answers_are_lost(void)
{
    struct relay relay;
    relay_start(&relay, redis_url(), RELAY_PASS);
    celery_app_t *app = app_at(relay.url);
    CHECK(sent(app, "first") == CELERY_OK);
    relay_switch(&relay, RELAY_MUTE);
    CHECK(sent(app, "unanswered") == CELERY_ERR_UNCERTAIN);
    CHECK(NUMBER(server, "LLEN", queue) == 2);
    holds_next("first"), holds_next("unanswered");
    close_app(app);
    relay_end(&relay);
    PASS("what arrives and is not answered is uncertain");
}

static void connection_breaks(void)
{
    struct relay relay;
    relay_start(&relay, redis_url(), RELAY_PASS);
    celery_app_t *app = app_at(relay.url);
    CHECK(sent(app, "first") == CELERY_OK);
    relay_switch(&relay, RELAY_CUT);
    CHECK(sent(app, "lost") == CELERY_ERR_UNCERTAIN);
    relay_switch(&relay, RELAY_PASS);
    CHECK(sent(app, "last") == CELERY_OK);
    CHECK(NUMBER(server, "LLEN", queue) == 2);
    holds_next("first"), holds_next("last");
    CHECK(figure(app, "connects") == 2);
    close_app(app);
    relay_end(&relay);
    PASS("what is lost with its connection is uncertain, and not sent again");
}

static void a_group(void)
{
    struct relay relay;
    celery_result_t *group = (void *)&group;
    relay_start(&relay, redis_url(), RELAY_PASS);
    celery_app_t *app = app_at(relay.url);
    CHECK(sent(app, "first") == CELERY_OK);
    relay_switch(&relay, RELAY_MUTE);
    STATUS(celery_app_send_group(app, "[{\"task\": \"a\"}, {\"task\": \"b\"}]", NULL, &group, &err),
           CELERY_ERR_UNCERTAIN);
    CHECK(group == NULL && NUMBER(server, "LLEN", queue) == 3);
    holds_next("first"), holds_next("a"), holds_next("b");
    close_app(app);
    relay_end(&relay);
    PASS("a group that is not answered is uncertain");
}

int main(void)
{
    server = wire_connect(redis_url());
    snprintf(queue, sizeof queue, "%s", own_id("lost"));
    nobody_there();
    never_later();
    answers_are_lost();
    connection_breaks();
    a_group();
    close(server);
    return DONE();
}

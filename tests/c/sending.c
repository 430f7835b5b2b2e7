/*
 * Sending tasks without a worker: what is in the queue afterwards, every option, what is refused before
 * anything is sent, the brokers of an app, results of what was sent.
 */
#include "broker.h"

static celery_app_t *app;
static celery_error_t *err;
static int server;
static char queue[64];

static long queued(void)
{
    return NUMBER(server, "LLEN", queue);
}

/* What app and options make of a call without arguments. */
static char *sent_with(celery_send_options_t *options)
{
    OK(celery_app_send_task(app, "proj.tasks.add", NULL, NULL, options, NULL, &err));
    return taken(server, queue);
}

static void a_task(void)
{
    celery_result_t *result = NULL;
    OK(celery_app_send_task(app, "proj.tasks.add", "[2, \"\xc3\xa9\"]", "{\"x\": null}", NULL, &result, &err));
    CHECK(celery_result_kind(result) == CELERY_RESULT_ASYNC && strlen(celery_result_id(result)) == 36);
    CHECK(!celery_result_is_ignored(result) && queued() == 1);
    char *message = taken(server, queue), *body = body_of(message), part[200];
    SAME(body, "[[2, \"\\u00e9\"], {\"x\": null}, {\"callbacks\": null, \"errbacks\": null, \"chain\": null, "
               "\"chord\": null}]");
    snprintf(part, sizeof part, "\"id\": \"%s\"", celery_result_id(result));
    HOLDS(message, part);
    snprintf(part, sizeof part, "\"correlation_id\": \"%s\"", celery_result_id(result));
    HOLDS(message, part);
    HOLDS(message, "\"task\": \"proj.tasks.add\"");
    HOLDS(message, "\"content-type\": \"application/json\"");
    HOLDS(message, "\"delivery_tag\": \"");
    free(message), free(body);
    snprintf(part, sizeof part, "_kombu.binding.%s", queue);
    CHECK(NUMBER(server, "SCARD", part) == 1);

    OK(celery_app_send_task(app, "proj.tasks.add", NULL, NULL, NULL, NULL, &err));
    OK(celery_app_send_task(app, "proj.tasks.add", "[]", "{}", NULL, NULL, NULL));
    CHECK(queued() == 2 && NUMBER(server, "DEL", queue) == 1);
    celery_result_free(result);
    PASS("a task is in its queue, also where nobody wants its result");
}

static void every_option(void)
{
    static const struct {
        const char *name, *json, *header, *body;
        bool is_default;
    } rows[] = {
        {"add_to_parent", "true", "\"lang\": \"py\"", NULL, true},
        {"argsrepr", "\"shown\"", "\"argsrepr\": \"shown\"", NULL, false},
        {"chain", "[{\"task\": \"last\"}]", NULL, "\"chain\": [{\"task\": \"last\"", false},
        {"chord", "{\"task\": \"body\"}", NULL, "\"chord\": {\"task\": \"body\"", false},
        {"compression", "\"gzip\"", "\"compression\": \"application/x-gzip\"", NULL, false},
        {"countdown", "3600.5", "\"eta\": \"2", NULL, false},
        {"delivery_mode", "\"transient\"", "\"delivery_mode\": 1", NULL, false},
        {"eta", "\"2030-01-02T03:04:05.600000+00:00\"", "\"eta\": \"2030-01-02T03:04:05.600000+00:00\"", NULL, false},
        {"eta", "1893553445.6", "\"eta\": \"2030-01-02T03:04:05.600000+00:00\"", NULL, false},
        {"expires", "60", "\"expires\": \"2", NULL, false},
        {"expires", "\"2030-01-02T03:04:05+00:00\"", "\"expires\": \"2030-01-02T03:04:05+00:00\"", NULL, false},
        {"group_id", "\"the group\"", "\"group\": \"the group\"", NULL, false},
        {"group_index", "3", "\"group_index\": 3", NULL, false},
        {"headers", "{\"tenant\": [1, \"two\"]}", "\"tenant\": [1, \"two\"]", NULL, false},
        {"ignore_result", "true", "\"ignore_result\": true", NULL, false},
        {"kwargsrepr", "\"hidden\"", "\"kwargsrepr\": \"hidden\"", NULL, false},
        {"link", "{\"task\": \"then\", \"args\": [1]}", NULL, "\"callbacks\": [{\"task\": \"then\", \"args\": [1]", false},
        {"link_error", "[{\"task\": \"a\"}, {\"task\": \"b\"}]", NULL, "\"errbacks\": [{\"task\": \"a\"", false},
        {"parent_id", "\"the parent\"", "\"parent_id\": \"the parent\"", NULL, false},
        {"priority", "2", "\"priority\": 2", NULL, false},
        {"replaced_task_nesting", "1", "\"replaced_task_nesting\": 1", NULL, false},
        {"reply_to", "\"over there\"", "\"reply_to\": \"over there\"", NULL, false},
        {"retries", "4", "\"retries\": 4", NULL, false},
        {"root_id", "\"the root\"", "\"root_id\": \"the root\"", NULL, false},
        {"serializer", "\"yaml\"", "\"content-type\": \"application/x-yaml\"", NULL, false},
        {"serializer", "\"application/json\"", "\"content-type\": \"application/json\"", NULL, true},
        {"shadow", "\"another name\"", "\"shadow\": \"another name\"", NULL, false},
        {"soft_time_limit", "5", "\"timelimit\": [null, 5]", NULL, false},
        {"stamps", "{\"stamp\": \"s\"}", "\"stamped_headers\": [\"stamp\"]", NULL, false},
        {"task_id", "\"chosen\"", "\"id\": \"chosen\"", NULL, false},
        {"time_limit", "7.5", "\"timelimit\": [7.5, null]", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        celery_send_options_t *options = NULL;
        OK(celery_send_options_new(&options, &err));
        OK(celery_send_options_set(options, rows[i].name, rows[i].json, &err));
        char *message = sent_with(options);
        if (rows[i].header != NULL)
            HOLDS(message, rows[i].header);
        if (rows[i].body != NULL) {
            char *body = body_of(message);
            HOLDS(body, rows[i].body);
            free(body);
        }
        free(message);
        /* null takes it back. */
        OK(celery_send_options_set(options, rows[i].name, "null", &err));
        message = sent_with(options);
        CHECK(rows[i].header == NULL || rows[i].is_default || !holds(message, rows[i].header));
        free(message);
        celery_send_options_free(options);
    }
    PASS("each option is in the message, by its name in Python");
}

static void stamps(void)
{
    celery_send_options_t *options = NULL;
    OK(celery_send_options_new(&options, &err));
    CHECK(celery_send_options_set(options, "tenant", "1", &err) == CELERY_ERR_UNKNOWN_OPTION);
    celery_error_free(err), err = NULL;
    OK(celery_send_options_set(options, "stamped_headers", "[\"tenant\"]", &err));
    CONTAINS(MESSAGE(celery_app_send_task(app, "t", NULL, NULL, options, NULL, &err), CELERY_ERR_INVALID_OPTION), "tenant");
    OK(celery_send_options_set(options, "tenant", "[\"a\", \"b\"]", &err));
    char *message = sent_with(options);
    HOLDS(message, "\"stamped_headers\": [\"tenant\"]");
    HOLDS(message, "\"stamps\": {\"tenant\": [\"a\", \"b\"]}");
    free(message);
    celery_send_options_free(options);
    PASS("a stamped header is an option itself, as in Python");
}

/* Priorities have lists of their own, an exchange leads to what is bound to it, task_routes count. */
static void ways(void)
{
    static const struct { const char *json, *suffix; } steps[] = {
        {"0", ""}, {"2", ""}, {"3", "\x06\x16" "3"}, {"8", "\x06\x16" "6"}, {"255", "\x06\x16" "9"}};
    celery_send_options_t *options = NULL;
    char name[240], key[120];
    OK(celery_send_options_new(&options, &err));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        OK(celery_send_options_set(options, "priority", steps[i].json, &err));
        OK(celery_app_send_task(app, "t", NULL, NULL, options, NULL, &err));
        snprintf(key, sizeof key, "%s%s", queue, steps[i].suffix);
        free(taken(server, key));
    }
    OK(celery_send_options_set(options, "priority", "null", &err));

    snprintf(name, sizeof name, "\"%s-video\"", queue);
    OK(celery_send_options_set(options, "queue", name, &err));
    OK(celery_app_send_task(app, "t", NULL, NULL, options, NULL, &err));
    snprintf(key, sizeof key, "%s-video", queue);
    free(taken(server, key));
    OK(celery_send_options_set(options, "queue", "null", &err));

    OK(celery_send_options_set(options, "exchange", name, &err));
    OK(celery_send_options_set(options, "routing_key", "\"nowhere\"", &err));
    CONTAINS(MESSAGE(celery_app_send_task(app, "t", NULL, NULL, options, NULL, &err), CELERY_ERR_INVALID_OPTION), "nowhere");
    OK(celery_send_options_set(options, "routing_key", name, &err));
    OK(celery_app_send_task(app, "t", NULL, NULL, options, NULL, &err));
    free(taken(server, key));
    celery_send_options_free(options);

    snprintf(name, sizeof name,
             "{\"video.*\": \"%s-video\", \"bad\": {\"priority\": -1}, "
             "\"stamped\": {\"by\": \"us\", \"stamped_headers\": [\"by\"]}}",
             queue);
    celery_app_t *routed = APP(redis_url(), "task_routes", name, "task_default_queue", queue);
    OK(celery_app_send_task(routed, "video.encode", NULL, NULL, NULL, NULL, &err));
    free(taken(server, key));
    CONTAINS(MESSAGE(celery_app_send_task(routed, "bad", NULL, NULL, NULL, NULL, &err), CELERY_ERR_INVALID_OPTION),
             "task_routes");
    OK(celery_app_send_task(routed, "stamped", NULL, NULL, NULL, NULL, &err));
    char *message = taken(server, queue);
    HOLDS(message, "\"stamps\": {\"by\": \"us\"}");
    free(message);
    close_app(routed);
    CHECK(queued() == 0);
    PASS("priorities, queues, exchanges and task_routes");
}

static void wrong_options(void)
{
    static const struct {
        const char *name, *json;
        celery_status_t status;
        const char *part;
    } rows[] = {
        {"countdwon", "1", CELERY_ERR_UNKNOWN_OPTION, "\"countdown\""},
        {"countdown", "\"soon\"", CELERY_ERR_INVALID_OPTION, "number of seconds"},
        {"countdown", "NaN", CELERY_ERR_INVALID_OPTION, "number of seconds"},
        {"eta", "\"tomorrow\"", CELERY_ERR_INVALID_OPTION, "ISO"},
        {"expires", "[]", CELERY_ERR_INVALID_OPTION, "ISO"},
        {"priority", "256", CELERY_ERR_INVALID_OPTION, "255"},
        {"priority", "1.5", CELERY_ERR_INVALID_OPTION, "integer"},
        {"queue", "video", CELERY_ERR_INVALID_OPTION, "double quotes"},
        {"queue", "\"\"", CELERY_ERR_INVALID_OPTION, "not empty"},
        {"headers", "[1]", CELERY_ERR_INVALID_OPTION, "object"},
        {"stamped_headers", "\"one\"", CELERY_ERR_INVALID_OPTION, "array of texts"},
        {"serializer", "\"xml\"", CELERY_ERR_INVALID_OPTION, "msgpack"},
        {"compression", "\"rar\"", CELERY_ERR_INVALID_OPTION, "gzip"},
        {"ignore_result", "1", CELERY_ERR_INVALID_OPTION, "true or false"},
        {"time_limit", "-1", CELERY_ERR_INVALID_OPTION, "0 or more"},
        {"retries", "-1", CELERY_ERR_INVALID_OPTION, "integer"},
        {"link", "{\"args\": []}", CELERY_ERR_INVALID_OPTION, "signature"},
        {"chain", "{\"task\": \"t\"}", CELERY_ERR_INVALID_OPTION, "array"},
        {"task_id", "\"\"", CELERY_ERR_INVALID_OPTION, "task_id"},
        {"countdown", "", CELERY_ERR_INVALID_OPTION, "countdown"},
    };
    celery_send_options_t *options = NULL;
    OK(celery_send_options_new(&options, &err));
    OK(celery_send_options_set(options, "task_id", "\"kept\"", &err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CONTAINS(MESSAGE(celery_send_options_set(options, rows[i].name, rows[i].json, &err), rows[i].status), rows[i].part);
    char *deep = malloc(5001);
    CHECK(deep != NULL);
    memset(deep, '[', 5000), deep[5000] = '\0';
    STATUS(celery_send_options_set(options, "headers", deep, &err), CELERY_ERR_TOO_DEEP);
    free(deep);
    char *message = sent_with(options);
    HOLDS(message, "\"id\": \"kept\"");
    HOLDS(message, "\"priority\": 0");
    free(message);
    celery_send_options_free(options);
    PASS("a wrong option is refused with what would be right, and changes nothing");
}

static void nothing_is_sent(void)
{
    celery_app_t *small = APP(redis_url(), "task_default_queue", queue, "max_payload_bytes", "1000");
    celery_app_t *alone = APP("memory://"), *amqp = APP("memory://", "broker_url", "amqp://user:secret@host");
    celery_result_t *result = (void *)&result;
    char large[2000] = "[\"", deep[3000];
    STATUS(celery_app_send_task(app, "", NULL, NULL, NULL, &result, &err), CELERY_ERR_INVALID_ARGUMENT);
    CHECK(result == NULL);
    STATUS(celery_app_send_task(app, "t", "{}", NULL, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_send_task(app, "t", "[1", NULL, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_send_task(app, "t", "[]", "[]", NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_send_task(app, "t", "[]", "kwargs", NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    memset(deep, '[', 1500), memset(deep + 1500, ']', 1499), deep[2999] = '\0';
    STATUS(celery_app_send_task(app, "t", deep, NULL, NULL, NULL, &err), CELERY_ERR_TOO_DEEP);
    memset(large + 2, 'x', 1900), strcpy(large + 1902, "\"]");
    CONTAINS(MESSAGE(celery_app_send_task(small, "t", large, NULL, NULL, NULL, &err), CELERY_ERR_TOO_LARGE),
             "max_payload_bytes");
    CONTAINS(MESSAGE(celery_app_send_task(alone, "t", NULL, NULL, NULL, NULL, &err), CELERY_ERR_UNSUPPORTED), "broker_url");
    const char *message = MESSAGE(celery_app_send_task(amqp, "t", NULL, NULL, NULL, NULL, &err), CELERY_ERR_NOT_BUILT_IN);
    CONTAINS(message, "amqp");
    CHECK(strstr(message, "secret") == NULL);
    CHECK(queued() == 0);
    celery_app_close(small);
    STATUS(celery_app_send_task(small, "t", NULL, NULL, NULL, NULL, &err), CELERY_ERR_CLOSED);
    close_app(small), close_app(alone), close_app(amqp);
    PASS("what cannot be sent is an error before anything is sent");
}

static void groups(void)
{
    celery_result_t *group = NULL, *member = NULL;
    celery_send_options_t *options = NULL;
    const char *tasks = "[{\"task\": \"a\", \"args\": [0]}, {\"task\": \"b\", \"kwargs\": {\"n\": 1}, \"options\": "
                        "{\"task_id\": \"the second\", \"priority\": 1}}, {\"task\": \"c\", \"subtask_type\": null, "
                        "\"immutable\": true}]";
    OK(celery_send_options_new(&options, &err));
    OK(celery_send_options_set(options, "group_id", "\"all of them\"", &err));
    OK(celery_app_send_group(app, tasks, options, &group, &err));
    CHECK(celery_result_kind(group) == CELERY_RESULT_GROUP && member_count(group) == 3 && queued() == 3);
    SAME(celery_result_id(group), "all of them");
    for (size_t i = 0; i < 3; i++) {
        char part[100];
        char *message = taken(server, queue);
        OK(celery_result_member(group, i, &member, &err));
        snprintf(part, sizeof part, "\"task\": \"%c\", \"id\": \"%s\"", "abc"[i], celery_result_id(member));
        HOLDS(message, part);
        snprintf(part, sizeof part, "\"group\": \"all of them\", \"group_index\": %zu", i);
        HOLDS(message, part);
        if (i == 1)
            SAME(celery_result_id(member), "the second");
        succeed(app, celery_result_id(member), i == 0 ? "10" : i == 1 ? "11" : "12");
        celery_result_free(member), free(message);
    }
    celery_value_t *value = NULL;
    OK(celery_result_get(group, 60000, &value, &err));
    SAME(celery_value_json(value, NULL), "[10, 11, 12]");
    celery_value_free(value), celery_result_free(group), celery_send_options_free(options);

    OK(celery_app_send_group(app, "[]", NULL, &group, &err));
    CHECK(member_count(group) == 0);
    celery_result_free(group);
    OK(celery_app_send_group(app, "[{\"task\": \"a\"}]", NULL, NULL, &err));
    free(taken(server, queue));

    /* A group's task_id is its own, not that of every member. */
    OK(celery_send_options_new(&options, &err));
    OK(celery_send_options_set(options, "task_id", "\"the group\"", &err));
    OK(celery_app_send_group(app, "[{\"task\": \"a\"}, {\"task\": \"a\"}]", options, &group, &err));
    SAME(celery_result_id(group), "the group");
    char *one = taken(server, queue), *other = taken(server, queue);
    HOLDS(one, "\"group\": \"the group\""), HOLDS(other, "\"group\": \"the group\"");
    CHECK(strstr(one, "\"id\": \"the group\"") == NULL && strstr(other, "\"id\": \"the group\"") == NULL);
    free(one), free(other), celery_result_free(group), celery_send_options_free(options);

    static const struct { const char *tasks; celery_status_t status; int member; } wrong[] = {
        {"{\"task\": \"a\"}", CELERY_ERR_INVALID_ARGUMENT, -1},
        {"[{\"task\": \"a\"}", CELERY_ERR_INVALID_ARGUMENT, -1},
        {"[{\"task\": \"a\"}, 7]", CELERY_ERR_INVALID_ARGUMENT, 1},
        {"[{\"task\": \"a\"}, {\"args\": []}]", CELERY_ERR_INVALID_ARGUMENT, 1},
        {"[{\"task\": \"a\"}, {\"task\": \"a\"}, {\"task\": \"a\", \"kwargs\": 1}]", CELERY_ERR_INVALID_ARGUMENT, 2},
        {"[{\"task\": \"a\", \"subtask_type\": \"chain\"}]", CELERY_ERR_UNSUPPORTED, 0},
        {"[{\"task\": \"a\"}, {\"task\": \"a\", \"options\": {\"qeue\": \"q\"}}]", CELERY_ERR_UNKNOWN_OPTION, 1},
        {"[{\"task\": \"a\"}, {\"task\": \"a\", \"options\": {\"priority\": \"high\"}}]", CELERY_ERR_INVALID_OPTION, 1},
        {"[{\"task\": \"a\"}, {\"task\": \"a\", \"options\": {\"stamped_headers\": [\"s\"]}}]", CELERY_ERR_INVALID_OPTION, 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        group = (void *)&group;
        CHECK(celery_app_send_group(app, wrong[i].tasks, NULL, &group, &err) == wrong[i].status);
        CHECK(group == NULL && celery_error_member(err) == wrong[i].member);
        celery_error_free(err), err = NULL;
    }
    CHECK(queued() == 0);
    PASS("a group is sent in order, or nothing of it");
}

/* The last of several pieces names an exchange that leads nowhere. */
static void large_group(void)
{
    static const char head[] = "[{\"task\": \"a\", \"args\": [\"";
    static const char tail[] = "\"]}, {\"task\": \"b\", \"options\": {\"exchange\": \"nowhere\", \"routing_key\": \"key\"}}]";
    const size_t size = 2 << 20;
    celery_result_t *group = (void *)&group;
    char *tasks = malloc(sizeof head + size + sizeof tail);
    CHECK(tasks != NULL);
    memcpy(tasks, head, sizeof head - 1);
    memset(tasks + sizeof head - 1, 'x', size);
    memcpy(tasks + sizeof head - 1 + size, tail, sizeof tail);
    CONTAINS(MESSAGE(celery_app_send_group(app, tasks, NULL, &group, &err), CELERY_ERR_INVALID_OPTION), "nowhere");
    CHECK(group == NULL && queued() == 0);
    free(tasks);
    PASS("where the last member of a large group cannot be sent nothing is");
}

/* Whatever stores the results: the wait after the sending finds them. */
static void waits(const char *backend)
{
    celery_app_t *own = APP(backend, "broker_url", redis_url(), "task_default_queue", queue);
    celery_result_t *before = NULL, *ignored = NULL;
    celery_send_options_t *options = NULL;
    celery_value_t *value = NULL;
    OK(celery_app_send_task(own, "t", NULL, NULL, NULL, &before, &err));
    CHECK(figure(own, "subscriptions") == 0 && figure(own, "waiters") == 0);
    STATUS(celery_result_wait(before, 0, NULL, &err), CELERY_ERR_TIMEOUT);
    succeed(own, celery_result_id(before), "\"done\"");
    OK(celery_result_get(before, 60000, &value, &err));
    SAME(celery_value_json(value, NULL), "\"done\"");
    OK(celery_send_options_new(&options, &err));
    OK(celery_send_options_set(options, "ignore_result", "true", &err));
    OK(celery_app_send_task(own, "t", NULL, NULL, options, &ignored, &err));
    CHECK(celery_result_is_ignored(ignored));
    CHECK(NUMBER(server, "DEL", queue) == 1);
    celery_value_free(value), celery_result_free(before), celery_result_free(ignored);
    celery_send_options_free(options);
    close_app(own);
    PASS("%.8s: a wait that begins after the sending", backend);
}

int main(void)
{
    server = wire_connect(redis_url());
    snprintf(queue, sizeof queue, "%s", own_id("sending"));
    app = APP(redis_url(), "task_default_queue", queue);
    a_task();
    every_option();
    stamps();
    ways();
    wrong_options();
    nothing_is_sent();
    groups();
    large_group();
    waits(redis_url());
    waits("memory://");
    close_app(app);
    close(server);
    return DONE();
}

/*
 * Values of every kind, from a record of JSON text that no store of ours would write: what they are, a
 * walk through each, the exceptions inside; and which of them can be stored.
 */
#include "redis_wire.h"
#include "results.h"

static celery_app_t *app;
static celery_error_t *err;

static const char ALL[] =
    "{\"null\": null, \"bool\": true, \"int\": 1, \"float\": 1.5, \"string\": \"s\", \"array\": [1], \"object\": {},"
    " \"bytes\": {\"__type__\": \"base64\", \"__value__\": \"AP8=\"},"
    " \"datetime\": {\"__type__\": \"datetime\", \"__value__\": \"2024-02-29T23:59:58\"},"
    " \"date\": {\"__type__\": \"date\", \"__value__\": \"2024-02-29\"},"
    " \"time\": {\"__type__\": \"time\", \"__value__\": \"23:59:58\"},"
    " \"decimal\": {\"__type__\": \"decimal\", \"__value__\": \"1.10\"},"
    " \"uuid\": {\"__type__\": \"uuid\", \"__value__\": {\"hex\": \"c0ffee00000140008000000000000001\"}},"
    " \"set\": {\"__type__\": \"set\", \"__value__\": [1, \"two\"]},"
    " \"map\": {\"__type__\": \"map\", \"__value__\": [[[1, 2], \"x\"], [\"k\", 7], [null, 8]]},"
    " \"timedelta\": {\"__type__\": \"timedelta\", \"__value__\": {\"days\": 1, \"seconds\": 2, \"microseconds\": 3}},"
    " \"long\": {\"__type__\": \"timedelta\", \"__value__\": {\"days\": 999999999, \"seconds\": 0, \"microseconds\": 0}},"
    " \"instance\": {\"__type__\": \"object\", \"__value__\": {\"class\": \"gen.Point\", \"args\": [4], \"state\": {\"y\": 5}}},"
    " \"name\": {\"__type__\": \"name\", \"__value__\": \"gen.Color\"},"
    " \"exception\": {\"__type__\": \"exception\", \"__value__\": {\"exc_type\": \"ExceptionGroup\", \"exc_message\": [\"grp\","
    " [{\"__type__\": \"exception\", \"__value__\": {\"exc_type\": \"KeyError\", \"exc_message\": [\"k\"], \"exc_module\":"
    " \"builtins\", \"exc_state\": {\"code\": 9}}}]], \"exc_module\": \"builtins\"}},"
    " \"exception map\": {\"exc_type\": \"ValueError\", \"exc_message\": [\"x\"], \"exc_module\": \"builtins\"},"
    " \"unknown\": {\"__type__\": \"set\", \"__value__\": 1}}";

static const struct {
    const char *key;
    int32_t kind;
    int length; /* -1: no container */
} ROWS[] = {
    {"null", CELERY_KIND_NULL, -1},
    {"bool", CELERY_KIND_BOOL, -1},
    {"int", CELERY_KIND_INT, -1},
    {"float", CELERY_KIND_FLOAT, -1},
    {"string", CELERY_KIND_STRING, -1},
    {"array", CELERY_KIND_ARRAY, 1},
    {"object", CELERY_KIND_OBJECT, 0},
    {"bytes", CELERY_KIND_BYTES, -1},
    {"datetime", CELERY_KIND_DATETIME, -1},
    {"date", CELERY_KIND_DATE, -1},
    {"time", CELERY_KIND_TIME, -1},
    {"decimal", CELERY_KIND_DECIMAL, -1},
    {"uuid", CELERY_KIND_UUID, -1},
    {"set", CELERY_KIND_SET, 2},
    {"map", CELERY_KIND_MAP, 3},
    {"timedelta", CELERY_KIND_TIMEDELTA, -1},
    {"long", CELERY_KIND_TIMEDELTA, -1},
    {"instance", CELERY_KIND_PYTHON_OBJECT, 3},
    {"name", CELERY_KIND_PYTHON_NAME, -1},
    {"exception", CELERY_KIND_EXCEPTION, 3},
    {"exception map", CELERY_KIND_OBJECT, 3},
    {"unknown", CELERY_KIND_OBJECT, 2},
};

static celery_value_t *get(const celery_value_t *value, const char *pointer)
{
    celery_value_t *found = NULL;
    OK(celery_value_get(value, pointer, &found, &err));
    return found;
}

static void is_json(const celery_value_t *value, const char *pointer, const char *json)
{
    celery_value_t *found = get(value, pointer);
    SAME(celery_value_json(found, NULL), json);
    celery_value_free(found);
}

/* Walks a container; gives how many elements it has and checks that each can be indexed too. */
static size_t walk(const celery_value_t *value, bool keys)
{
    celery_value_iter_t *iter = NULL;
    celery_value_t *key = NULL, *item = NULL, *again = NULL;
    size_t count = 0;

    OK(celery_value_iter_new(value, &iter, &err));
    for (;; count++) {
        OK(celery_value_iter_next(iter, &key, &item, &err));
        if (item == NULL)
            break;
        OK(celery_value_index(value, count, &again, &err));
        SAME(celery_value_json(item, NULL), celery_value_json(again, NULL));
        celery_value_free(again);
        CHECK((key != NULL) == keys);
        if (keys) {
            OK(celery_value_key_at(value, count, &again, &err));
            SAME(celery_value_json(key, NULL), celery_value_json(again, NULL));
            celery_value_free(again);
        } else {
            STATUS(celery_value_key_at(value, count, &again, &err), CELERY_ERR_WRONG_TYPE);
        }
        celery_value_free(key);
        celery_value_free(item);
    }
    celery_value_iter_free(iter);
    STATUS(celery_value_index(value, count, &again, &err), CELERY_ERR_NO_SUCH_VALUE);
    return count;
}

static void kinds(const celery_value_t *all)
{
    const char *strict = NULL;

    CHECK(walk(all, true) == sizeof ROWS / sizeof *ROWS);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        celery_value_t *value = NULL;
        size_t length = 0;

        OK(celery_value_get_key(all, ROWS[i].key, &value, &err));
        if (celery_value_kind(value) != ROWS[i].kind)
            printf("not ok - the kind of %s is %d\n", ROWS[i].key, (int)celery_value_kind(value));
        CHECK(celery_value_kind(value) == ROWS[i].kind);
        OK(celery_value_json_strict(value, &strict, NULL, &err));
        SAME(strict, celery_value_json(value, NULL));
        if (ROWS[i].length < 0) {
            STATUS(celery_value_length(value, NULL, &length, &err), CELERY_ERR_WRONG_TYPE);
        } else {
            OK(celery_value_length(value, NULL, &length, &err));
            CHECK(length == (size_t)ROWS[i].length);
            CHECK(walk(value, ROWS[i].kind != CELERY_KIND_ARRAY && ROWS[i].kind != CELERY_KIND_SET) == length);
        }
        CHECK(celery_value_is_exception(value) == (ROWS[i].kind == CELERY_KIND_EXCEPTION));
        celery_value_free(value);
    }
}

static void inside(const celery_value_t *all)
{
    celery_value_t *map = get(all, "/map"), *found = NULL;
    const char *text = NULL;
    int64_t micros = 0, number = 0;

    is_json(all, "/set/1", "\"two\"");
    STATUS(celery_value_get(all, "/set/2", &found, &err), CELERY_ERR_NO_SUCH_VALUE);
    STATUS(celery_value_get(all, "/set/__value__", &found, &err), CELERY_ERR_NO_SUCH_VALUE);
    is_json(all, "/map/k", "7");
    OK(celery_value_key_at(map, 0, &found, &err));
    SAME(celery_value_json(found, NULL), "[1, 2]");
    celery_value_free(found);
    OK(celery_value_get_key(map, "k", &found, &err));
    OK(celery_value_int64(found, NULL, &number, &err));
    CHECK(number == 7);
    celery_value_free(found);
    STATUS(celery_value_get_key(map, "null", &found, &err), CELERY_ERR_NO_SUCH_VALUE);
    celery_value_free(map);
    is_json(all, "/instance/class", "\"gen.Point\"");
    is_json(all, "/instance/args/0", "4");
    is_json(all, "/instance/state/y", "5");
    is_json(all, "/exception/exc_message/1/0/exc_state/code", "9");

    OK(celery_value_timedelta_micros(all, "/timedelta", &micros, &err));
    CHECK(micros == INT64_C(86402000003));
    STATUS(celery_value_timedelta_micros(all, "/long", &micros, &err), CELERY_ERR_OVERFLOW);
    STATUS(celery_value_timedelta_micros(all, "/time", &micros, &err), CELERY_ERR_WRONG_TYPE);
    STATUS(celery_value_timedelta_micros(all, "/nothing", &micros, &err), CELERY_ERR_NO_SUCH_VALUE);
    CHECK(micros == INT64_C(86402000003)); /* outputs are written on success only */
    OK(celery_value_string(all, "/timedelta", &text, NULL, &err));
    SAME(text, "1 day, 0:00:02.000003");
    OK(celery_value_string(all, "/name", &text, NULL, &err));
    SAME(text, "gen.Color");
    STATUS(celery_value_string(all, "/instance", &text, NULL, &err), CELERY_ERR_WRONG_TYPE);
}

static void exceptions(const celery_value_t *all)
{
    celery_value_t *group = get(all, "/exception"), *args = NULL, *inner = NULL;
    celery_value_t *map = get(all, "/exception map"), *set = get(all, "/set");

    SAME(celery_value_exception_message(group), "ExceptionGroup: grp (1 sub-exception)");
    OK(celery_value_exception_args(group, &args, &err));
    inner = get(args, "/1/0");
    CHECK(celery_value_is_exception(inner));
    SAME(celery_value_exception_type(inner), "KeyError");
    SAME(celery_value_exception_module(inner), "builtins");
    SAME(celery_value_exception_message(inner), "KeyError: 'k'");
    CHECK(celery_value_exception_traceback(inner) == NULL && !celery_value_exception_is_degraded(inner));
    celery_value_free(inner);
    celery_value_free(args);
    celery_value_free(group);

    /* what a task may have returned is no exception, but reads as one */
    CHECK(!celery_value_is_exception(map));
    SAME(celery_value_exception_message(map), "ValueError: x");
    CHECK(celery_value_exception_type(set) == NULL && celery_value_exception_message(set) == NULL);
    STATUS(celery_value_exception_args(set, &args, &err), CELERY_ERR_WRONG_TYPE);
    celery_value_free(map);
    celery_value_free(set);
}

/* What a serializer can hold is stored and comes back; of the rest the error names kind and place. */
static void storing(const celery_value_t *all)
{
    enum { JSON = 1, PICKLE = 2, YAML = 4, MSGPACK = 8 };
    static const char *const NAMES[] = {"json", "pickle", "yaml", "msgpack"};
    static const struct {
        const char *key, *what;
        int holders;
    } FORMS[] = {
        {"bytes", "bytes", JSON | PICKLE | YAML | MSGPACK},
        {"datetime", "a datetime", JSON | PICKLE | YAML},
        {"date", "a date", JSON | PICKLE | YAML},
        {"time", "a time", JSON | PICKLE},
        {"decimal", "a decimal", JSON | PICKLE},
        {"uuid", "a uuid", JSON | PICKLE},
        {"set", "a set", PICKLE | YAML},
        {"map", "a map", PICKLE},
        {"timedelta", "a timedelta", PICKLE},
        {"instance", "a Python object", 0},
        {"name", "a Python name", 0},
        {"exception", "an exception", 0},
        {"exception map", "an object", JSON | PICKLE | YAML | MSGPACK},
    };

    for (size_t serializer = 0; serializer < 4; serializer++) {
        celery_options_t *options = NULL;
        celery_app_t *store = NULL;
        OK(celery_options_new(&options, &err));
        OK(celery_options_set(options, "result_serializer", NAMES[serializer], &err));
        OK(celery_app_open("memory://", options, &store, &err));
        celery_options_free(options);
        for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
            celery_value_t *value = NULL, *again = NULL;
            char json[1000];
            OK(celery_value_get_key(all, FORMS[i].key, &value, &err));
            int len = snprintf(json, sizeof json, "{\"in\": [%s]}", celery_value_json(value, NULL));
            celery_status_t status = celery_app_store_result(store, FORMS[i].key, "SUCCESS", json, (size_t)len, NULL, &err);
            if (FORMS[i].holders >> serializer & 1) {
                CHECK(status == CELERY_OK);
                celery_result_t *result = result_of(store, FORMS[i].key);
                OK(celery_result_get(result, 1000, &again, &err));
                celery_value_t *inner = get(again, "/in/0");
                CHECK(celery_value_kind(inner) == celery_value_kind(value));
                celery_value_free(inner);
                celery_value_free(again);
                celery_result_free(result);
            } else {
                /* yaml and msgpack hold maps, but none with a list as a key. */
                bool listed = strcmp(FORMS[i].key, "map") == 0 && serializer != 0;
                const char *message = MESSAGE(status, CELERY_ERR_ENCODE);
                CONTAINS(message, listed ? "an array" : FORMS[i].what);
                CONTAINS(message, listed ? "as a key" : "/result/in/0");
            }
            celery_value_free(value);
        }
        /* Python's reader of json goes by the name alone; elsewhere it is a plain map. */
        const char *unknown = "{\"__type__\": \"set\", \"__value__\": 1}", *foreign = "{\"__type__\": \"point\", \"__value__\": 1}";
        celery_status_t status = celery_app_store_result(store, "unknown", "SUCCESS", unknown, strlen(unknown), NULL, &err);
        if (serializer == 0)
            CONTAINS(MESSAGE(status, CELERY_ERR_ENCODE), "a set at /result, which json cannot hold; pickle and yaml can");
        else
            CHECK(status == CELERY_OK);
        OK(celery_app_store_result(store, "foreign", "SUCCESS", foreign, strlen(foreign), NULL, &err));
        celery_app_free(store);
    }
}

int main(void)
{
    celery_result_t *result = NULL;
    celery_value_t *all = NULL;
    size_t len = 0;
    char key[100], record[4000];
    int server = wire_connect(redis_url());

    snprintf(key, sizeof key, "celery-task-meta-%s", own_id("all"));
    snprintf(record, sizeof record, "{\"status\": \"SUCCESS\", \"result\": %s, \"task_id\": \"%s\"}", ALL, own_id("all"));
    wire_set(server, key, record);
    close(server);
    OK(celery_app_open(redis_url(), NULL, &app, &err));
    OK(celery_async_result_new(app, own_id("all"), &result, &err));
    OK(celery_result_get(result, 60000, &all, &err));
    storing(all);
    kinds(all);
    inside(all);
    exceptions(all);
    SAME(celery_value_json(all, &len), ALL); /* the text is as it was stored */
    celery_value_free(all);
    celery_result_free(result);
    close_app(app);
    return DONE();
}

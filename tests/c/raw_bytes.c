/*
 * The bytes of a record as they are stored, on memory:// and on Redis: of one that can be read, of one
 * that is not accepted, of one that is no record, of one whose value alone is bad.
 */
#include "redis_wire.h"
#include "results.h"

#include <stdatomic.h>

static celery_app_t *writer, *reader;
static celery_error_t *err;

static celery_app_t *open_with(const char *url, const char *key, const char *value)
{
    celery_options_t *options = NULL;
    celery_app_t *app = NULL;
    OK(celery_options_new(&options, &err));
    OK(celery_options_set(options, "result_reread_interval", "0", &err));
    OK(celery_options_set(options, "operation_timeout_ms", "60000", &err));
    if (key != NULL)
        OK(celery_options_set(options, key, value, &err));
    OK(celery_app_open(url, options, &app, &err));
    celery_options_free(options);
    return app;
}

/* The bytes that the writer's meta has; freed by the caller. */
static char *stored(const char *id, size_t *len)
{
    celery_result_t *result = result_of(writer, id);
    celery_meta_t *meta = NULL;
    OK(celery_result_meta(result, &meta, &err));
    const uint8_t *bytes = celery_meta_raw(meta, len);
    char *copy = malloc(*len);
    CHECK(bytes != NULL && copy != NULL);
    memcpy(copy, bytes, *len);
    celery_meta_free(meta);
    celery_result_free(result);
    return copy;
}

/* The error of a call that has failed with this status holds these bytes; it is freed. */
static void holds(celery_status_t status, celery_status_t expected, const char *bytes, size_t len)
{
    size_t found_len = 7;
    CHECK(status == expected && celery_error_status(err) == expected);
    const uint8_t *found = celery_error_raw(err, &found_len);
    CHECK(found != NULL && found_len == len && memcmp(found, bytes, len) == 0);
    celery_error_free(err), err = NULL;
}

struct told {
    celery_result_t *result;
    const char *bytes;
    size_t len;
    atomic_int calls;
};

static void on_then(void *env, const celery_result_t *result, const celery_meta_t *meta)
{
    (void)env, (void)result, (void)meta;
    CHECK(!"the record is unreadable");
}

static void on_error(void *env, const celery_result_t *result, const celery_error_t *error)
{
    struct told *told = env;
    size_t len = 0;
    SAME(celery_result_id(result), celery_result_id(told->result));
    const uint8_t *bytes = celery_error_raw(error, &len);
    CHECK(bytes != NULL && len == told->len && memcmp(bytes, told->bytes, len) == 0);
    atomic_fetch_add(&told->calls, 1);
}

/* Whatever is asked of the reader fails with this status and has the bytes all the same. */
static void unreadable(const char *id, celery_status_t expected, const char *bytes, size_t len)
{
    celery_result_t *result = result_of(reader, id), *set = set_of(reader, &result, 1);
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    celery_queue_t *queue = NULL;
    celery_batch_t *batch = NULL;
    int32_t state = 0;
    bool flag = false;
    size_t index = 0, found_len = 7;

    holds(celery_result_meta(result, &meta, &err), expected, bytes, len);
    holds(celery_result_state(result, &state, &err), expected, bytes, len);
    holds(celery_result_ready(result, &flag, &err), expected, bytes, len);
    holds(celery_result_wait(result, 60000, NULL, &err), expected, bytes, len);
    holds(celery_result_get(result, 60000, &value, &err), expected, bytes, len);
    holds(celery_result_join(set, NULL, &value, &err), expected, bytes, len);
    holds(celery_result_ready(set, &flag, &err), expected, bytes, len);
    holds(celery_wait_any(&result, 1, 60000, NULL, &index, &err), expected, bytes, len);

    struct told told = {.result = result, .bytes = bytes, .len = len};
    OK(celery_result_then(result, on_then, on_error, &told, NULL, &err));
    UNTIL(atomic_load(&told.calls) == 1);

    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_add(queue, result, 1, &err));
    OK(celery_queue_next(queue, 60000, NULL, 1, &batch, &err));
    CHECK(celery_batch_kind(batch, 0) == CELERY_EVENT_FAILED && celery_batch_status(batch, 0) == expected);
    OK(celery_batch_meta(batch, 0, &meta, &err));
    CHECK(meta == NULL);
    const uint8_t *found = celery_batch_raw(batch, 0, &found_len);
    CHECK(found != NULL && found_len == len && memcmp(found, bytes, len) == 0);
    CHECK(celery_batch_raw(batch, 1, &found_len) == NULL && celery_batch_raw(NULL, 0, &found_len) == NULL);
    CHECK(found_len == len);
    celery_batch_free(batch);
    celery_queue_free(queue);
    celery_result_free(set);
    celery_result_free(result);
}

static void not_accepted(const char *url)
{
    size_t len = 0, found_len = 7;
    writer = open_with(url, NULL, NULL);
    reader = open_with(url, "result_accept_content", "pickle");
    succeed(writer, own_id("plain"), "[1, 2]");
    char *bytes = stored(own_id("plain"), &len);
    unreadable(own_id("plain"), CELERY_ERR_CONTENT_DISALLOWED, bytes, len);

    /* Who may read it has the same bytes in the event. */
    celery_queue_t *queue = NULL;
    celery_batch_t *batch = NULL;
    const char *id = own_id("plain");
    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_add_ids(queue, writer, &id, NULL, 1, &err));
    OK(celery_queue_next(queue, 60000, NULL, 1, &batch, &err));
    const uint8_t *found = celery_batch_raw(batch, 0, &found_len);
    CHECK(found != NULL && found_len == len && memcmp(found, bytes, len) == 0);
    celery_batch_free(batch);
    celery_queue_free(queue);

    /* An error about something else. */
    celery_result_t *absent = result_of(reader, own_id("absent"));
    CHECK(celery_result_wait(absent, 0, NULL, &err) == CELERY_ERR_TIMEOUT);
    found_len = 7;
    CHECK(celery_error_raw(err, &found_len) == NULL && celery_error_raw(NULL, &found_len) == NULL && found_len == 7);
    celery_error_free(err), err = NULL;
    celery_result_free(absent);
    free(bytes);
    PASS("%.8s: a record that is not accepted has its bytes", url);
    close_app(reader);
    close_app(writer);
}

/* Stored by whoever. */
static void damaged(const char *url)
{
    static const struct {
        const char *bytes;
        celery_status_t status;
    } ROWS[] = {
        {"{garbage", CELERY_ERR_DECODE},
        {"{\"status\": 3}", CELERY_ERR_DECODE},
        {"\xff\xfe", CELERY_ERR_DECODE},
    };
    char key[100];
    int server = wire_connect(url);
    reader = open_app(url);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const char *id = own_id("damaged-%zu", i);
        snprintf(key, sizeof key, "celery-task-meta-%s", id);
        wire_set(server, key, ROWS[i].bytes);
        unreadable(id, ROWS[i].status, ROWS[i].bytes, strlen(ROWS[i].bytes));
    }

    /* The value alone is bad: there is a meta, and the error has the bytes too. */
    const char *id = own_id("value"), *bytes = "{\"status\": \"SUCCESS\", \"result\": [1, nope]}";
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    size_t len = 0;
    snprintf(key, sizeof key, "celery-task-meta-%s", id);
    wire_set(server, key, bytes);
    celery_result_t *result = result_of(reader, id);
    holds(celery_result_get(result, 60000, &value, &err), CELERY_ERR_DECODE, bytes, strlen(bytes));
    OK(celery_result_meta(result, &meta, &err));
    const uint8_t *found = celery_meta_raw(meta, &len);
    CHECK(found != NULL && len == strlen(bytes) && memcmp(found, bytes, len) == 0);
    holds(celery_meta_value(meta, &value, &err), CELERY_ERR_DECODE, bytes, strlen(bytes));
    celery_meta_free(meta);
    celery_result_free(result);

    /* A saved group. */
    celery_result_t *group = NULL;
    snprintf(key, sizeof key, "celery-taskset-meta-%s", own_id("group"));
    wire_set(server, key, "{garbage");
    holds(celery_group_result_restore(reader, own_id("group"), &group, &err), CELERY_ERR_DECODE, "{garbage", 8);
    close(server);
    PASS("%.8s: what cannot be read has its bytes", url);
    close_app(reader);
}

int main(void)
{
    int files = count_files();
    not_accepted("memory://raw_bytes");
    not_accepted(redis_url());
    damaged(redis_url());
    CHECK(count_files() == files);
    return 0;
}

/* AsyncResult on memory://, function by function: identity, record and meta, get and its errors,
 * parents, children, tuples, groups, ignore, release. */
#include "check.h"

static celery_app_t *app;
static celery_error_t *err;

static celery_result_t *handle(const char *id)
{
    celery_result_t *result = NULL;
    OK(celery_async_result_new(app, id, &result, &err));
    return result;
}

static void store_failure(const char *id, const char *state)
{
    celery_record_t *record = NULL;
    bool stored = false;
    const char *args = "[\"not a number\", 7]";

    OK(celery_record_new(id, state, &record, &err));
    STATUS(celery_record_set_exception(record, "", "builtins", NULL, 0, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_record_set_exception(record, "ValueError", "builtins", args, strlen(args), &err));
    OK(celery_record_set_traceback(record, "Traceback: here\n", &err));
    OK(celery_app_store(app, record, &stored, &err));
    CHECK(stored);
    celery_record_free(record);
}

static void identity(void)
{
    celery_result_t *one = handle("same"), *other = handle("same"), *third = handle("else"), *again;

    SAME(celery_result_id(one), "same");
    CHECK(celery_result_kind(one) == CELERY_RESULT_ASYNC);
    CHECK(celery_result_equal(one, other) && !celery_result_equal(one, third) && !celery_result_equal(one, NULL));
    CHECK(celery_result_hash(one) == celery_result_hash(other) && celery_result_hash(one) != celery_result_hash(third));
    again = celery_result_ref(one);
    CHECK(again == one);
    celery_result_free(one);
    SAME(celery_result_id(again), "same");
    celery_result_free(again);
    celery_result_free(other);
    celery_result_free(third);
    STATUS(celery_async_result_new(app, "", &one, &err), CELERY_ERR_INVALID_ARGUMENT);
    CHECK(one == NULL);

    /* An id that Redis could not send back without dropping the connection of every wait. */
    char *long_id = malloc(16385 + 1);
    CHECK(long_id != NULL);
    memset(long_id, 'i', 16385);
    long_id[16385] = '\0';
    STATUS(celery_async_result_new(app, long_id, &one, &err), CELERY_ERR_INVALID_ARGUMENT);
    CHECK(one == NULL);
    long_id[16384] = '\0';
    OK(celery_async_result_new(app, long_id, &one, &err));
    celery_result_free(one);
    free(long_id);
    STATUS(celery_app_store_result(app, "", "SUCCESS", "1", 1, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_app_store_result(app, "id", "", "1", 1, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
}

static void unknown(void)
{
    celery_result_t *result = handle("unknown");
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL;
    celery_get_options_t *get = NULL;
    celery_result_list_t *children = NULL;
    int32_t state = -5;
    bool flag = true;
    int64_t micros;
    size_t len;

    OK(celery_result_state(result, &state, &err));
    CHECK(state == CELERY_STATE_PENDING);
    OK(celery_result_ready(result, &flag, &err));
    CHECK(!flag);
    flag = true;
    OK(celery_result_exists(result, &flag, &err));
    CHECK(!flag);
    OK(celery_result_peek(result, &meta, &err));
    CHECK(meta == NULL);
    OK(celery_result_children(result, &children, &err));
    CHECK(children == NULL && celery_result_list_count(children) == 0);
    OK(celery_result_meta(result, &meta, &err));
    CHECK(!celery_meta_exists(meta) && celery_meta_state(meta) == CELERY_STATE_PENDING);
    SAME(celery_meta_state_text(meta), "PENDING");
    SAME(celery_meta_task_id(meta), "unknown");
    CHECK(celery_meta_traceback(meta) == NULL && celery_meta_exception_type(meta) == NULL);
    CHECK(!celery_meta_date_done_micros(meta, &micros) && celery_meta_raw(meta, &len) == NULL);
    STATUS(celery_meta_value(meta, &value, &err), CELERY_ERR_NOT_FOUND);
    celery_meta_free(meta);

    STATUS(celery_result_wait(result, 0, NULL, &err), CELERY_ERR_TIMEOUT);
    CHECK(celery_result_get(result, 0, &value, &err) == CELERY_ERR_TIMEOUT && value == NULL);
    CHECK(celery_error_is_retriable(err));
    SAME(celery_error_name(err), "CELERY_ERR_TIMEOUT");
    SAME(celery_error_task_id(err), "unknown");
    CHECK(celery_error_member(err) == -1 && celery_error_exception_type(err) == NULL);
    celery_error_free(err), err = NULL;
    OK(celery_get_options_new(&get, &err));
    OK(celery_get_options_set_absent_timeout_ms(get, 10, &err));
    STATUS(celery_result_get_with(result, get, &value, &err), CELERY_ERR_NOT_FOUND);
    celery_get_options_free(get);
    OK(celery_result_maybe_throw(result, NULL, &value, &err));
    CHECK(value == NULL);
    celery_result_free(result);
}

static void failure(void)
{
    celery_result_t *result = handle("failing");
    celery_value_t *value = NULL, *args = NULL;
    celery_get_options_t *get = NULL;
    celery_meta_t *meta = NULL;
    int64_t number = 0;
    bool flag = false;

    store_failure("failing", "FAILURE");
    OK(celery_result_wait(result, 1000, NULL, &err)); /* waiting worked */
    CHECK(celery_result_get(result, 1000, &value, &err) == CELERY_ERR_TASK_FAILED && value == NULL);
    SAME(celery_error_exception_type(err), "ValueError");
    SAME(celery_error_exception_module(err), "builtins");
    SAME(celery_error_exception_traceback(err), "Traceback: here\n");
    CHECK(strstr(celery_error_exception_message(err), "ValueError: ") == celery_error_exception_message(err));
    CHECK(!celery_error_exception_is_degraded(err) && !celery_error_is_retriable(err));
    SAME(celery_error_task_id(err), "failing");
    OK(celery_error_exception_args(err, &args, NULL));
    celery_error_free(err), err = NULL;
    OK(celery_value_int64(args, "/1", &number, &err)); /* outlives the error */
    CHECK(number == 7);
    celery_value_free(args);

    OK(celery_get_options_new(&get, &err));
    OK(celery_get_options_set_propagate(get, false, &err));
    OK(celery_result_get_with(result, get, &value, &err));
    CHECK(celery_value_is_exception(value));
    SAME(celery_value_exception_type(value), "ValueError");
    SAME(celery_value_exception_module(value), "builtins");
    CHECK(!celery_value_exception_is_degraded(value));
    OK(celery_value_exception_args(value, &args, &err));
    celery_value_free(args);
    celery_value_free(value);
    celery_get_options_free(get);

    STATUS(celery_result_maybe_throw(result, NULL, &value, &err), CELERY_ERR_TASK_FAILED);
    OK(celery_result_failed(result, &flag, &err));
    CHECK(flag);
    OK(celery_result_successful(result, &flag, &err));
    CHECK(!flag);
    OK(celery_result_peek(result, &meta, &err));
    CHECK(meta != NULL);
    SAME(celery_meta_exception_type(meta), "ValueError");
    OK(celery_meta_value(meta, &value, &err));
    CHECK(celery_value_is_exception(value));
    celery_value_free(value);
    celery_meta_free(meta);

    store_failure("revoked", "REVOKED");
    celery_result_free(result);
    result = handle("revoked");
    STATUS(celery_result_get(result, 1000, &value, &err), CELERY_ERR_TASK_REVOKED);
    celery_result_free(result);
}

static void parents(void)
{
    celery_result_t *parent = handle("failing"), *child = NULL, *found = NULL, *copy = NULL;
    celery_value_t *value = NULL;
    const char *json;

    OK(celery_async_result_new_with_parent(app, "child", parent, &child, &err));
    celery_result_free(parent);
    OK(celery_result_parent(child, &found, &err));
    SAME(celery_result_id(found), "failing");
    CHECK(celery_result_get(child, 1000, &value, &err) == CELERY_ERR_TASK_FAILED);
    SAME(celery_error_task_id(err), "failing"); /* the parent's */
    celery_error_free(err), err = NULL;
    OK(celery_result_as_tuple(child, &value, &err));
    json = celery_value_json(value, NULL);
    SAME(json, "[[\"child\", [[\"failing\", null], null]], null]");
    OK(celery_result_from_tuple(app, json, strlen(json), &copy, &err));
    CHECK(celery_result_equal(copy, child));
    celery_value_free(value);
    OK(celery_result_as_list(child, &value, &err));
    SAME(celery_value_json(value, NULL), "[\"child\",\"failing\"]");
    celery_value_free(value);
    celery_result_free(copy);
    celery_result_free(found);
    celery_result_free(child);
    child = handle("failing");
    OK(celery_result_parent(child, &found, &err));
    CHECK(found == NULL);
    celery_result_free(child);
}

static void groups(void)
{
    const char *tuple = "[[\"g\", null], [[[\"m1\", null], null], [[\"m2\", null], null]]]";
    celery_result_t *group = NULL, *member = NULL, *task = handle("with-children");
    celery_result_list_t *list = NULL;
    celery_record_t *record = NULL;
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    size_t count = 0;
    int32_t state;
    bool flag;

    OK(celery_result_from_tuple(app, tuple, strlen(tuple), &group, &err));
    CHECK(celery_result_kind(group) == CELERY_RESULT_GROUP);
    SAME(celery_result_id(group), "g");
    OK(celery_result_member_count(group, &count, &err));
    CHECK(count == 2);
    OK(celery_result_member(group, 1, &member, &err));
    SAME(celery_result_id(member), "m2");
    STATUS(celery_result_member_count(member, &count, &err), CELERY_ERR_WRONG_KIND);
    celery_result_free(member);
    STATUS(celery_result_member(group, 2, &member, &err), CELERY_ERR_NO_SUCH_VALUE);
    OK(celery_result_as_tuple(group, &value, &err));
    SAME(celery_value_json(value, NULL), tuple);
    celery_value_free(value);

    STATUS(celery_result_wait(group, 0, NULL, &err), CELERY_ERR_TIMEOUT);
    STATUS(celery_result_get(group, 0, &value, &err), CELERY_ERR_TIMEOUT);
    STATUS(celery_result_state(group, &state, &err), CELERY_ERR_WRONG_KIND);
    STATUS(celery_result_meta(group, &meta, &err), CELERY_ERR_WRONG_KIND);
    STATUS(celery_result_exists(group, &flag, &err), CELERY_ERR_WRONG_KIND);
    STATUS(celery_result_ignore(group, &err), CELERY_ERR_WRONG_KIND);

    OK(celery_record_new("with-children", "SUCCESS", &record, &err));
    OK(celery_record_clear_children(record, &err));
    OK(celery_record_add_child(record, group, &err));
    OK(celery_app_store(app, record, NULL, &err));
    celery_record_free(record);
    OK(celery_result_children(task, &list, &err));
    CHECK(celery_result_list_count(list) == 1);
    OK(celery_result_list_at(list, 0, &member, &err));
    CHECK(celery_result_equal(member, group));
    celery_result_free(member);
    STATUS(celery_result_list_at(list, 1, &member, &err), CELERY_ERR_NO_SUCH_VALUE);
    celery_result_list_free(list);
    celery_result_free(group);
    celery_result_free(task);
}

static void extended(void)
{
    celery_record_t *record = NULL;
    celery_result_t *result = handle("extended");
    celery_meta_t *meta = NULL, *again;
    celery_value_t *value = NULL;
    int64_t number = 0;
    size_t len = 0;

    OK(celery_record_new("extended", "SUCCESS", &record, &err));
    OK(celery_record_set_value_json(record, "[1]", 3, &err));
    OK(celery_record_set_name(record, "tasks.add", &err));
    OK(celery_record_set_args(record, "[2, 2]", 6, &err));
    OK(celery_record_set_kwargs(record, "{\"x\": 1}", 8, &err));
    OK(celery_record_set_worker(record, "w@host", &err));
    OK(celery_record_set_retries(record, 3, &err));
    OK(celery_record_set_queue(record, "celery", &err));
    OK(celery_record_set_parent_id(record, "p", &err));
    OK(celery_record_set_group_id(record, "g", &err));
    OK(celery_app_store(app, record, NULL, &err));
    celery_record_free(record);
    OK(celery_result_meta(result, &meta, &err));
    again = celery_meta_ref(meta);
    celery_meta_free(meta);
    SAME(celery_meta_name(again), "tasks.add");
    SAME(celery_meta_worker(again), "w@host");
    SAME(celery_meta_queue(again), "celery");
    SAME(celery_meta_parent_id(again), "p");
    SAME(celery_meta_group_id(again), "g");
    CHECK(celery_meta_retries(again, &number) && number == 3);
    CHECK(celery_meta_date_done(again) && celery_meta_date_done_micros(again, &number) && number > 1700000000000000);
    OK(celery_meta_args(again, &value, &err));
    SAME(celery_value_json(value, NULL), "[2, 2]");
    celery_value_free(value);
    OK(celery_meta_kwargs(again, &value, &err));
    SAME(celery_value_json(value, NULL), "{\"x\": 1}");
    celery_value_free(value);
    OK(celery_meta_field(again, "result", &value, &err));
    SAME(celery_value_json(value, NULL), "[1]");
    celery_value_free(value);
    OK(celery_meta_field(again, "nothing", &value, &err));
    CHECK(value == NULL);
    OK(celery_meta_children(again, &value, &err));
    CHECK(value == NULL);
    CHECK(celery_meta_raw(again, &len) && len > 50);
    celery_meta_free(again);

    OK(celery_result_get(result, 1000, &value, &err));
    OK(celery_result_release_payload(result, &err));
    SAME(celery_value_json(value, NULL), "[1]");
    celery_value_free(value);
    STATUS(celery_result_get(result, 0, &value, &err), CELERY_ERR_RELEASED);
    OK(celery_result_forget(result, &err));
    STATUS(celery_result_get(result, 0, &value, &err), CELERY_ERR_TIMEOUT);

    CHECK(!celery_result_is_ignored(result));
    OK(celery_result_ignore(result, &err));
    CHECK(celery_result_is_ignored(result));
    OK(celery_result_get(result, -1, &value, &err));
    CHECK(celery_value_kind(value) == CELERY_KIND_NULL);
    celery_value_free(value);
    OK(celery_result_wait(result, -1, NULL, &err));
    OK(celery_wait_all(&result, 1, -1, NULL, &err));
    bool ready = true;
    OK(celery_result_ready(result, &ready, &err));
    CHECK(!ready);
    celery_result_free(result);
}

static void sticky_and_denied(void)
{
    celery_record_t *record = NULL;
    celery_result_t *result = handle("sticky");
    celery_value_t *value = NULL;
    bool stored = true;

    OK(celery_app_store_result(app, "sticky", "SUCCESS", "1", 1, NULL, &err));
    OK(celery_record_new("sticky", "PROGRESS", &record, &err));
    OK(celery_app_store(app, record, &stored, &err));
    CHECK(!stored);
    OK(celery_record_set_value_json(record, "{", 1, &err));
    STATUS(celery_app_store(app, record, NULL, &err), CELERY_ERR_ENCODE);
    celery_record_free(record);

    CHECK(!celery_join_deny(true));
    STATUS(celery_result_get(result, 0, &value, &err), CELERY_ERR_JOIN_DENIED);
    CHECK(celery_join_deny(false));
    OK(celery_result_get(result, 0, &value, &err));
    celery_value_free(value);
    celery_result_free(result);
}

int main(void)
{
    celery_options_t *options = NULL;
    celery_result_t *kept;
    celery_value_t *value = NULL;

    OK(celery_options_new(&options, &err));
    OK(celery_options_set_bool(options, "result_extended", true, &err));
    OK(celery_app_open("memory://", options, &app, &err));
    celery_options_free(options);
    identity();
    unknown();
    failure();
    groups();
    extended();
    sticky_and_denied();
    parents();

    kept = handle("sticky");
    OK(celery_result_get(kept, 0, &value, &err));
    celery_value_free(value);
    celery_app_free(app);
    OK(celery_result_get(kept, 0, &value, &err)); /* cached results stay readable */
    celery_value_free(value);
    STATUS(celery_result_forget(kept, &err), CELERY_ERR_CLOSED);
    celery_result_free(kept);
    return DONE();
}

/*
 * Sets of results on memory:// and on Redis: changing them, asking all members at once, their values in
 * member order and as they finish, late additions, failures, and the values' exceptions.
 */
#include "results.h"

#include <pthread.h>

static celery_app_t *app;
static celery_error_t *err;

/* The set as JSON text, with these options; compared and freed. */
static void joined(celery_status_t (*join)(const celery_result_t *, const celery_get_options_t *, celery_value_t **,
                                           celery_error_t **),
                   const celery_result_t *set, const celery_get_options_t *options, const char *expected)
{
    celery_value_t *value = NULL;
    OK(join(set, options, &value, &err));
    SAME(celery_value_json(value, NULL), expected);
    celery_value_free(value);
}

static void empty_set(void)
{
    celery_result_t *set = set_of(app, NULL, 0), *member = NULL;
    celery_result_iter_t *iter = NULL;
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL;
    size_t count = 9, index = 9;
    CHECK(celery_result_kind(set) == CELERY_RESULT_SET && celery_result_id(set) == NULL);
    CHECK(FLAG(celery_result_ready, set) && FLAG(celery_result_successful, set));
    CHECK(!FLAG(celery_result_failed, set) && !FLAG(celery_result_waiting, set));
    OK(celery_result_completed_count(set, &count, &err));
    CHECK(count == 0 && member_count(set) == 0);
    OK(celery_result_wait(set, -1, NULL, &err));
    joined(celery_result_join, set, NULL, "[]");
    joined(celery_result_join_native, set, NULL, "[]");
    joined(celery_result_get_with, set, NULL, "[]");
    OK(celery_result_maybe_throw(set, NULL, &value, &err));
    CHECK(value == NULL);
    OK(celery_result_forget(set, &err));
    OK(celery_result_iter_native(set, NULL, &iter, &err));
    OK(celery_result_iter_next(iter, &index, &member, &meta, &err));
    CHECK(member == NULL && meta == NULL && index == 9);
    celery_result_iter_free(iter);
    celery_result_free(set);
    PASS("%.8s: an empty set is ready, successful and []", celery_app_uri(app));
}

static void change(void)
{
    celery_result_t *a = result_of(app, own_id("a")), *b = result_of(app, own_id("b")), *c = result_of(app, own_id("c"));
    celery_result_t *also_a = result_of(app, own_id("a")), *member = NULL;
    celery_result_t *twice[] = {a, also_a, b}, *with_null[] = {c, NULL}, *all[] = {a, b, c};
    celery_result_t *set = set_of(app, twice, 3), *outer = NULL;
    celery_result_list_t *before = NULL;

    CHECK(member_count(set) == 3);
    CHECK(celery_result_equal(a, also_a) && celery_result_hash(a) == celery_result_hash(also_a));
    OK(celery_result_members(set, &before, &err));
    OK(celery_result_set_add(set, also_a, &err));
    CHECK(member_count(set) == 3);
    OK(celery_result_set_update(set, all, 3, &err));
    CHECK(member_count(set) == 4);
    OK(celery_result_member(set, 3, &member, &err));
    CHECK(celery_result_equal(member, c));
    celery_result_free(member);
    STATUS(celery_result_member(set, 4, &member, &err), CELERY_ERR_NO_SUCH_VALUE);
    CHECK(celery_result_list_count(before) == 3);
    celery_result_list_free(before);

    OK(celery_result_set_remove(set, also_a, &err));
    OK(celery_result_set_remove_id(set, own_id("a"), &err));
    CHECK(member_count(set) == 2);
    CONTAINS(MESSAGE(celery_result_set_remove(set, a, &err), CELERY_ERR_NO_SUCH_VALUE), own_id("a"));
    CONTAINS(MESSAGE(celery_result_set_remove_id(set, "nobody", &err), CELERY_ERR_NO_SUCH_VALUE), "nobody");
    OK(celery_result_set_discard(set, a, &err));
    OK(celery_result_set_discard(set, b, &err));
    CHECK(member_count(set) == 1);

    CONTAINS(MESSAGE(celery_result_set_update(set, with_null, 2, &err), CELERY_ERR_NULL_ARGUMENT), "members[1]");
    CONTAINS(MESSAGE(celery_result_set_new(app, with_null, 2, &outer, &err), CELERY_ERR_NULL_ARGUMENT), "members[1]");
    CHECK(member_count(set) == 1 && outer == NULL);
    STATUS(celery_result_set_add(set, set, &err), CELERY_ERR_INVALID_ARGUMENT);
    outer = set_of(app, &set, 1);
    STATUS(celery_result_set_add(set, outer, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_result_set_clear(set, &err));
    CHECK(member_count(set) == 0 && member_count(outer) == 1);

    celery_result_free(outer);
    celery_result_free(set);
    free_all(all, 3);
    celery_result_free(also_a);
    PASS("%.8s: add, update, remove, discard and clear are Celery's", celery_app_uri(app));
}

static void ask_all(void)
{
    celery_result_t *members[4], *set;
    size_t count = 0;
    for (int i = 0; i < 4; i++)
        members[i] = result_of(app, own_id("ask-%d", i));
    set = set_of(app, members, 4);
    CHECK(!FLAG(celery_result_ready, set) && FLAG(celery_result_waiting, set));
    CHECK(!FLAG(celery_result_successful, set) && !FLAG(celery_result_failed, set));
    succeed(app, own_id("ask-0"), "1");
    succeed(app, own_id("ask-1"), "2");
    fail(app, own_id("ask-3"), "no");
    CHECK(!FLAG(celery_result_ready, set) && FLAG(celery_result_failed, set));
    OK(celery_result_completed_count(set, &count, &err));
    CHECK(count == 2);
    succeed(app, own_id("ask-2"), "3");
    CHECK(FLAG(celery_result_ready, set) && !FLAG(celery_result_waiting, set));
    CHECK(!FLAG(celery_result_successful, set));
    OK(celery_result_completed_count(set, &count, &err));
    CHECK(count == 3);
    OK(celery_result_wait(set, 0, NULL, &err));
    OK(celery_result_forget(set, &err));
    CHECK(!FLAG(celery_result_ready, members[0]));
    free_all(members, 4);
    celery_result_free(set);
    PASS("%.8s: ready, successful, failed, waiting, completed_count, forget", celery_app_uri(app));
}

struct seen {
    char text[200];
};

static void note(void *env, const char *task_id, const celery_value_t *value)
{
    struct seen *seen = env;
    size_t len = strlen(seen->text);
    const char *name = strrchr(task_id, '-');
    snprintf(seen->text + len, sizeof seen->text - len, "%s=%s ", name + 1, celery_value_json(value, NULL));
}

/* Duplicates, nested groups, an ignored and an eager member; with callbacks. */
static void values(void)
{
    celery_record_t *record = NULL;
    celery_get_options_t *options = NULL;
    celery_result_t *a = result_of(app, own_id("va")), *b = result_of(app, own_id("vb")), *c = result_of(app, own_id("vc"));
    celery_result_t *ignored = result_of(app, own_id("ignored")), *eager = NULL;
    celery_result_t *inner[] = {c, a}, *group = group_of(app, own_id("vgroup"), inner, 2);
    struct seen seen = {""};

    OK(celery_record_new(own_id("eager"), "SUCCESS", &record, &err));
    OK(celery_record_set_value_json(record, "\"e\"", 3, &err));
    OK(celery_eager_result_new(record, &eager, &err));
    celery_record_free(record);
    OK(celery_result_ignore(ignored, &err));
    succeed(app, own_id("vb"), "\"b\"");
    succeed(app, own_id("va"), "\"a\"");
    succeed(app, own_id("vc"), "\"c\"");
    celery_result_t *members[] = {a, b, a, group, ignored, eager}, *set = set_of(app, members, 6);
    joined(celery_result_join_native, set, NULL, "[\"a\", \"b\", \"a\", [\"c\", \"a\"], null, \"e\"]");
    joined(celery_result_join, set, NULL, "[\"a\", \"b\", \"a\", [\"c\", \"a\"], null, \"e\"]");

    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_callback(options, note, &seen, NULL, &err));
    celery_result_t *flat[] = {b, a, eager}, *plain = set_of(app, flat, 3);
    joined(celery_result_join_native, plain, options, "null");
    SAME(seen.text, "vb=\"b\" va=\"a\" eager=\"e\" ");
    seen.text[0] = '\0';
    joined(celery_result_join, plain, options, "[]");
    SAME(seen.text, "vb=\"b\" va=\"a\" eager=\"e\" ");

    celery_get_options_free(options);
    celery_result_free(plain);
    celery_result_free(set);
    celery_result_free(group);
    celery_result_free(a), celery_result_free(b), celery_result_free(c);
    celery_result_free(ignored), celery_result_free(eager);
    PASS("%.8s: values stand in member order, duplicates and nested groups included", celery_app_uri(app));
}

static const char *exception_of(celery_value_t *value)
{
    return celery_value_is_exception(value) ? celery_value_exception_message(value) : NULL;
}

static void failures(void)
{
    celery_get_options_t *options = NULL;
    celery_value_t *value = NULL, *element = NULL, *nested = NULL;
    celery_value_iter_t *iter = NULL;
    celery_result_t *good = result_of(app, own_id("good")), *bad = result_of(app, own_id("bad")), *worse = result_of(app, own_id("worse"));
    celery_result_t *inner[] = {worse}, *group = group_of(app, own_id("fgroup"), inner, 1);
    celery_result_t *members[] = {good, bad, group}, *set = set_of(app, members, 3);
    celery_result_t *pending = result_of(app, own_id("pending"));

    succeed(app, own_id("good"), "1");
    fail(app, own_id("bad"), "bad one");
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, 20, &err));

    /* The first failure ends it, however long the others take. */
    CHECK(celery_result_join_native(set, NULL, &value, &err) == CELERY_ERR_TASK_FAILED);
    CHECK(value == NULL && celery_error_member(err) == 1);
    SAME(celery_error_task_id(err), own_id("bad"));
    SAME(celery_error_exception_type(err), "ValueError");
    SAME(celery_error_exception_message(err), "ValueError: bad one");
    celery_error_free(err), err = NULL;
    STATUS(celery_result_get(set, -1, &value, &err), CELERY_ERR_TASK_FAILED);
    STATUS(celery_result_join(set, NULL, &value, &err), CELERY_ERR_TASK_FAILED);
    STATUS(celery_result_maybe_throw(set, NULL, &value, &err), CELERY_ERR_TASK_FAILED);
    OK(celery_get_options_set_fail_fast(options, false, &err));
    CHECK(celery_status_is_timeout(celery_result_join_native(set, options, &value, NULL)));
    CHECK(celery_result_wait(set, 0, NULL, &err) == CELERY_ERR_TIMEOUT);
    CHECK(celery_error_member(err) == 2);
    SAME(celery_error_task_id(err), own_id("worse"));
    celery_error_free(err), err = NULL;

    fail(app, own_id("worse"), "worse one");
    OK(celery_get_options_set_timeout_ms(options, 60000, &err));
    STATUS(celery_result_join_native(set, options, &value, &err), CELERY_ERR_TASK_FAILED);

    /* Without propagate the elements are exceptions, on every way to them. */
    OK(celery_get_options_set_propagate(options, false, &err));
    OK(celery_result_join_native(set, options, &value, &err));
    OK(celery_value_index(value, 0, &element, &err));
    CHECK(exception_of(element) == NULL);
    celery_value_free(element);
    OK(celery_value_index(value, 1, &element, &err));
    SAME(exception_of(element), "ValueError: bad one");
    celery_value_free(element);
    OK(celery_value_get(value, "/2/0", &element, &err));
    SAME(exception_of(element), "ValueError: worse one");
    celery_value_free(element);
    OK(celery_value_iter_new(value, &iter, &err));
    for (int i = 0; i < 3; i++) {
        OK(celery_value_iter_next(iter, NULL, &element, &err));
        CHECK((exception_of(element) != NULL) == (i == 1));
        if (i == 2) {
            OK(celery_value_index(element, 0, &nested, &err));
            SAME(exception_of(nested), "ValueError: worse one");
            celery_value_free(nested);
        }
        celery_value_free(element);
    }
    celery_value_iter_free(iter);
    celery_value_free(value);

    OK(celery_result_set_add(set, pending, &err));
    OK(celery_get_options_set_timeout_ms(options, 20, &err));
    CHECK(celery_status_is_timeout(celery_result_join(set, options, &value, NULL)));
    /* The subscription ends a little after the wait: the next test counts them. */
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    celery_get_options_free(options);
    free_all(members, 3);
    celery_result_free(worse), celery_result_free(pending), celery_result_free(set);
    PASS("%.8s: failures name the member, and exceptions stay exceptions in a joined value", celery_app_uri(app));
}

static void as_they_finish(void)
{
    celery_result_t *members[4], *set, *member = NULL, *group;
    celery_result_iter_t *iter = NULL;
    celery_meta_t *meta = NULL;
    celery_get_options_t *options = NULL;
    size_t index = 99;
    for (int i = 0; i < 4; i++)
        members[i] = result_of(app, own_id("iter-%d", i));
    group = group_of(app, own_id("igroup"), &members[3], 1);
    celery_result_t *direct[] = {members[0], members[1], members[2], group};
    set = set_of(app, direct, 4);
    fail(app, own_id("iter-2"), "no");
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, 60000, &err));
    OK(celery_result_iter_native(set, options, &iter, &err));
    celery_get_options_free(options);
    CHECK(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);

    OK(celery_result_iter_next(iter, &index, &member, &meta, &err));
    CHECK(index == 2 && celery_result_equal(member, members[2]) && celery_meta_state(meta) == CELERY_STATE_FAILURE);
    SAME(celery_meta_task_id(meta), own_id("iter-2"));
    celery_meta_free(meta);
    celery_result_free(member);
    succeed(app, own_id("iter-3"), "3");
    OK(celery_result_iter_next(iter, &index, &member, &meta, &err));
    CHECK(index == 3 && celery_result_kind(member) == CELERY_RESULT_GROUP && meta == NULL);
    celery_result_free(member);
    succeed(app, own_id("iter-1"), "1");
    OK(celery_result_iter_next(iter, NULL, &member, NULL, &err));
    CHECK(celery_result_equal(member, members[1]));
    celery_result_free(member);
    succeed(app, own_id("iter-0"), "0");
    OK(celery_result_iter_next(iter, &index, &member, NULL, &err));
    CHECK(index == 0);
    celery_result_free(member);
    for (int i = 0; i < 2; i++) {
        OK(celery_result_iter_next(iter, &index, &member, &meta, &err));
        CHECK(member == NULL && meta == NULL);
    }
    celery_result_iter_free(iter);

    /* A walk that is given up leaves nothing behind. */
    celery_result_t *never = result_of(app, own_id("never"));
    OK(celery_result_set_add(set, never, &err));
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, 500, &err));
    OK(celery_result_iter_native(set, options, &iter, &err));
    for (int i = 0; i < 4; i++) {
        OK(celery_result_iter_next(iter, NULL, &member, NULL, &err));
        celery_result_free(member);
    }
    CHECK(celery_status_is_timeout(celery_result_iter_next(iter, NULL, &member, NULL, NULL)));
    celery_result_iter_free(iter);
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    celery_get_options_free(options);
    celery_result_free(never), celery_result_free(set), celery_result_free(group);
    free_all(members, 4);
    PASS("%.8s: iter_native gives members as they finish", celery_app_uri(app));
}

static void *wait_for_set(void *set)
{
    return (void *)(intptr_t)celery_result_wait(set, 60000, NULL, NULL);
}

static void changes_while_waiting(void)
{
    celery_result_t *first = result_of(app, own_id("first")), *late = result_of(app, own_id("late"));
    celery_result_t *never = result_of(app, own_id("removed"));
    celery_result_t *set = set_of(app, &first, 1);
    pthread_t thread;
    void *ended = NULL;
    CHECK(pthread_create(&thread, NULL, wait_for_set, set) == 0);
    UNTIL(figure(app, "waiters") == 1);
    OK(celery_result_set_add(set, never, &err));
    OK(celery_result_set_update(set, &late, 1, &err));
    UNTIL(figure(app, "waiters") == 3);
    succeed(app, own_id("first"), "1");
    UNTIL(figure(app, "waiters") == 2);
    OK(celery_result_set_remove(set, never, &err));
    UNTIL(figure(app, "waiters") == 1);
    succeed(app, own_id("late"), "2");
    CHECK(pthread_join(thread, &ended) == 0 && (celery_status_t)(intptr_t)ended == CELERY_OK);
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    CHECK(figure(app, "recovered_by_reread") == 0);
    celery_result_free(first), celery_result_free(late), celery_result_free(never), celery_result_free(set);
    PASS("%.8s: a wait follows what is added and removed meanwhile", celery_app_uri(app));
}

struct called {
    int done, failed, freed;
    celery_status_t status;
};

static void on_set(void *env, const celery_result_t *set, const celery_meta_t *meta)
{
    CHECK(meta == NULL && celery_result_kind(set) == CELERY_RESULT_SET);
    ((struct called *)env)->done++;
}

static void on_set_failed(void *env, const celery_result_t *set, const celery_error_t *error)
{
    CHECK(celery_result_kind(set) == CELERY_RESULT_SET);
    ((struct called *)env)->status = celery_error_status(error);
    ((struct called *)env)->failed++;
}

static void on_set_free(void *env)
{
    __atomic_add_fetch(&((struct called *)env)->freed, 1, __ATOMIC_SEQ_CST);
}

#define FREED(called) (__atomic_load_n(&(called).freed, __ATOMIC_SEQ_CST) == 1)

static void then(void)
{
    celery_result_t *a = result_of(app, own_id("then-a")), *b = result_of(app, own_id("then-b"));
    celery_result_t *members[] = {a, b}, *set = set_of(app, members, 2), *empty = set_of(app, NULL, 0);
    struct called called = {0}, at_once = {0}, closed = {0};
    OK(celery_result_then(set, on_set, on_set_failed, &called, on_set_free, &err));
    OK(celery_result_then(empty, on_set, on_set_failed, &at_once, on_set_free, &err));
    UNTIL(FREED(at_once));
    succeed(app, own_id("then-a"), "1");
    fail(app, own_id("then-b"), "no");
    UNTIL(FREED(called));
    CHECK(called.done == 1 && called.failed == 0 && at_once.done == 1);

    celery_result_t *never = result_of(app, own_id("then-never"));
    OK(celery_result_set_add(set, never, &err));
    OK(celery_result_then(set, on_set, on_set_failed, &closed, on_set_free, &err));
    celery_app_close(app);
    UNTIL(FREED(closed));
    CHECK(closed.done == 0 && closed.failed == 1 && closed.status == CELERY_ERR_CLOSED);
    celery_result_free(set), celery_result_free(empty), celery_result_free(never);
    free_all(members, 2);
    PASS("%.8s: then of a set is called once", celery_app_uri(app));
}

int main(void)
{
    const char *const urls[] = {"memory://", redis_url()};
    for (size_t i = 0; i < 2; i++) {
        app = open_app(urls[i]);
        empty_set();
        change();
        ask_all();
        values();
        failures();
        as_they_finish();
        changes_while_waiting();
        then(); /* closes the app */
        close_app(app);
    }
    return 0;
}

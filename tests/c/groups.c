/*
 * Groups on memory:// and on Redis: what they are, saved and restored, their tuple form, eager members;
 * and that each kind of result answers as the table in the header says.
 */
#include "results.h"

#include "redis_wire.h"

static celery_app_t *app;
static celery_error_t *err;

static void identity(void)
{
    celery_result_t *parent = result_of(app, own_id("parent")), *a = result_of(app, own_id("a")), *found = NULL;
    celery_result_t *group = NULL, *same = NULL, *orphan = group_of(app, own_id("group"), &a, 1);
    celery_result_list_t *children = NULL;
    OK(celery_group_result_new(app, own_id("group"), &a, 1, parent, &group, &err));
    OK(celery_group_result_new(app, own_id("group"), &a, 1, parent, &same, &err));
    CHECK(celery_result_kind(group) == CELERY_RESULT_GROUP);
    SAME(celery_result_id(group), own_id("group"));
    OK(celery_result_parent(group, &found, &err));
    CHECK(celery_result_equal(found, parent));
    CHECK(celery_result_equal(group, same) && !celery_result_equal(group, orphan) && !celery_result_equal(group, a));
    CHECK(celery_result_hash(group) == celery_result_hash(same));
    OK(celery_result_children(group, &children, &err));
    CHECK(celery_result_list_count(children) == 1);
    celery_result_list_free(children);
    celery_result_free(found), celery_result_free(group), celery_result_free(same), celery_result_free(orphan);
    STATUS(celery_group_result_new(app, "", NULL, 0, NULL, &group, &err), CELERY_ERR_INVALID_ARGUMENT);
    celery_result_free(a), celery_result_free(parent);
    PASS("%.8s: id, parent, children and equality of groups", celery_app_uri(app));
}

/* What goes in as a tuple comes out the same. */
static void tuples(void)
{
    const char *json = "[[\"outer\", [[\"chord\", null], null]], [[[\"a\", null], null], "
                       "[[\"inner\", null], [[[\"b\", [[\"before b\", null], null]], null]]], [[\"empty\", null], []]]]";
    celery_result_t *group = NULL, *inner = NULL;
    celery_value_t *tuple = NULL;
    OK(celery_result_from_tuple(app, json, strlen(json), &group, &err));
    CHECK(member_count(group) == 3);
    OK(celery_result_member(group, 1, &inner, &err));
    CHECK(celery_result_kind(inner) == CELERY_RESULT_GROUP);
    OK(celery_result_as_tuple(group, &tuple, &err));
    SAME(celery_value_json(tuple, NULL), json);
    celery_value_free(tuple);
    celery_result_free(inner), celery_result_free(group);
    PASS("%.8s: nested groups go to tuples and back", celery_app_uri(app));
}

static void save_and_restore(void)
{
    celery_app_t *other = open_app("memory://");
    celery_result_t *members[3], *group, *restored = NULL;
    celery_value_t *value = NULL;
    for (int i = 0; i < 2; i++) {
        members[i] = result_of(app, own_id("saved-%d", i));
        succeed(app, own_id("saved-%d", i), i == 0 ? "0" : "1");
    }
    members[2] = group_of(app, own_id("nested"), members, 2);
    group = group_of(app, own_id("saved"), members, 3);

    CONTAINS(MESSAGE(celery_group_result_restore(app, own_id("saved"), &restored, &err), CELERY_ERR_NOT_FOUND),
             own_id("saved"));
    OK(celery_group_result_delete(group, NULL, &err));
    OK(celery_group_result_save(group, NULL, &err));
    OK(celery_group_result_restore(app, own_id("saved"), &restored, &err));
    CHECK(celery_result_equal(group, restored));
    CHECK(figure(app, "subscriptions") == 0 && figure(app, "waiters") == 0);
    OK(celery_result_get(restored, 60000, &value, &err));
    SAME(celery_value_json(value, NULL), "[0, 1, [0, 1]]");
    celery_value_free(value);
    celery_result_free(restored);
    OK(celery_result_forget(group, &err));
    OK(celery_group_result_restore(app, own_id("saved"), &restored, &err));
    celery_result_free(restored);
    OK(celery_group_result_delete(group, app, &err));
    STATUS(celery_group_result_restore(app, own_id("saved"), &restored, &err), CELERY_ERR_NOT_FOUND);

    OK(celery_group_result_save(group, other, &err));
    STATUS(celery_group_result_restore(app, own_id("saved"), &restored, &err), CELERY_ERR_NOT_FOUND);
    OK(celery_group_result_restore(other, own_id("saved"), &restored, &err));
    CHECK(member_count(restored) == 3);
    celery_result_free(restored), celery_result_free(group);
    free_all(members, 3);

    celery_result_t *set = set_of(app, NULL, 0);
    group = group_of(app, own_id("with a set"), &set, 1);
    STATUS(celery_group_result_save(group, NULL, &err), CELERY_ERR_WRONG_KIND);
    celery_result_free(set), celery_result_free(group);
    close_app(other);
    PASS("%.8s: save, restore and delete", celery_app_uri(app));
}

/* Saved by whoever, unreadable here. */
static void bad_records(void)
{
    celery_result_t *group = NULL;
    int server = wire_connect(redis_url());
    char key[100];
    snprintf(key, sizeof key, "celery-taskset-meta-%s", own_id("bad"));
    wire_set(server, key, "{garbage");
    STATUS(celery_group_result_restore(app, own_id("bad"), &group, &err), CELERY_ERR_DECODE);
    wire_set(server, key, "{\"result\": [[\"only a task\", null], null]}");
    STATUS(celery_group_result_restore(app, own_id("bad"), &group, &err), CELERY_ERR_DECODE);
    close(server);
    PASS("redis://: a bad record of a group is an error");
}

static void large(void)
{
    enum { MEMBERS = 1000 };
    static celery_result_t *members[MEMBERS];
    celery_result_t *group = NULL, *restored = NULL;
    size_t count = 0;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = result_of(app, own_id("large-%d", i));
        succeed(app, own_id("large-%d", i), "1");
    }
    group = group_of(app, own_id("large"), members, MEMBERS);
    free_all(members, MEMBERS);
    OK(celery_group_result_save(group, NULL, &err));
    OK(celery_group_result_restore(app, own_id("large"), &restored, &err));
    uint64_t sent = figure(app, "bytes_sent");
    OK(celery_result_completed_count(restored, &count, &err));
    CHECK(count == MEMBERS && FLAG(celery_result_successful, restored));
    OK(celery_result_wait(restored, 60000, NULL, &err));
    printf("%.8s: asking for %d members sent %d bytes\n", celery_app_uri(app), MEMBERS,
           (int)(figure(app, "bytes_sent") - sent));
    CHECK(figure(app, "subscriptions") == 0);
    celery_result_free(group), celery_result_free(restored);
    PASS("%.8s: a group of %d", celery_app_uri(app), MEMBERS);
}

static void eager(void)
{
    celery_record_t *record = NULL;
    celery_result_t *good = NULL, *bad = NULL;
    celery_value_t *value = NULL, *replies = (void *)&replies;
    celery_meta_t *meta = NULL;
    int32_t state = -1;
    OK(celery_record_new("eager", "SUCCESS", &record, &err));
    OK(celery_record_set_value_json(record, "{\"a\": 1}", 8, &err));
    OK(celery_eager_result_new(record, &good, &err));
    celery_record_free(record);
    OK(celery_record_new("eager", "FAILURE", &record, &err));
    OK(celery_record_set_value_json(record, "\"plain text\"", 12, &err));
    OK(celery_eager_result_new(record, &bad, &err));
    celery_record_free(record);

    CHECK(celery_result_kind(good) == CELERY_RESULT_EAGER && celery_result_equal(good, bad));
    OK(celery_result_get(good, 0, &value, &err));
    SAME(celery_value_json(value, NULL), "{\"a\": 1}");
    celery_value_free(value);
    CHECK(celery_result_get(bad, 0, &value, &err) == CELERY_ERR_TASK_FAILED);
    SAME(celery_error_exception_type(err), "Exception");
    CONTAINS(celery_error_exception_message(err), "plain text");
    celery_error_free(err), err = NULL;
    OK(celery_result_meta(good, &meta, &err));
    CHECK(celery_meta_state(meta) == CELERY_STATE_SUCCESS);
    celery_meta_free(meta);
    OK(celery_result_forget(good, &err));
    OK(celery_result_as_tuple(good, &value, &err));
    SAME(celery_value_json(value, NULL), "[[\"eager\", null], null]");
    celery_value_free(value);

    OK(celery_result_revoke(good, NULL, &replies, &err));
    CHECK(replies == NULL);
    OK(celery_result_state(good, &state, &err));
    CHECK(state == CELERY_STATE_REVOKED);
    CHECK(celery_result_get(good, 0, &value, &err) == CELERY_ERR_TASK_REVOKED);
    SAME(celery_error_exception_type(err), "TaskRevokedError");
    SAME(celery_error_exception_module(err), "celery.exceptions");
    celery_error_free(err), err = NULL;
    celery_result_free(good), celery_result_free(bad);
    PASS("eager results");
}

/* The table FUNCTIONS AND KINDS OF RESULTS. */
enum { ASYNC = 1, EAGER = 2, SET = 4, GROUP = 8, ALL = 15 };
static celery_status_t status;
#define APPLIES(kinds, call)                                                                  \
    do {                                                                                      \
        status = (call);                                                                      \
        if ((status == CELERY_ERR_WRONG_KIND) == (((kinds) & 1 << which) != 0)) {              \
            printf("not ok - kind %d: %s: %s\n", which + 1, #call, celery_error_message(err)); \
            exit(1);                                                                          \
        }                                                                                     \
        celery_error_free(err), err = NULL;                                                   \
    } while (0)

static void nothing(void *env, const celery_result_t *result, const celery_meta_t *meta)
{
    (void)env, (void)result, (void)meta;
}

static void kinds(void)
{
    celery_result_t *results[4], *out = NULL, *extra = result_of(app, own_id("extra"));
    celery_record_t *record = NULL;
    celery_get_options_t *options = NULL;
    celery_queue_t *queue = NULL;
    bool broker = strncmp(celery_app_uri(app), "redis://", 8) == 0;
    OK(celery_record_new(own_id("kind"), "SUCCESS", &record, &err));
    OK(celery_eager_result_new(record, &results[1], &err));
    celery_record_free(record);
    succeed(app, own_id("kind"), "1");
    results[0] = result_of(app, own_id("kind"));
    results[2] = set_of(app, results, 2);
    results[3] = group_of(app, own_id("kinds"), results, 2);
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, 60000, &err));
    OK(celery_queue_new(&queue, &err));

    for (int which = 0; which < 4; which++) {
        celery_result_t *result = results[which];
        celery_value_t *value = NULL;
        celery_meta_t *meta = NULL;
        celery_result_list_t *list = NULL;
        celery_result_iter_t *iter = NULL;
        celery_dependencies_t *walk = NULL;
        celery_graph_t *graph = NULL;
        bool flag;
        int32_t state;
        size_t count;
        CHECK(celery_result_kind(result) == which + 1);
        APPLIES(ALL, celery_result_parent(result, &out, &err));
        APPLIES(ALL, celery_result_wait(result, 60000, NULL, &err));
        APPLIES(ALL, (celery_result_get(result, 60000, &value, &err)));
        celery_value_free(value);
        APPLIES(ALL, (celery_result_get_with(result, options, &value, &err)));
        celery_value_free(value);
        APPLIES(ALL, (celery_result_maybe_throw(result, options, &value, &err)));
        celery_value_free(value);
        APPLIES(ALL, celery_result_then(result, nothing, NULL, NULL, NULL, &err));
        APPLIES(ALL, celery_result_ready(result, &flag, &err));
        APPLIES(ALL, celery_result_successful(result, &flag, &err));
        APPLIES(ALL, celery_result_failed(result, &flag, &err));
        APPLIES(ASYNC | EAGER | GROUP, celery_result_children(result, &list, &err));
        celery_result_list_free(list);
        APPLIES(ASYNC | EAGER | GROUP, (celery_result_as_tuple(result, &value, &err)));
        celery_value_free(value);
        APPLIES(ASYNC | EAGER | GROUP, celery_result_iterdeps(result, false, &walk, &err));
        celery_dependencies_free(walk);
        APPLIES(ASYNC | EAGER | GROUP, celery_result_build_graph(result, false, &graph, &err));
        celery_graph_free(graph);
        APPLIES(ASYNC | EAGER | GROUP, (celery_result_get_leaf(result, options, &value, &err)));
        celery_value_free(value);
        APPLIES(ASYNC | EAGER, celery_result_state(result, &state, &err));
        APPLIES(ASYNC | EAGER, celery_result_meta(result, &meta, &err));
        celery_meta_free(meta);
        APPLIES(ASYNC | EAGER, celery_result_peek(result, &meta, &err));
        celery_meta_free(meta);
        APPLIES(ASYNC | EAGER, (celery_result_as_list(result, &value, &err)));
        celery_value_free(value);
        APPLIES(ASYNC, celery_result_exists(result, &flag, &err));
        APPLIES(ALL, celery_result_revoke(result, NULL, NULL, &err));
        CHECK(status == (which == 1 || broker ? CELERY_OK : CELERY_ERR_UNSUPPORTED));
        APPLIES(ASYNC | EAGER, celery_result_locate(result, 0, NULL, &state, NULL, &err));
        APPLIES(SET | GROUP, celery_result_members(result, &list, &err));
        celery_result_list_free(list);
        APPLIES(SET | GROUP, celery_result_member(result, 0, &out, &err));
        celery_result_free(out);
        APPLIES(SET | GROUP, celery_result_member_count(result, &count, &err));
        APPLIES(SET | GROUP, celery_result_waiting(result, &flag, &err));
        APPLIES(SET | GROUP, celery_result_completed_count(result, &count, &err));
        APPLIES(SET | GROUP, (celery_result_join(result, options, &value, &err)));
        celery_value_free(value);
        APPLIES(SET | GROUP, (celery_result_join_native(result, options, &value, &err)));
        celery_value_free(value);
        APPLIES(SET | GROUP, celery_result_iter_native(result, options, &iter, &err));
        celery_result_iter_free(iter);
        APPLIES(GROUP, celery_group_result_save(result, NULL, &err));
        APPLIES(GROUP, celery_group_result_delete(result, NULL, &err));
        APPLIES(SET | GROUP, celery_queue_add_members(queue, result, 0, &err));
        APPLIES(ALL, celery_queue_add(queue, result, 0, &err));
        APPLIES(ALL, celery_wait_any(&result, 1, 60000, NULL, &count, &err));
        APPLIES(ALL, celery_wait_all(&result, 1, 60000, NULL, &err));
        APPLIES(ALL, celery_wait_some(&result, 1, 1, 60000, NULL, &count, &count, &err));
        APPLIES(SET | GROUP, celery_result_set_add(result, extra, &err));
        APPLIES(SET | GROUP, celery_result_set_update(result, &extra, 1, &err));
        APPLIES(SET | GROUP, celery_result_set_remove(result, extra, &err));
        APPLIES(SET | GROUP, celery_result_set_remove_id(result, celery_result_id(results[0]), &err));
        APPLIES(SET | GROUP, celery_result_set_discard(result, extra, &err));
        APPLIES(SET | GROUP, celery_result_set_clear(result, &err));
        APPLIES(ALL, celery_result_forget(result, &err));
        APPLIES(ASYNC, celery_result_ignore(result, &err));
        CHECK(celery_result_is_ignored(result) == (which == 0));
        APPLIES(ASYNC, celery_result_release_payload(result, &err));
    }
    celery_queue_free(queue);
    celery_get_options_free(options);
    free_all(results, 4);
    celery_result_free(extra);
    PASS("%.8s: each function applies to the kinds that the header says", celery_app_uri(app));
}

int main(void)
{
    const char *const urls[] = {"memory://", redis_url()};
    eager();
    for (size_t i = 0; i < 2; i++) {
        app = open_app(urls[i]);
        identity();
        tuples();
        save_and_restore();
        if (i == 1)
            bad_records();
        large();
        kinds();
        close_app(app);
    }
    return 0;
}

/*
 * A queue and its descriptor, step by step, on memory:// and on Redis: what is added and what comes
 * out, removing, progress, two apps, closing; handles are freed right after they were added.
 */
#include "results.h"

#include <fcntl.h>
#include <poll.h>

static celery_app_t *app;
static celery_queue_t *queue;
static celery_error_t *err;

static bool readable(int timeout_ms)
{
    struct pollfd polled = {.fd = celery_queue_fd(queue), .events = POLLIN};
    int count = poll(&polled, 1, timeout_ms);
    CHECK(count >= 0 && (polled.revents & ~POLLIN) == 0);
    return count == 1;
}

/* The descriptor and the figures agree on how much there is. */
#define HOLDS(events, left)                                              \
    do {                                                                 \
        CHECK(celery_queue_length(queue) == (events));                   \
        CHECK(celery_queue_pending(queue) == (left));                    \
        CHECK(readable(0) == ((events) > 0));                            \
    } while (0)

static void add(const char *id, uint64_t tag)
{
    celery_result_t *result = result_of(app, id);
    OK(celery_queue_add(queue, result, tag, &err));
    celery_result_free(result);
}

static celery_batch_t *take(int64_t timeout_ms, size_t max)
{
    celery_batch_t *batch = NULL;
    OK(celery_queue_next(queue, timeout_ms, NULL, max, &batch, &err));
    CHECK(celery_batch_count(batch) >= 1 && celery_batch_count(batch) <= max);
    return batch;
}

/* Takes one event and checks it; NULL for a set's id. */
static void expect(uint64_t tag, int32_t kind, int32_t state, const char *id)
{
    celery_batch_t *batch = take(60000, 1);
    celery_meta_t *meta = (void *)&meta;
    CHECK(celery_batch_tag(batch, 0) == tag && celery_batch_kind(batch, 0) == kind);
    CHECK(celery_batch_state(batch, 0) == state && !celery_batch_after_gap(batch, 0));
    if (id == NULL)
        CHECK(celery_batch_id(batch, 0) == NULL);
    else
        SAME(celery_batch_id(batch, 0), id);
    OK(celery_batch_meta(batch, 0, &meta, &err));
    CHECK((meta != NULL) == (state >= 0));
    if (kind == CELERY_EVENT_READY || kind == CELERY_EVENT_PROGRESS)
        CHECK(celery_batch_status(batch, 0) == CELERY_OK && celery_batch_message(batch, 0) == NULL);
    else
        CHECK(celery_batch_status(batch, 0) != CELERY_OK && *celery_batch_message(batch, 0) != '\0');
    celery_batch_free(batch);
    if (meta != NULL) {
        SAME(celery_meta_task_id(meta), id);
        CHECK(celery_meta_state(meta) == state);
    }
    celery_meta_free(meta);
}

static void expect_nothing(void)
{
    celery_batch_t *batch = (void *)&batch;
    STATUS(celery_queue_next(queue, 0, NULL, 1, &batch, &err), CELERY_ERR_TIMEOUT);
    CHECK(batch == NULL);
}

static void step_by_step(void)
{
    celery_value_t *value = NULL;
    celery_meta_t *meta = NULL;
    int fd = celery_queue_fd(queue);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    HOLDS(0, 0);
    expect_nothing();
    add(own_id("a"), 7);
    HOLDS(0, 1);
    expect_nothing();
    succeed(app, own_id("a"), "{\"x\": 1}");
    CHECK(readable(60000));
    HOLDS(1, 0);
    celery_batch_t *batch = take(0, 8);
    HOLDS(0, 0);
    CHECK(celery_batch_count(batch) == 1 && celery_batch_tag(batch, 0) == 7);
    STATUS(celery_batch_meta(batch, 1, &meta, &err), CELERY_ERR_NO_SUCH_VALUE);
    CHECK(meta == NULL);
    OK(celery_batch_meta(batch, 0, &meta, &err));
    CHECK(celery_batch_kind(batch, 1) == 0 && celery_batch_state(batch, 1) == -1 && celery_batch_id(batch, 1) == NULL);
    CHECK(celery_batch_status(batch, 1) == CELERY_ERR_NO_SUCH_VALUE && celery_batch_status(NULL, 0) == CELERY_ERR_NULL_ARGUMENT);
    celery_batch_free(batch);
    OK(celery_meta_value(meta, &value, &err));
    SAME(celery_value_json(value, NULL), "{\"x\": 1}");
    celery_value_free(value);
    celery_meta_free(meta);
    expect_nothing();

    /* Two at once, taken one by one. */
    add(own_id("b"), 1);
    add(own_id("c"), 2);
    HOLDS(0, 2);
    succeed(app, own_id("b"), "1");
    fail(app, own_id("c"), "no");
    UNTIL(celery_queue_length(queue) == 2);
    HOLDS(2, 0);
    expect(1, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("b"));
    HOLDS(1, 0);
    expect(2, CELERY_EVENT_READY, CELERY_STATE_FAILURE, own_id("c"));
    HOLDS(0, 0);
    CHECK(celery_queue_fd(queue) == fd);
    PASS("%.8s: the descriptor is readable exactly while there are events", celery_app_uri(app));
}

static void finished_before(void)
{
    celery_result_t *known = result_of(app, own_id("a"));
    OK(celery_result_wait(known, 60000, NULL, &err));
    OK(celery_queue_add(queue, known, 11, &err));
    celery_result_free(known);
    HOLDS(1, 0);
    expect(11, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("a"));
    add(own_id("a"), 12);
    add(own_id("a"), 12);
    expect(12, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("a"));
    expect(12, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("a"));
    HOLDS(0, 0);
    PASS("%.8s: what has finished before has its event too, each time it is added", celery_app_uri(app));
}

static void ids_and_members(void)
{
    const char *ids[] = {own_id("i0"), own_id("i1"), own_id("i2")}, *bad[] = {ids[0], "\xff", NULL}, *empty[] = {ids[0], ""};
    const uint64_t tags[] = {100, 200, 300};
    celery_result_t *members[3], *set, *group;
    OK(celery_queue_add_ids(queue, app, ids, NULL, 3, &err));
    OK(celery_queue_add_ids(queue, app, ids, tags, 3, &err));
    OK(celery_queue_add_ids(queue, app, NULL, NULL, 0, &err));
    HOLDS(0, 6);
    CONTAINS(MESSAGE(celery_queue_add_ids(queue, app, bad, tags, 2, &err), CELERY_ERR_INVALID_UTF8), "ids[1]");
    bad[1] = ids[1];
    CONTAINS(MESSAGE(celery_queue_add_ids(queue, app, bad, NULL, 3, &err), CELERY_ERR_NULL_ARGUMENT), "ids[2]");
    CONTAINS(MESSAGE(celery_queue_add_ids(queue, app, empty, NULL, 2, &err), CELERY_ERR_INVALID_ARGUMENT), "ids[1]");
    CHECK(strstr(MESSAGE(celery_queue_add_ids(queue, app, empty, NULL, 2, &err), CELERY_ERR_INVALID_ARGUMENT),
                 "task_ids") == NULL);
    HOLDS(0, 6);
    for (int i = 0; i < 3; i++) {
        succeed(app, ids[i], "1");
        UNTIL(celery_queue_length(queue) == 2);
        celery_batch_t *batch = take(0, 8);
        CHECK(celery_batch_count(batch) == 2);
        CHECK(celery_batch_tag(batch, 0) + celery_batch_tag(batch, 1) == tags[i] + (uint64_t)i);
        celery_batch_free(batch);
    }

    for (int i = 0; i < 3; i++)
        members[i] = result_of(app, own_id("m%d", i));
    set = set_of(app, members, 3);
    group = group_of(app, own_id("qgroup"), members, 3);
    STATUS(celery_queue_add_members(queue, set, UINT64_MAX - 1, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_queue_add_members(queue, set, UINT64_MAX - 2, &err));
    for (uint64_t tag = UINT64_MAX - 2; tag != 0; tag++) {
        size_t removed = 0;
        OK(celery_queue_remove(queue, tag, &removed, &err));
        CHECK(removed == 1);
    }
    OK(celery_queue_add_members(queue, set, 1000, &err));
    OK(celery_queue_add(queue, set, 5, &err));
    OK(celery_queue_add(queue, group, 6, &err));
    free_all(members, 3);
    celery_result_free(set), celery_result_free(group);
    CHECK(celery_queue_pending(queue) == 5);
    for (int i = 2; i > 0; i--) {
        succeed(app, own_id("m%d", i), "1");
        expect(1000 + (uint64_t)i, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("m%d", i));
    }
    CHECK(celery_queue_pending(queue) == 3);
    succeed(app, own_id("m0"), "1");
    UNTIL(celery_queue_length(queue) == 3);
    HOLDS(3, 0);
    bool seen[3] = {false};
    for (int i = 0; i < 3; i++) {
        celery_batch_t *batch = take(0, 1);
        uint64_t tag = celery_batch_tag(batch, 0);
        CHECK(tag == 5 || tag == 6 || tag == 1000);
        CHECK(!seen[tag % 5] && celery_batch_kind(batch, 0) == CELERY_EVENT_READY);
        CHECK(celery_batch_state(batch, 0) == (tag == 1000 ? CELERY_STATE_SUCCESS : -1));
        seen[tag % 5] = tag != 1000;
        celery_batch_free(batch);
    }
    HOLDS(0, 0);
    PASS("%.8s: ids, sets, groups and members of sets", celery_app_uri(app));
}

static void removing(void)
{
    size_t removed = 99;
    add(own_id("r0"), 1);
    add(own_id("r1"), 1);
    add(own_id("r2"), 2);
    succeed(app, own_id("r0"), "1");
    CHECK(readable(60000));
    OK(celery_queue_remove(queue, 1, &removed, &err));
    CHECK(removed == 2);
    HOLDS(0, 1);
    OK(celery_queue_remove(queue, 1, &removed, &err));
    CHECK(removed == 0);
    succeed(app, own_id("r1"), "1");
    succeed(app, own_id("r2"), "1");
    expect(2, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("r2"));
    HOLDS(0, 0);
    add(own_id("r3"), 3);
    OK(celery_queue_remove(queue, 3, NULL, &err));
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    celery_batch_t *batch = NULL;
    STATUS(celery_queue_next(queue, 0, NULL, 0, &batch, &err), CELERY_ERR_INVALID_ARGUMENT);
    PASS("%.8s: what is removed gives no event", celery_app_uri(app));
}

static void progress(void)
{
    add(own_id("p0"), 1);
    OK(celery_queue_report_progress(queue, 1, &err));
    add(own_id("p1"), 2);
    UNTIL(figure(app, "waiters") == 2);
    store(app, own_id("p1"), "STARTED", "null");
    expect(2, CELERY_EVENT_PROGRESS, CELERY_STATE_STARTED, own_id("p1"));
    HOLDS(0, 2);
    for (int i = 0; i < 3; i++)
        store(app, own_id("p1"), "PROGRESS", "[1]");
    succeed(app, own_id("p1"), "1");
    UNTIL(celery_queue_pending(queue) == 1);
    HOLDS(2, 1);
    expect(2, CELERY_EVENT_PROGRESS, CELERY_STATE_CUSTOM, own_id("p1"));
    expect(2, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("p1"));

    OK(celery_queue_report_progress(queue, 3, &err));
    for (int i = 0; i < 5; i++)
        store(app, own_id("p0"), "PROGRESS", (const char *[]){"0", "1", "2", "3", "4"}[i]);
    succeed(app, own_id("p0"), "5");
    UNTIL(celery_queue_pending(queue) == 0);
    HOLDS(4, 0);
    for (int i = 2; i < 6; i++) {
        celery_batch_t *batch = take(0, 1);
        celery_meta_t *meta = NULL;
        celery_value_t *value = NULL;
        int64_t number = -1;
        CHECK(celery_batch_kind(batch, 0) == (i == 5 ? CELERY_EVENT_READY : CELERY_EVENT_PROGRESS));
        OK(celery_batch_meta(batch, 0, &meta, &err));
        OK(celery_meta_value(meta, &value, &err));
        OK(celery_value_int64(value, NULL, &number, &err));
        CHECK(number == i);
        celery_value_free(value);
        celery_meta_free(meta);
        celery_batch_free(batch);
    }
    OK(celery_queue_report_progress(queue, 0, &err));
    add(own_id("p2"), 4);
    store(app, own_id("p2"), "PROGRESS", "1");
    succeed(app, own_id("p2"), "2");
    expect(4, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("p2"));
    HOLDS(0, 0);
    PASS("%.8s: intermediate states, the newest of them, and always the last event", celery_app_uri(app));
}

static void wakeup(void)
{
    celery_batch_t *batch = NULL;
    celery_queue_wakeup(queue);
    celery_queue_wakeup(queue);
    HOLDS(0, 0);
    STATUS(celery_queue_next(queue, -1, NULL, 1, &batch, &err), CELERY_ERR_WAKEUP);
    CHECK(batch == NULL);
    expect_nothing();
    add(own_id("a"), 1);
    CHECK(readable(60000));
    celery_queue_wakeup(queue);
    STATUS(celery_queue_next(queue, 0, NULL, 1, &batch, &err), CELERY_ERR_WAKEUP);
    HOLDS(1, 0);
    expect(1, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("a"));
    PASS("%.8s: a wakeup is sticky, comes once and before events", celery_app_uri(app));
}

/* Another app in the same queue; its end is the end of its results only. */
/* The app on its server is connected; the one in memory has nothing but its end to tell. */
static void connection(void)
{
    celery_app_t *other = open_app("memory://");
    OK(celery_app_connect(app, 60000, NULL, &err));
    OK(celery_queue_report_connection(queue, app, 70, &err));
    OK(celery_queue_report_connection(queue, other, 71, &err));
    if (strncmp(celery_app_uri(app), "memory", 6) != 0) {
        celery_batch_t *batch = take(60000, 9);
        CHECK(celery_batch_count(batch) == 1 && celery_batch_tag(batch, 0) == 70);
        CHECK(celery_batch_kind(batch, 0) == CELERY_EVENT_CONNECTED && celery_batch_state(batch, 0) == -1);
        CHECK(celery_batch_status(batch, 0) == CELERY_OK && celery_batch_id(batch, 0) == NULL);
        celery_batch_free(batch);
    }
    expect_nothing();
    size_t removed = 0;
    OK(celery_queue_remove(queue, 70, &removed, &err));
    CHECK(removed == 1);
    close_app(other);
    expect(71, CELERY_EVENT_CLOSED, -1, NULL);
    STATUS(celery_queue_report_connection(queue, NULL, 1, &err), CELERY_ERR_NULL_ARGUMENT);
    PASS("%.8s: connections are reported", celery_app_uri(app));
}

static void two_apps(void)
{
    celery_app_t *first = app, *other = open_app("memory://");
    add(own_id("first"), 1);
    app = other;
    add(own_id("o0"), 10);
    add(own_id("o1"), 11);
    add(own_id("o2"), 12);
    app = first;
    HOLDS(0, 4);
    succeed(other, own_id("o1"), "1");
    expect(11, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("o1"));
    celery_app_close(other);
    UNTIL(celery_queue_length(queue) == 2);
    HOLDS(2, 1);
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        celery_batch_t *batch = take(0, 1);
        CHECK(celery_batch_kind(batch, 0) == CELERY_EVENT_CLOSED && celery_batch_status(batch, 0) == CELERY_ERR_CLOSED);
        CHECK(*celery_batch_message(batch, 0) != '\0' && celery_batch_id(batch, 0) != NULL);
        sum += celery_batch_tag(batch, 0);
        celery_batch_free(batch);
    }
    CHECK(sum == 22);
    succeed(first, own_id("first"), "1");
    expect(1, CELERY_EVENT_READY, CELERY_STATE_SUCCESS, own_id("first"));
    celery_result_t *late = result_of(other, "late");
    STATUS(celery_queue_add(queue, late, 1, &err), CELERY_ERR_CLOSED);
    /* All members or none. */
    celery_result_t *members[] = {result_of(first, own_id("open")), late}, *set = set_of(first, members, 2);
    CHECK(celery_queue_add_members(queue, set, 1, &err) == CELERY_ERR_CLOSED && celery_error_member(err) == 1);
    SAME(celery_error_task_id(err), "late");
    celery_error_free(err), err = NULL;
    HOLDS(0, 0);
    celery_result_free(set), celery_result_free(members[0]);
    celery_result_free(late);
    celery_app_free(other);
    PASS("%.8s: two apps in one queue; one is closed", celery_app_uri(app));
}

/* A queue that is dropped waits for nothing any more. */
static void dropping(void)
{
    add(own_id("never"), 1);
    UNTIL(figure(app, "waiters") == 1);
    celery_queue_t *again = celery_queue_ref(queue);
    CHECK(again == queue);
    celery_queue_free(again);
    CHECK(celery_queue_pending(queue) == 1);
    celery_queue_free(queue);
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    CHECK(figure(app, "recovered_by_reread") == 0);
    CHECK(celery_queue_fd(NULL) == -1 && celery_queue_length(NULL) == 0 && celery_queue_pending(NULL) == 0);
    celery_queue_wakeup(NULL);
    PASS("%.8s: a queue that is gone has left nothing", celery_app_uri(app));
}

int main(void)
{
    const char *const urls[] = {"memory://", redis_url()};
    for (size_t i = 0; i < 2; i++) {
        int files = count_files();
        app = open_app(urls[i]);
        OK(celery_queue_new(&queue, &err));
        step_by_step();
        finished_before();
        ids_and_members();
        removing();
        progress();
        wakeup();
        connection();
        two_apps();
        dropping();
        close_app(app);
        CHECK(count_files() == files);
    }
    return 0;
}

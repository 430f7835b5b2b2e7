/*
 * A hundred thousand results as they finish, through one queue on Redis: two sockets, one engine thread,
 * each result once, and nothing subscribed at the end. Another process stores them, as a worker does,
 * over a plain socket: a third before they are waited for, a third meanwhile, a third afterwards.
 */
#include "results.h"

#include "redis_wire.h"

#include <poll.h>
#include <sys/wait.h>

enum { MOST = 100000, CHUNK = 200, BATCH = 512 };

static int count;
static const char *prefix;

/* Every id once, in an order that is not theirs. */
static int shuffled(int step)
{
    return (int)((step * 7919LL + 13) % count);
}

/* SETEX and PUBLISH of the record, as Celery's Redis backend sends them. */
static size_t store_command(int number, char *out, size_t room)
{
    char key[100], record[400];
    snprintf(key, sizeof key, "celery-task-meta-%s-%d", prefix, number);
    snprintf(record, sizeof record,
             "{\"status\": \"SUCCESS\", \"result\": %d, \"traceback\": null, \"children\": [], "
             "\"date_done\": \"2026-01-02T03:04:05.678901+00:00\", \"task_id\": \"%s-%d\"}",
             number, prefix, number);
    const char *const setex[] = {"SETEX", key, "600", record}, *const publish[] = {"PUBLISH", key, record};
    size_t len = wire_command(out, room, setex, 4);
    return len + wire_command(out + len, room - len, publish, 3);
}

static void store_range(int server, int from, int to)
{
    static char bytes[CHUNK * 1200];
    while (from < to) {
        int end = from + CHUNK < to ? from + CHUNK : to;
        size_t len = 0;
        for (int step = from; step < end; step++)
            len += store_command(shuffled(step), bytes + len, sizeof bytes - len);
        wire_send(server, bytes, len);
        wire_answers(server, 2 * (size_t)(end - from));
        from = end;
    }
}

/* The storing process: one byte from the parent starts each third, one byte back ends the first. */
static int storing_process(int commands, int answers)
{
    int server = wire_connect(redis_url());
    char byte = 0;
    for (int third = 0; third < 3; third++) {
        CHECK(read(commands, &byte, 1) == 1);
        store_range(server, count / 3 * third, third == 2 ? count : count / 3 * (third + 1));
        CHECK(third > 0 || write(answers, &byte, 1) == 1);
    }
    close(server);
    return 0;
}

static void add_all(celery_app_t *app, celery_queue_t *queue)
{
    enum { AT_ONCE = 10000 };
    celery_error_t *err = NULL;
    static char texts[AT_ONCE][40];
    const char *ids[AT_ONCE];
    uint64_t tags[AT_ONCE];
    for (int first = 0; first < count; first += AT_ONCE) {
        int some = first + AT_ONCE < count ? AT_ONCE : count - first;
        for (int i = 0; i < some; i++) {
            snprintf(texts[i], sizeof texts[i], "%s-%d", prefix, first + i);
            ids[i] = texts[i];
            tags[i] = (uint64_t)(first + i);
        }
        OK(celery_queue_add_ids(queue, app, ids, tags, (size_t)some, &err));
    }
}

/* Takes every event there will be; gives how many there were. */
static int drain(celery_queue_t *queue, unsigned char *taken)
{
    celery_error_t *err = NULL;
    int events = 0;
    while (events < count) {
        struct pollfd polled = {.fd = celery_queue_fd(queue), .events = POLLIN};
        celery_batch_t *batch = NULL;
        CHECK(poll(&polled, 1, 60000) == 1 && polled.revents == POLLIN);
        OK(celery_queue_next(queue, 0, NULL, BATCH, &batch, &err));
        for (size_t i = 0; i < celery_batch_count(batch); i++) {
            uint64_t tag = celery_batch_tag(batch, i);
            CHECK(celery_batch_kind(batch, i) == CELERY_EVENT_READY && celery_batch_state(batch, i) == CELERY_STATE_SUCCESS);
            CHECK(tag < (uint64_t)count && taken[tag]++ == 0);
            CHECK((uint64_t)atoi(strrchr(celery_batch_id(batch, i), '-') + 1) == tag);
            events++;
        }
        celery_batch_free(batch);
    }
    return events;
}

int main(void)
{
    celery_error_t *err = NULL;
    celery_queue_t *queue = NULL;
    celery_batch_t *batch = NULL;
    int commands[2], answers[2], status = -1;
    char byte = 1;
    count = fewer_when_slow(MOST);
    prefix = own_id("hundred");
    CHECK(pipe(commands) == 0 && pipe(answers) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        return storing_process(commands[0], answers[1]);
    unsigned char *taken = calloc((size_t)count, 1);
    CHECK(taken != NULL && write(commands[1], &byte, 1) == 1 && read(answers[0], &byte, 1) == 1);

    int sockets = count_sockets(), threads = count_threads("");
    celery_app_t *app = open_app(redis_url());
    OK(celery_queue_new(&queue, &err));
    CHECK(write(commands[1], &byte, 1) == 1);
    double started = now_ms();
    add_all(app, queue);
    double added = now_ms();
    UNTIL(celery_queue_length(queue) > 0);
    CHECK(figure(app, "sockets") == 2 && count_sockets() == sockets + 2);
    CHECK(count_threads("celery-result") == 1 && count_threads("") == threads + 1);
    CHECK(write(commands[1], &byte, 1) == 1);
    CHECK(drain(queue, taken) == count);
    printf("%d results: added in %.0f ms, all taken %.0f ms later, beside the process that stores them\n", count,
           added - started, now_ms() - added);
    CHECK(celery_queue_length(queue) == 0 && celery_queue_pending(queue) == 0);
    STATUS(celery_queue_next(queue, 0, NULL, 1, &batch, &err), CELERY_ERR_TIMEOUT);
    UNTIL(figure(app, "subscriptions") == 0);
    CHECK(figure(app, "waiters") == 0 && figure(app, "recovered_by_reread") == 0);
    CHECK(figure(app, "sockets") == 2 && count_sockets() == sockets + 2);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    PASS("%d results through one queue: each once, two sockets, one thread, nothing subscribed at the end", count);

    celery_queue_free(queue);
    close_app(app);
    free(taken);
    UNTIL(count_threads("") == threads);
    CHECK(count_sockets() == sockets);
    return 0;
}

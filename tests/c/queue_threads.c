/*
 * Queues and threads: epoll beside a storing thread, several consumers, a queue freed under a blocked
 * one, a timer that interrupts without SA_RESTART, and the callback thread.
 */
#include "results.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { CONSUMERS = 4, MOST = 2000 };

static celery_app_t *app;
static celery_queue_t *queue;
static celery_cancel_t *token;
static celery_error_t *err;
static int count;
static atomic_int taken[MOST], ended[4];

/* Adds so many ids under their numbers as tags. */
static void add_all(const char *name)
{
    memset(taken, 0, sizeof taken);
    for (int i = 0; i < count; i++) {
        celery_result_t *result = result_of(app, own_id("%s-%d", name, i));
        OK(celery_queue_add(queue, result, (uint64_t)i, &err));
        celery_result_free(result);
    }
}

static void *store_all(void *name)
{
    for (int i = count; i-- > 0;)
        succeed(app, own_id("%s-%d", (const char *)name, i), "1");
    return NULL;
}

static void note(const celery_batch_t *batch)
{
    for (size_t i = 0; i < celery_batch_count(batch); i++) {
        CHECK(celery_batch_kind(batch, i) == CELERY_EVENT_READY);
        atomic_fetch_add(&taken[celery_batch_tag(batch, i)], 1);
    }
}

static int taken_once(void)
{
    int once = 0;
    for (int i = 0; i < count; i++) {
        CHECK(taken[i] <= 1);
        once += taken[i];
    }
    return once;
}

/* One thread serves the queue and another descriptor. */
static void with_epoll(void)
{
    pthread_t thread;
    int poller = epoll_create1(EPOLL_CLOEXEC), other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), others = 0;
    struct epoll_event queue_event = {.events = EPOLLIN, .data.u32 = 1}, other_event = {.events = EPOLLIN, .data.u32 = 2};
    CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, celery_queue_fd(queue), &queue_event) == 0);
    CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, other, &other_event) == 0);
    add_all("epoll");
    CHECK(pthread_create(&thread, NULL, store_all, "epoll") == 0);
    while (taken_once() < count || others == 0) {
        struct epoll_event events[2];
        int ready = epoll_wait(poller, events, 2, 60000);
        CHECK(ready > 0);
        for (int i = 0; i < ready; i++) {
            uint64_t value = 1;
            if (events[i].data.u32 == 2) {
                CHECK(read(other, &value, sizeof value) == sizeof value);
                others++;
                continue;
            }
            celery_batch_t *batch = NULL;
            OK(celery_queue_next(queue, 0, NULL, 64, &batch, &err));
            note(batch);
            celery_batch_free(batch);
            if (taken_once() == count)
                CHECK(write(other, &value, sizeof value) == sizeof value);
        }
    }
    pthread_join(thread, NULL);
    struct epoll_event none;
    CHECK(epoll_wait(poller, &none, 1, 0) == 0 && celery_queue_length(queue) == 0);
    close(poller);
    close(other);
    PASS("%.8s: epoll, level-triggered, sees every result of a storing thread", celery_app_uri(app));
}

static void *consume(void *argument)
{
    int number = (int)(intptr_t)argument;
    for (;;) {
        celery_batch_t *batch = NULL;
        celery_status_t status = celery_queue_next(queue, number % 2 ? 60000 : -1, number < 2 ? token : NULL, 8, &batch, NULL);
        if (status != CELERY_OK) {
            CHECK(status == (number < 2 ? CELERY_ERR_CANCELLED : CELERY_ERR_WAKEUP) && batch == NULL);
            atomic_store(&ended[number], 1);
            return NULL;
        }
        note(batch);
        celery_batch_free(batch);
    }
}

/* Half of them with a token, which parks in another way. */
static void consumers(void)
{
    pthread_t threads[CONSUMERS], storing;
    memset(ended, 0, sizeof ended);
    OK(celery_cancel_new(&token, &err));
    for (int i = 0; i < CONSUMERS; i++)
        CHECK(pthread_create(&threads[i], NULL, consume, (void *)(intptr_t)i) == 0);
    add_all("many");
    CHECK(pthread_create(&storing, NULL, store_all, "many") == 0);
    pthread_join(storing, NULL);
    UNTIL(taken_once() == count);
    celery_cancel_trigger(token);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    for (int left = 2; left > 0; left--) {
        celery_queue_wakeup(queue);
        UNTIL(ended[2] + ended[3] == 3 - left);
    }
    pthread_join(threads[2], NULL);
    pthread_join(threads[3], NULL);
    celery_cancel_free(token);
    CHECK(celery_queue_length(queue) == 0 && celery_queue_pending(queue) == 0);
    PASS("%.8s: %d results reach %d threads, each one of them", celery_app_uri(app), count, CONSUMERS);
}

struct blocked {
    celery_queue_t *queue;
    atomic_int thread;
    celery_status_t status;
    uint64_t tag;
};

static void *block(void *argument)
{
    struct blocked *blocked = argument;
    celery_batch_t *batch = NULL;
    atomic_store(&blocked->thread, (int)syscall(SYS_gettid));
    blocked->status = celery_queue_next(blocked->queue, 60000, NULL, 1, &batch, NULL);
    blocked->tag = celery_batch_tag(batch, 0);
    celery_batch_free(batch);
    return NULL;
}

/* Whether a thread of this process sleeps. */
static bool sleeps(int thread)
{
    char path[64], text[200] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fgets(text, sizeof text, file) != NULL);
    fclose(file);
    return strstr(text, ") S ") != NULL;
}

/* A queue freed while another thread is blocked in it; what was added is still waited for. */
static void freed_meanwhile(void)
{
    struct blocked blocked = {0};
    celery_result_t *result = result_of(app, own_id("freed"));
    pthread_t thread;
    OK(celery_queue_new(&blocked.queue, &err));
    OK(celery_queue_add(blocked.queue, result, 42, &err));
    celery_result_free(result);
    CHECK(pthread_create(&thread, NULL, block, &blocked) == 0);
    UNTIL(atomic_load(&blocked.thread) != 0 && sleeps(atomic_load(&blocked.thread)));
    celery_queue_free(blocked.queue);
    succeed(app, own_id("freed"), "1");
    pthread_join(thread, NULL);
    CHECK(blocked.status == CELERY_OK && blocked.tag == 42);
    UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
    PASS("%.8s: a blocked thread keeps the queue that another one frees", celery_app_uri(app));
}

static atomic_int interruptions;

static void interrupted(int number)
{
    (void)number;
    atomic_fetch_add(&interruptions, 1);
}

static void set_timer(long interval_us)
{
    struct itimerval timer = {.it_interval = {0, interval_us}, .it_value = {0, interval_us}};
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

/* Signals, without SA_RESTART, neither end nor shorten a wait; they go to the waiting threads. */
static void interrupted_waits(void)
{
    pthread_t threads[CONSUMERS], storing;
    struct sigaction action = {.sa_handler = interrupted};
    celery_batch_t *batch = NULL;
    celery_cancel_t *idle = NULL;
    sigset_t alarm_only;
    OK(celery_cancel_new(&idle, &err));
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    atomic_store(&interruptions, 0);
    set_timer(getenv("CELERY_TEST_SLOW") != NULL ? 20000 : 1000);
    for (int i = 0; i < 2; i++) {
        double started = now_ms();
        STATUS(celery_queue_next(queue, 200, i == 0 ? NULL : idle, 1, &batch, &err), CELERY_ERR_TIMEOUT);
        CHECK(now_ms() - started >= 200);
    }
    memset(ended, 0, sizeof ended);
    OK(celery_cancel_new(&token, &err));
    add_all("signal");
    for (int i = 0; i < CONSUMERS; i++)
        CHECK(pthread_create(&threads[i], NULL, consume, (void *)(intptr_t)i) == 0);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    CHECK(pthread_sigmask(SIG_BLOCK, &alarm_only, NULL) == 0);
    int before = atomic_load(&interruptions);
    UNTIL(atomic_load(&interruptions) >= before + 50);
    CHECK(pthread_create(&storing, NULL, store_all, "signal") == 0);
    pthread_join(storing, NULL);
    UNTIL(taken_once() == count);
    celery_cancel_trigger(token);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    for (int done = 1; done <= 2; done++) {
        celery_queue_wakeup(queue);
        UNTIL(ended[2] + ended[3] == done);
    }
    pthread_join(threads[2], NULL);
    pthread_join(threads[3], NULL);
    set_timer(0);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL) == 0);
    celery_cancel_free(token);
    celery_cancel_free(idle);
    PASS("%.8s: waits on a queue go on among %d interruptions", celery_app_uri(app), atomic_load(&interruptions));
}

static atomic_int called_back;

static void on_callback_thread(void *env, const celery_result_t *result, const celery_meta_t *meta)
{
    (void)env, (void)meta;
    celery_batch_t *batch = NULL;
    celery_error_t *callback_err = NULL;
    CHECK(celery_queue_next(queue, -1, NULL, 1, &batch, &callback_err) == CELERY_ERR_RECURSIVE);
    celery_error_free(callback_err);
    CHECK(celery_queue_next(queue, 0, NULL, 1, &batch, NULL) == CELERY_ERR_TIMEOUT && batch == NULL);
    CHECK(celery_queue_add(queue, result, 77, NULL) == CELERY_OK);
    CHECK(celery_queue_next(queue, 60000, NULL, 1, &batch, NULL) == CELERY_OK);
    CHECK(celery_batch_tag(batch, 0) == 77);
    celery_batch_free(batch);
    atomic_store(&called_back, 1);
}

/* There is nothing to wait for where the waiting would be held up by itself. */
static void on_callbacks(void)
{
    celery_result_t *result = result_of(app, own_id("callback"));
    atomic_store(&called_back, 0);
    succeed(app, own_id("callback"), "1");
    OK(celery_result_wait(result, 60000, NULL, &err));
    OK(celery_result_then(result, on_callback_thread, NULL, NULL, NULL, &err));
    UNTIL(atomic_load(&called_back));
    celery_result_free(result);
    PASS("%.8s: the callback thread may take events, and may not wait for them", celery_app_uri(app));
}

int main(void)
{
    const char *const urls[] = {"memory://", redis_url()};
    count = fewer_when_slow(MOST);
    for (size_t i = 0; i < 2; i++) {
        app = open_app(urls[i]);
        OK(celery_queue_new(&queue, &err));
        with_epoll();
        consumers();
        if (getenv("CELERY_TEST_SLOW") == NULL) /* valgrind lets one thread run: all others sleep */
            freed_meanwhile();
        interrupted_waits();
        on_callbacks();
        celery_queue_free(queue);
        CHECK(figure(app, "recovered_by_reread") == 0);
        close_app(app);
    }
    return 0;
}

/*
 * A thousand forks beside threads that wait and threads that keep every lock busy. Each child is
 * refused on the handles it inherits, frees them at once, opens an app of its own, waits on it and
 * leaves through exit(), all within an alarm. The parent's waits end as if nothing had happened.
 * CELERY_TEST_FORKS sets how many.
 * no-valgrind: the children leak what belongs to the parent, as they must
 */
#include "measure.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

LEAVES_MEMORY

enum { WAITERS = 8, BUSY = 2 };

/* AddressSanitizer's allocator leaves its locks locked in a forked child, so nobody may allocate
 * while it forks. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(SANITIZED) || defined(__SANITIZE_ADDRESS__)
static const size_t busy_count = 0;
#else
static const size_t busy_count = BUSY;
#endif

/* Everything a child inherits. */
static struct {
    celery_app_t *app;
    celery_result_t *results[WAITERS], *done;
    celery_cancel_t *token;
    celery_options_t *options;
    celery_get_options_t *get_options;
    celery_record_t *record;
    celery_value_t *value;
    celery_value_iter_t *iter;
    celery_meta_t *meta;
    celery_result_list_t *list;
    celery_stats_t *stats;
    celery_error_t *error;
} inherited;

struct report {
    double free_ms;
    long blocked; /* how often the kernel put the child to sleep while it freed */
};

static const char *url;
static atomic_bool busy;
static int report_pipe = -1;

static void say_goodbye(void)
{
    if (report_pipe >= 0 && write(report_pipe, "!", 1) != 1)
        _exit(9);
}

static void *wait_for_result(void *argument)
{
    size_t index = (size_t)argument;
    celery_error_t *err = NULL;
    OK(celery_result_wait(inherited.results[index], -1, index % 2 ? inherited.token : NULL, &err));
    return NULL;
}

static void *store_and_get(void *argument)
{
    celery_error_t *err = NULL;
    for (unsigned long round = 0; atomic_load(&busy); round++) {
        char id[64];
        celery_value_t *value = NULL;
        snprintf(id, sizeof id, "busy-%zu-%lu", (size_t)argument, round);
        celery_result_t *result = result_of(inherited.app, id);
        CHECK(celery_status_is_timeout(celery_result_get(result, 1, &value, NULL)));
        OK(celery_app_store_result(inherited.app, id, "SUCCESS", "1", 1, NULL, &err));
        OK(celery_result_get(result, 60000, &value, &err));
        OK(celery_result_forget(result, &err));
        celery_value_free(value);
        celery_result_free(result);
    }
    return NULL;
}

static void free_inherited(void)
{
    celery_app_free(inherited.app);
    for (int i = 0; i < WAITERS; i++)
        celery_result_free(inherited.results[i]);
    celery_result_free(inherited.done);
    celery_cancel_free(inherited.token);
    celery_options_free(inherited.options);
    celery_get_options_free(inherited.get_options);
    celery_record_free(inherited.record);
    celery_value_iter_free(inherited.iter);
    celery_value_free(inherited.value);
    celery_meta_free(inherited.meta);
    celery_result_list_free(inherited.list);
    celery_stats_free(inherited.stats);
    celery_error_free(inherited.error);
}

static long voluntary_switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
}

static void use_and_free_inherited(struct report *report)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    celery_result_t *fresh = NULL;
    celery_stats_t *stats = NULL;
    bool ready = false;

    for (int i = 0; i < WAITERS; i++)
        STATUS(celery_result_wait(inherited.results[i], -1, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_get(inherited.done, -1, &value, &err), CELERY_ERR_FORKED);
    STATUS(celery_result_ready(inherited.results[0], &ready, &err), CELERY_ERR_FORKED);
    STATUS(celery_async_result_new(inherited.app, "x", &fresh, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_store_result(inherited.app, "x", "SUCCESS", "1", 1, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_stats(inherited.app, &stats, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_close_wait(inherited.app, -1, &err), CELERY_ERR_FORKED);
    celery_app_close(inherited.app);
    celery_cancel_trigger(inherited.token);

    long switches = voluntary_switches();
    double started = now_ms();
    free_inherited();
    report->free_ms = now_ms() - started;
    report->blocked = voluntary_switches() - switches;
}

static void *store_in_child(void *app)
{
    celery_error_t *err = NULL;
    OK(celery_app_store_result(app, "of the child", "SUCCESS", "[7]", 3, NULL, &err));
    return NULL;
}

static void in_child(int output)
{
    struct report report;
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    pthread_t thread;

    alarm(3);
    use_and_free_inherited(&report);

    celery_app_t *own = open_app(url);
    celery_result_t *result = result_of(own, "of the child");
    OK(celery_result_forget(result, &err));
    CHECK(pthread_create(&thread, NULL, store_in_child, own) == 0);
    OK(celery_result_get(result, -1, &value, &err));
    SAME(celery_value_json(value, NULL), "[7]");
    pthread_join(thread, NULL);
    celery_value_free(value);
    celery_result_free(result);
    celery_app_free(own);

    CHECK(write(output, &report, sizeof report) == sizeof report);
    report_pipe = output; /* say_goodbye writes the last byte */
    exit(0);
}

/* Makes one of each; the app has waits in flight and finished results. */
static void make_inherited(void)
{
    celery_error_t *err = NULL;
    inherited.app = open_app(url);
    inherited.done = result_of(inherited.app, "done");
    OK(celery_cancel_new(&inherited.token, &err));
    OK(celery_options_new(&inherited.options, &err));
    OK(celery_get_options_new(&inherited.get_options, &err));
    OK(celery_get_options_set_cancel(inherited.get_options, inherited.token, &err));
    OK(celery_record_new("done", "SUCCESS", &inherited.record, &err));
    OK(celery_record_set_value_json(inherited.record, "[1, 2]", 6, &err));
    OK(celery_record_add_child(inherited.record, inherited.done, &err));
    OK(celery_app_store(inherited.app, inherited.record, NULL, &err));
    OK(celery_result_get(inherited.done, 60000, &inherited.value, &err));
    OK(celery_value_iter_new(inherited.value, &inherited.iter, &err));
    OK(celery_result_meta(inherited.done, &inherited.meta, &err));
    OK(celery_result_children(inherited.done, &inherited.list, &err));
    OK(celery_app_stats(inherited.app, &inherited.stats, &err));
    CHECK(celery_app_open("no-such-store://", NULL, &(celery_app_t *){NULL}, &inherited.error) != CELERY_OK);
    for (size_t i = 0; i < WAITERS; i++) {
        char id[32];
        snprintf(id, sizeof id, "waited-for-%zu", i);
        inherited.results[i] = result_of(inherited.app, id);
        OK(celery_result_forget(inherited.results[i], &err));
    }
}

static void run(const char *store, int forks)
{
    celery_error_t *err = NULL;
    pthread_t waiters[WAITERS], busy_threads[BUSY];
    int hung = 0, failed = 0, slow = 0;
    double slowest_free = 0, slowest_child = 0, started = now_ms();

    url = store;
    make_inherited();
    atomic_store(&busy, true);
    for (size_t i = 0; i < WAITERS; i++)
        CHECK(pthread_create(&waiters[i], NULL, wait_for_result, (void *)i) == 0);
    UNTIL(figure(inherited.app, "waiters") == WAITERS);
    for (size_t i = 0; i < busy_count; i++)
        CHECK(pthread_create(&busy_threads[i], NULL, store_and_get, (void *)i) == 0);

    for (int i = 0; i < forks; i++) {
        struct report report = {1e9, 0};
        char goodbye = 0;
        int ends[2], status = -1;
        double forked = now_ms();
        CHECK(pipe(ends) == 0);
        fflush(stdout);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            in_child(ends[1]);
        close(ends[1]);
        int told = read(ends[0], &report, sizeof report) == sizeof report && read(ends[0], &goodbye, 1) == 1;
        close(ends[0]);
        CHECK(waitpid(child, &status, 0) == child);
        hung += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        failed += !(WIFEXITED(status) && WEXITSTATUS(status) == 0 && told && goodbye == '!');
        /* A child that the scheduler merely left aside has not been blocked by a free. */
        slow += told && report.free_ms > 100 && report.blocked > 0;
        if (told && report.free_ms > slowest_free)
            slowest_free = report.free_ms;
        if (now_ms() - forked > slowest_child)
            slowest_child = now_ms() - forked;
    }

    atomic_store(&busy, false);
    for (size_t i = 0; i < busy_count; i++)
        pthread_join(busy_threads[i], NULL);
    CHECK(!celery_cancel_is_triggered(inherited.token));
    CHECK(figure(inherited.app, "waiters") == WAITERS);
    for (size_t i = 0; i < WAITERS; i++)
        OK(celery_app_store_result(inherited.app, celery_result_id(inherited.results[i]), "SUCCESS", "1", 1, NULL, &err));
    for (size_t i = 0; i < WAITERS; i++)
        pthread_join(waiters[i], NULL);
    CHECK(figure(inherited.app, "recovered_by_reread") == 0);
    free_inherited();

    printf("%.14s: %d forks beside %d waiting and %zu busy threads in %.1f s: %d hung, %d failed; slowest child %.1f ms, "
           "slowest frees %.2f ms\n",
           store, forks, WAITERS, busy_count, (now_ms() - started) / 1e3, hung, failed, slowest_child, slowest_free);
    printf("%s - %.14s: no child of %d hangs\n", hung == 0 ? "ok" : "not ok", store, forks);
    printf("%s - %.14s: every child exits through its atexit handlers with 0\n", failed == 0 ? "ok" : "not ok", store);
    printf("%s - %.14s: inherited handles are freed within 100 ms\n", slow == 0 ? "ok" : "not ok", store);
    PASS("%.14s: the parent's waits return", store);
    if (hung + failed + slow > 0)
        exit(1);
}

int main(void)
{
    const char *wanted = getenv("CELERY_TEST_FORKS");
    int forks = wanted != NULL ? atoi(wanted) : 1000;
    CHECK(forks > 0);
    CHECK(atexit(say_goodbye) == 0);
    run("memory://", forks);
    run("memory://forks", forks);
    run(redis_url(), forks);
    return 0;
}

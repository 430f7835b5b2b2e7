/* What the C tests with many threads share: the clock, an app's figures, the process's sockets and
 * threads, and one line for each check. */
#ifndef MEASURE_H
#define MEASURE_H

#include "check.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#define PASS(...) (printf("ok - " __VA_ARGS__), putchar('\n'), fflush(stdout))

static inline double now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

/* Smaller numbers where every step is slow, as under valgrind. */
static inline int fewer_when_slow(int count)
{
    return getenv("CELERY_TEST_SLOW") != NULL ? count / 20 : count;
}

static inline const char *redis_url(void)
{
    const char *url = getenv("CELERY_TEST_REDIS_URL");
    CHECK(url != NULL);
    return url;
}

/* An app at a result store with settings, name and value in turn: APP(backend, "name", "value"). Its sweep is
 * off: it would hide a lost wake-up. A slow machine is no unreachable server. */
#define APP(...) app_with((const char *const[]){__VA_ARGS__, NULL})

static inline celery_app_t *app_with(const char *const *words)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    celery_app_t *app = NULL;
    OK(celery_options_new(&options, &err));
    OK(celery_options_set(options, "result_reread_interval", "0", &err));
    OK(celery_options_set(options, "operation_timeout_ms", "60000", &err));
    for (const char *const *setting = words + 1; *setting != NULL; setting += 2)
        OK(celery_options_set(options, setting[0], setting[1], &err));
    OK(celery_app_open(words[0], options, &app, &err));
    celery_options_free(options);
    return app;
}

static inline celery_app_t *open_app(const char *url)
{
    return APP(url);
}

/* Frees an app whose threads have ended: valgrind would take their stacks for lost. */
static inline void close_app(celery_app_t *app)
{
    celery_error_t *err = NULL;
    OK(celery_app_close_wait(app, 60000, &err));
    celery_app_free(app);
}

static inline celery_result_t *result_of(celery_app_t *app, const char *task_id)
{
    celery_error_t *err = NULL;
    celery_result_t *result = NULL;
    OK(celery_async_result_new(app, task_id, &result, &err));
    return result;
}

static inline uint64_t figure(celery_app_t *app, const char *name)
{
    celery_error_t *err = NULL;
    celery_stats_t *stats = NULL;
    uint64_t value = 0;
    OK(celery_app_stats(app, &stats, &err));
    OK(celery_stats_get(stats, name, &value, &err));
    celery_stats_free(stats);
    return value;
}

/* Returns once the condition holds; the test fails where that takes a minute. */
#define UNTIL(condition)                                        \
    do {                                                        \
        double until_started = now_ms();                        \
        while (!(condition)) {                                  \
            CHECK(now_ms() - until_started < 60000 && #condition); \
            usleep(500);                                        \
        }                                                       \
    } while (0)

static inline int count_links(const char *folder, const char *prefix)
{
    int count = 0;
    DIR *open = opendir(folder);
    CHECK(open != NULL);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        char path[300], target[300];
        snprintf(path, sizeof path, "%s/%.200s", folder, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len < 0)
            continue;
        target[len] = '\0';
        count += strncmp(target, prefix, strlen(prefix)) == 0;
    }
    closedir(open);
    return count;
}

static inline int count_sockets(void)
{
    return count_links("/proc/self/fd", "socket:");
}

static inline int count_files(void)
{
    return count_links("/proc/self/fd", "");
}

/* The threads of this process whose name begins so. */
static inline int count_threads(const char *prefix)
{
    int count = 0;
    DIR *open = opendir("/proc/self/task");
    CHECK(open != NULL);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%.200s/comm", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (file == NULL)
            continue;
        count += fgets(name, sizeof name, file) != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
        fclose(file);
    }
    closedir(open);
    return count;
}

#endif

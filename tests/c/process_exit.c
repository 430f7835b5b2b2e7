/* The ends of a process: main returns while threads wait and nothing is freed; exit() from a
 * thread. Each in a child, which must end by itself with status 0.
 * no-valgrind: the children leave on purpose what they have not freed */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *url;

static void *wait_for_ever(void *argument)
{
    celery_result_t *result = NULL;
    if (celery_async_result_new(argument, "nobody", &result, NULL) == CELERY_OK)
        celery_result_wait(result, -1, NULL, NULL);
    return NULL;
}

static celery_app_t *app_with_waiters(void)
{
    celery_app_t *app = NULL;
    celery_error_t *err = NULL;
    must(celery_app_open(url, NULL, &app, &err), err, "open");
    if (strncmp(url, "redis", 5) == 0)
        must(celery_app_connect(app, 5000, NULL, &err), err, "connect");
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, wait_for_ever, app) != 0)
            _exit(3);
        pthread_detach(thread);
    }
    usleep(20000); /* some wait already, some do not: both must be fine */
    return app;
}

static void returns_from_main(void)
{
    app_with_waiters();
    exit(0);
}

static void frees_and_exits(void)
{
    celery_app_free(app_with_waiters());
    exit(0);
}

static void *exit_here(void *argument)
{
    (void)argument;
    exit(0);
}

static void exits_from_a_thread(void)
{
    pthread_t thread;
    app_with_waiters();
    if (pthread_create(&thread, NULL, exit_here, NULL) == 0)
        for (;;)
            pause();
}

static void ends(void (*program)(void), const char *how)
{
    char name[128];
    int status = -1;
    snprintf(name, sizeof name, "%.16s: a process %s", url, how);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        program();
        _exit(7);
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, name, "wait status 0x%x", (unsigned)status);
}

int main(void)
{
    const char *const urls[] = {"memory://exit", getenv("CELERY_TEST_REDIS_URL")};
    for (size_t i = 0; i < 2; i++) {
        url = urls[i];
        if (url == NULL) {
            CHECK(false, "redis", "CELERY_TEST_REDIS_URL is not set");
            break;
        }
        ends(returns_from_main, "returns from main while threads wait");
        ends(frees_and_exits, "frees the app and exits while threads wait");
        ends(exits_from_a_thread, "exits from another thread");
    }
    return check_status();
}

/* The ends of a process: main returns while threads wait and nothing is freed; exit() from a
 * thread. Each in a child, which must end by itself with status 0.
 * no-valgrind: the children leave on purpose what they have not freed */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

LEAVES_MEMORY

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
    OK(celery_app_open(url, NULL, &app, &err));
    OK(celery_app_connect(app, 5000, NULL, &err));
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

static int failed;

static void ends(void (*program)(void), const char *how)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        program();
        _exit(7);
    }
    waitpid(child, &status, 0);
    int ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("%s - %.8s: a process %s", ended ? "ok" : "not ok", url, how);
    if (!ended)
        printf(": wait status 0x%x", (unsigned)status);
    putchar('\n');
    failed |= !ended;
}

int main(void)
{
    const char *const urls[] = {"memory://exit", getenv("CELERY_TEST_REDIS_URL")};
    CHECK(urls[1] != NULL);
    for (size_t i = 0; i < 2; i++) {
        url = urls[i];
        ends(returns_from_main, "returns from main while threads wait");
        ends(frees_and_exits, "frees the app and exits while threads wait");
        ends(exits_from_a_thread, "exits from another thread");
    }
    return failed;
}

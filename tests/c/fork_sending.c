/* A fork beside an app that sends and waits for answers of workers: the child is refused, has an app of its
 * own, and leaves the parent's connection and list alone.
 * no-valgrind: the child leaks what belongs to the parent, as it must */
#include "worker.h"

#include <pthread.h>
#include <sys/wait.h>

LEAVES_MEMORY

static celery_app_t *app;
static celery_error_t *err;
static char exchange[64], queue[64];

static void *ask(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)celery_app_control(app, "ping", NULL, NULL, 0, 60000, NULL, NULL, NULL);
}

static celery_app_t *open_here(void)
{
    return APP("memory://", "broker_url", redis_url(), "control_exchange", exchange, "task_default_queue", queue);
}

static void in_child(void)
{
    celery_value_t *replies = NULL;
    alarm(60);
    STATUS(celery_app_send_task(app, "t", NULL, NULL, NULL, NULL, &err), CELERY_ERR_FORKED);
    STATUS(celery_app_control(app, "ping", NULL, NULL, 0, 60000, NULL, NULL, &err), CELERY_ERR_FORKED);
    celery_app_t *own = open_here();
    OK(celery_app_send_task(own, "t", NULL, NULL, NULL, NULL, &err));
    OK(celery_app_control(own, "ping", NULL, NULL, 0, a_while_ms(), NULL, &replies, &err));
    celery_value_free(replies);
    celery_app_free(app);
    close_app(own);
    exit(0);
}

int main(void)
{
    enum { ROUNDS = 5 };
    int server = wire_connect(redis_url());
    pthread_t thread;
    void *status;
    snprintf(exchange, sizeof exchange, "%s", own_id("fork"));
    snprintf(queue, sizeof queue, "%s", own_id("forked"));
    struct worker worker = listening_to(exchange);
    app = open_here();
    CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
    char *command = heard(&worker);
    for (int round = 0; round < ROUNDS; round++) {
        int ended = -1;
        fflush(stdout);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            in_child();
        CHECK(waitpid(child, &ended, 0) == child && WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
        free(heard(&worker));
    }
    CHECK(bindings_left(server, exchange) == 1);
    OK(celery_app_send_task(app, "t", NULL, NULL, NULL, NULL, &err));
    CHECK(NUMBER(server, "LLEN", queue) == ROUNDS + 1);
    answer(&worker, command, "w1@host", "{\"ok\": \"pong\"}");
    CHECK(pthread_join(thread, &status) == 0 && (celery_status_t)(intptr_t)status == CELERY_OK);
    CHECK(figure(app, "connects") == 1 && bindings_left(server, exchange) == 0);
    CHECK(NUMBER(server, "DEL", queue) == 1);
    free(command);
    close_app(app);
    close(worker.server), close(server);
    PASS("%d children beside a parent that waits for answers", ROUNDS);
    return DONE();
}

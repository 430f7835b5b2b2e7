/*
 * What a program leaves at the broker that is killed while it waits for answers: one binding and one list,
 * which vanishes by itself.
 */
#include "worker.h"

#include <signal.h>
#include <sys/wait.h>

LEAVES_MEMORY

enum { REVOKES = 100 };

static celery_error_t *err;
static char exchange[64];

/* Revokes again and again, each time with a wait for answers that do not come, and the last time for long. */
static void revoke_until_killed(void)
{
    celery_app_t *app = APP(redis_url(), "control_exchange", exchange);
    celery_result_t *result = result_of(app, "some id");
    celery_revoke_options_t *options = NULL;
    OK(celery_revoke_options_new(&options, &err));
    OK(celery_revoke_options_set_wait(options, true, &err));
    OK(celery_revoke_options_set_timeout_ms(options, 1, &err));
    for (int i = 0; i < REVOKES; i++) {
        celery_status_t status = celery_result_revoke(result, options, NULL, &err);
        /* A millisecond may be over before it has left, or before that is known. */
        CHECK(status == CELERY_OK || status == CELERY_ERR_UNREACHABLE || status == CELERY_ERR_UNCERTAIN);
        celery_error_free(err), err = NULL;
    }
    OK(celery_revoke_options_set_timeout_ms(options, 60000, &err));
    OK(celery_revoke_options_set_terminate(options, true, &err));
    OK(celery_result_revoke(result, options, NULL, &err));
    _exit(1);
}

int main(void)
{
    int server = wire_connect(redis_url()), status = 0;
    snprintf(exchange, sizeof exchange, "%s", own_id("killed"));
    struct worker worker = listening_to(exchange);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        revoke_until_killed();
    alarm(120); /* should the child end by itself */
    int revokes = 0;
    for (bool last = false; !last; revokes++) {
        char *command = heard(&worker), *body = body_of(command);
        last = holds(body, "\"terminate\": true");
        free(command), free(body);
    }
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));

    char *list = list_left(server, exchange);
    CHECK(list != NULL && bindings_left(server, exchange) == 1);
    long lives = NUMBER(server, "TTL", list);
    CHECK(lives > 60 && lives <= 121);
    PASS("after %d revokes a kill leaves one binding and one list, which lives for %ld s", revokes, lives);

    /* Others go on beside it, and take only their own away. */
    celery_app_t *app = APP(redis_url(), "control_exchange", exchange);
    OK(celery_app_control(app, "ping", NULL, NULL, 0, a_while_ms(), NULL, NULL, &err));
    free(heard(&worker));
    CHECK(bindings_left(server, exchange) == 1);
    CHECK(NUMBER(server, "EXPIRE", list, "0") == 1 && list_left(server, exchange) == NULL);
    close_app(app);
    free(list);
    close(worker.server), close(server);
    PASS("others go on beside what it has left");
    return DONE();
}

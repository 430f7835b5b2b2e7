/*
 * A progress bar for a task that reports how far it is.
 *
 *     progress [URL TASK_ID]        without arguments: a task on memory://, a thread plays the worker
 *
 * In Python:
 *
 *     @app.task(bind=True)
 *     def convert(self, pages):
 *         for done, page in enumerate(pages):
 *             self.update_state(state="PROGRESS", meta={"current": done, "total": len(pages)})
 *             ...
 *
 * Exit status: 0 the task succeeded, 1 it did not, 3 anything else.
 */
#define _POSIX_C_SOURCE 200809L

#include <celery_result.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SUCCEEDED = 0, FAILED = 1, TROUBLE = 3, WIDTH = 40 };

static int give_up(const char *what, celery_status_t status, celery_error_t *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, celery_status_name(status), celery_error_message(err));
    celery_error_free(err);
    return TROUBLE;
}

/* On a terminal the bar stays in its line. */
static void draw(int64_t current, int64_t total, const char *note)
{
    bool terminal = isatty(STDOUT_FILENO);
    int percent = total > 0 && current > 0 ? (current < total ? (int)(current * 100 / total) : 100) : 0;
    char bar[WIDTH + 1] = "";
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < percent * WIDTH / 100 ? '#' : '.';
    printf("%s[%s] %3d%% %-20s%s", terminal ? "\r" : "", bar, percent, note, terminal ? "" : "\n");
    fflush(stdout);
}

/* An intermediate state: its value is what the task gave as meta. Other states may come too. */
static void show_progress(const celery_meta_t *meta)
{
    celery_value_t *value = NULL;
    int64_t current = 0, total = 0;
    if (celery_meta_value(meta, &value, NULL) == CELERY_OK &&
        celery_value_int64(value, "/current", &current, NULL) == CELERY_OK &&
        celery_value_int64(value, "/total", &total, NULL) == CELERY_OK)
        draw(current, total, celery_meta_state_text(meta));
    else
        draw(0, 1, celery_meta_state_text(meta));
    celery_value_free(value);
}

static int show_end(const celery_meta_t *meta)
{
    celery_value_t *value = NULL;
    if (celery_meta_state(meta) != CELERY_STATE_SUCCESS) {
        printf("\n%s: %s\n", celery_meta_state_text(meta), celery_meta_exception_message(meta));
        return FAILED;
    }
    draw(1, 1, "done");
    if (celery_meta_value(meta, &value, NULL) == CELERY_OK)
        printf("\nresult: %s\n", celery_value_json(value, NULL));
    celery_value_free(value);
    return SUCCEEDED;
}

/* Takes events until the task has ended; -1 means that it goes on. */
static int follow(celery_queue_t *queue)
{
    int ended = -1;
    while (ended < 0) {
        celery_batch_t *batch = NULL;
        celery_error_t *err = NULL;
        celery_status_t status = celery_queue_next(queue, -1, NULL, 16, &batch, &err);
        if (status != CELERY_OK)
            return give_up("queue", status, err);
        for (size_t i = 0; i < celery_batch_count(batch); i++) {
            celery_meta_t *meta = NULL;
            celery_batch_meta(batch, i, &meta, NULL);
            switch (celery_batch_kind(batch, i)) {
            case CELERY_EVENT_PROGRESS:
                show_progress(meta);
                break;
            case CELERY_EVENT_READY:
                ended = show_end(meta);
                break;
            case CELERY_EVENT_FAILED:
            case CELERY_EVENT_CLOSED:
                fprintf(stderr, "\n%s\n", celery_batch_message(batch, i));
                ended = TROUBLE;
                break;
            default: /* an event of a later version */
                break;
            }
            celery_meta_free(meta);
        }
        celery_batch_free(batch);
    }
    return ended;
}

/* What a worker would do. */
static const char *const DEMO_TASK = "c0ffee00-0006-4000-8000-000000000006";

static void *work(void *argument)
{
    celery_app_t *app = argument;
    celery_error_t *err = NULL;
    celery_status_t status = CELERY_OK;
    enum { PAGES = 12 };
    for (int done = 0; done <= PAGES && status == CELERY_OK; done++) {
        const struct timespec moment = {0, 40 * 1000000L};
        char value[64];
        snprintf(value, sizeof value, done < PAGES ? "{\"current\": %d, \"total\": %d}" : "\"%d pages\"", done, PAGES);
        status = celery_app_store_result(app, DEMO_TASK, done < PAGES ? "PROGRESS" : "SUCCESS", value,
                                         strlen(value), NULL, &err);
        nanosleep(&moment, NULL);
    }
    if (status != CELERY_OK)
        give_up("worker", status, err);
    return NULL;
}

int main(int argc, char **argv)
{
    bool demo = argc < 3;
    const char *task_id = demo ? DEMO_TASK : argv[2];
    int exit_status = TROUBLE;
    pthread_t worker;
    celery_app_t *app = NULL;
    celery_queue_t *queue = NULL;
    celery_error_t *err = NULL;

    celery_status_t status = celery_app_open(demo ? "memory://" : argv[1], NULL, &app, &err);
    if (status == CELERY_OK)
        status = celery_queue_new(&queue, &err);
    /* A bar is about now: of the states that we are too slow for, the newest is enough. */
    if (status == CELERY_OK)
        status = celery_queue_report_progress(queue, 1, &err);
    if (status == CELERY_OK)
        status = celery_queue_add_ids(queue, app, &task_id, NULL, 1, &err);

    if (status == CELERY_OK) {
        demo = demo && pthread_create(&worker, NULL, work, app) == 0;
        exit_status = follow(queue);
        if (demo)
            pthread_join(worker, NULL);
    } else {
        give_up(task_id, status, err);
    }

    celery_queue_free(queue);
    if (app != NULL)
        celery_app_close_wait(app, 1000, NULL);
    celery_app_free(app);
    return exit_status;
}

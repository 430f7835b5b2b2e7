/* Results through a completion queue over memory://, where nothing but the library's own work is
 * measured.
 *
 *   queue store N PREFIX   one thread stores N results, another one takes them as they come
 *   queue two N PREFIX     two threads store
 *   queue take N PREFIX    all are stored before, and then taken
 */
#include "ours.h"

#include <pthread.h>

enum { MOST_STORING = 2 };

static celery_app_t *app;
static char *ids;
static size_t prefix_length;
static long total, storing;

static void *store_some(void *first) {
    celery_error_t *err = NULL;
    for (long i = (long)(intptr_t)first; i < total; i += storing) {
        const char *id = ids + i * ID_ROOM, *value = id + prefix_length;
        check(celery_app_store_result(app, id, "SUCCESS", value, strlen(value), NULL, &err), err);
    }
    return NULL;
}

static void store_and_take(celery_queue_t *queue) {
    pthread_t thread[MOST_STORING];
    double begun = now(), used = cpu();
    for (intptr_t i = 0; i < storing; i++)
        if (pthread_create(&thread[i], NULL, store_some, (void *)i)) die("no thread");
    take_all(queue, total);
    report_cost("queue", now() - begun, cpu() - used, total);
    for (long i = 0; i < storing; i++) pthread_join(thread[i], NULL);
}

static void take_alone(celery_queue_t *queue) {
    double first = now();
    store_some(NULL);
    double begun = now(), used = cpu();
    take_all(queue, total);
    printf("stored_per_second=%.1f ", (double)total / (begun - first));
    report_cost("take", now() - begun, cpu() - used, total);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: queue store|two|take N PREFIX");
    total = atol(argv[2]);
    prefix_length = strlen(argv[3]);
    /* Before the time counts. */
    ids = ids_of(argv[3], 0, total);
    app = open_app("memory://");
    celery_queue_t *queue = queue_of_all(app, argv[3], total);
    storing = strcmp(argv[1], "two") ? 1 : 2;
    if (!strcmp(argv[1], "take")) take_alone(queue);
    else if (!strcmp(argv[1], "store") || !strcmp(argv[1], "two")) store_and_take(queue);
    else die("no such case");
    if (celery_queue_pending(queue) != 0 || celery_queue_length(queue) != 0) die("something is left in the queue");
    celery_queue_free(queue);
    celery_app_free(app);
    free(ids);
    return 0;
}

/* A program that does not link the library: dlopen, use, dlclose while a thread waits inside,
 * use again (the library stays), exit. */
#include <celery_result.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* dlsym gives an object pointer; ISO C has no cast from that to a function. */
static void find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static celery_status_t (*app_open)(const char *, const celery_options_t *, celery_app_t **, celery_error_t **);
static celery_status_t (*result_new)(celery_app_t *, const char *, celery_result_t **, celery_error_t **);
static celery_status_t (*result_wait)(const celery_result_t *, int64_t, const celery_cancel_t *, celery_error_t **);
static void (*app_free)(celery_app_t *);
static void (*result_free)(celery_result_t *);

static void *wait_for_close(void *result)
{
    return result_wait(result, -1, NULL, NULL) == CELERY_ERR_CLOSED ? NULL : result;
}

int main(void)
{
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    pthread_t thread;
    void *wrong = NULL;

    void *library = dlopen("libcelery_result.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    find(library, "celery_app_open", &app_open);
    find(library, "celery_async_result_new", &result_new);
    find(library, "celery_result_wait", &result_wait);
    find(library, "celery_app_free", &app_free);
    find(library, "celery_result_free", &result_free);

    if (app_open("memory://", NULL, &app, NULL) != CELERY_OK || result_new(app, "id", &result, NULL) != CELERY_OK)
        return 2;
    if (result_wait(result, 0, NULL, NULL) != CELERY_ERR_TIMEOUT)
        return 3;
    if (pthread_create(&thread, NULL, wait_for_close, result) != 0 || dlclose(library) != 0)
        return 4;
    app_free(app); /* closes: the waiter comes back */
    pthread_join(thread, &wrong);
    result_free(result);
    return wrong == NULL ? 0 : 5;
}

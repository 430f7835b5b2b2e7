/* A program of somebody else: stores a result and gets it. With OTHER it also calls a second
 * library made by Rust, which catches a panic of its own. */
#include <celery_result.h>

#include <stdio.h>
#include <string.h>

#ifdef OTHER
int other_catches_a_panic(void);
#endif

int main(void)
{
    celery_app_t *app = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;
    celery_error_t *err = NULL;
    int failed = 1;

    if (celery_app_open("memory://", NULL, &app, &err) == CELERY_OK &&
        celery_app_store_result(app, "id", "SUCCESS", "[1, 2]", 6, NULL, &err) == CELERY_OK &&
        celery_async_result_new(app, "id", &result, &err) == CELERY_OK &&
        celery_result_get(result, 1000, &value, &err) == CELERY_OK)
        failed = strcmp(celery_value_json(value, NULL), "[1, 2]") != 0;
    else
        fprintf(stderr, "%s\n", celery_error_message(err));

    celery_value_free(value);
    celery_error_free(err);
    celery_result_free(result);
    celery_app_free(app);
#ifdef OTHER
    failed |= other_catches_a_panic() != 1;
#endif
    return failed;
}

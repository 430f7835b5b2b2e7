/* A panic inside the library ends at its boundary: the call fails, the program lives on. */
#include <celery_result.h>

#include <stdio.h>
#include <string.h>

celery_status_t celery_test_panic(celery_error_t **err);

int main(void)
{
    for (int round = 0; round < 1000; round++) {
        celery_error_t *err = NULL;
        celery_status_t status = celery_test_panic(&err);
        if (status != CELERY_ERR_PANIC || strstr(celery_error_message(err), "panicked") == NULL) {
            printf("not ok - panic: round %d: %s: %s\n", round, celery_status_name(status), celery_error_message(err));
            return 1;
        }
        celery_error_free(err);
    }
    puts("ok - 1000 panics are errors");
    puts(celery_test_panic(NULL) == CELERY_ERR_PANIC ? "ok - also without an error to fill"
                                                    : "not ok - also without an error to fill");
    return 0;
}

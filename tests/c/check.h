/* What the C tests share: one line per check, "ok - NAME" or "not ok - NAME: why", counted by
 * tests/run. Ends in `return check_status();`. */
#ifndef CHECK_H
#define CHECK_H

#include <celery_result.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int check_failures;

/* Reports one check; the format and what follows say why it failed. */
#define CHECK(passed, name, ...)                      \
    do {                                              \
        if (passed) {                                 \
            printf("ok - %s\n", (name));              \
        } else {                                      \
            check_failures++;                         \
            printf("not ok - %s: %s:%d: ", (name), __FILE__, __LINE__); \
            printf(__VA_ARGS__);                      \
            printf("\n");                             \
        }                                             \
        fflush(stdout);                               \
    } while (0)

/* Ends the program when the call failed: nothing after it would make sense. Frees the error. */
static inline void must(celery_status_t status, celery_error_t *err, const char *what)
{
    if (status == CELERY_OK)
        return;
    printf("not ok - %s: %s: %s\n", what, celery_status_name(status), celery_error_message(err));
    celery_error_free(err);
    exit(1);
}

static inline int check_status(void)
{
    return check_failures == 0 ? 0 : 1;
}

/* Milliseconds of a clock that only goes forward. */
static inline double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif

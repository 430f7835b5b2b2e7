/* What every C test needs: CHECK says where it failed and ends the program, DONE ends it well. */
#ifndef CHECK_H
#define CHECK_H

#include <celery_result.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    ((condition) ? (void)0 : (printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition), exit(1)))

#define SAME(text, expected) check_same(__FILE__, __LINE__, #text, text, expected)

static inline void check_same(const char *file, int line, const char *what, const char *text, const char *expected)
{
    if (text == NULL || strcmp(text, expected) != 0) {
        printf("not ok - %s:%d: %s is %s, not %s\n", file, line, what, text ? text : "NULL", expected);
        exit(1);
    }
}

/* The call must end with this status; its error is freed. */
#define STATUS(call, expected) check_status(__FILE__, __LINE__, #call, call, expected, &err)
#define OK(call) STATUS(call, CELERY_OK)

static inline void check_status(const char *file, int line, const char *what, celery_status_t status,
                                celery_status_t expected, celery_error_t **err)
{
    if (status != expected) {
        printf("not ok - %s:%d: %s is %s (%s), not %s\n", file, line, what, celery_status_name(status),
               celery_error_message(*err), celery_status_name(expected));
        exit(1);
    }
    celery_error_free(*err);
    *err = NULL;
}

/* For programs that leave on purpose what they have not freed: AddressSanitizer counts no leaks. */
#define LEAVES_MEMORY                          \
    const char *__asan_default_options(void);  \
    const char *__asan_default_options(void)   \
    {                                          \
        return "detect_leaks=0";               \
    }

#define DONE() (puts("ok"), 0)

#endif

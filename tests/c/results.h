/* What the C tests of sets and queues share: ids that no other run uses, storing, and short forms of
 * calls that must succeed. */
#ifndef RESULTS_H
#define RESULTS_H

#include "measure.h"

#include <stdarg.h>

/* An id of this process alone: the tests share one server. One of 64 places, used in turn. */
__attribute__((format(printf, 1, 2))) static inline const char *own_id(const char *format, ...)
{
    static __thread char texts[64][64];
    static __thread unsigned next;
    char *text = texts[next++ % 64];
    va_list arguments;
    int len = snprintf(text, 64, "%d-", (int)getpid());
    va_start(arguments, format);
    vsnprintf(text + len, 64 - (size_t)len, format, arguments);
    va_end(arguments);
    return text;
}

static inline void store(celery_app_t *app, const char *id, const char *state, const char *json)
{
    celery_error_t *err = NULL;
    OK(celery_app_store_result(app, id, state, json, strlen(json), NULL, &err));
}

static inline void succeed(celery_app_t *app, const char *id, const char *json)
{
    store(app, id, "SUCCESS", json);
}

static inline void fail(celery_app_t *app, const char *id, const char *message)
{
    char json[200];
    snprintf(json, sizeof json, "{\"exc_type\": \"ValueError\", \"exc_message\": [\"%s\"], \"exc_module\": \"builtins\"}",
             message);
    store(app, id, "FAILURE", json);
}

/* A set of these results; it keeps its own references. */
static inline celery_result_t *set_of(celery_app_t *app, celery_result_t *const *members, size_t count)
{
    celery_error_t *err = NULL;
    celery_result_t *set = NULL;
    OK(celery_result_set_new(app, members, count, &set, &err));
    return set;
}

static inline celery_result_t *group_of(celery_app_t *app, const char *id, celery_result_t *const *members,
                                        size_t count)
{
    celery_error_t *err = NULL;
    celery_result_t *group = NULL;
    OK(celery_group_result_new(app, id, members, count, NULL, &group, &err));
    return group;
}

static inline size_t member_count(const celery_result_t *set)
{
    celery_error_t *err = NULL;
    size_t count = 999;
    OK(celery_result_member_count(set, &count, &err));
    return count;
}

/* Calls a look of the form f(result, &flag, &err). */
#define FLAG(function, result) check_flag(#function, function, result)

static inline bool check_flag(const char *name,
                              celery_status_t (*look)(const celery_result_t *, bool *, celery_error_t **),
                              const celery_result_t *result)
{
    celery_error_t *err = NULL;
    bool flag = false;
    check_status(__FILE__, __LINE__, name, look(result, &flag, &err), CELERY_OK, &err);
    return flag;
}

/* The message of a call that must fail with this status; valid until the next one. */
#define MESSAGE(call, expected) check_message(__FILE__, __LINE__, #call, call, expected, &err)

static inline const char *check_message(const char *file, int line, const char *what, celery_status_t status,
                                        celery_status_t expected, celery_error_t **err)
{
    static __thread char text[500];
    snprintf(text, sizeof text, "%s", celery_error_message(*err));
    check_status(file, line, what, status, expected, err);
    return text;
}

#define CONTAINS(text, part) check_contains(__FILE__, __LINE__, text, part)

static inline void check_contains(const char *file, int line, const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        printf("not ok - %s:%d: \"%s\" does not contain \"%s\"\n", file, line, text, part);
        exit(1);
    }
}

static inline void free_all(celery_result_t **results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        celery_result_free(results[i]);
}

#endif

/*
 * The arguments KEY=VALUE of the C programs of the live tests, and the app that they open:
 * `option.NAME=VALUE` sets an option of it.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "check.h"

static char **arguments;
static int argument_count;

/* The value of the nth argument `key=value`; NULL where there are not so many. */
static inline const char *nth(const char *key, int n)
{
    size_t len = strlen(key);
    for (int i = 0; i < argument_count; i++)
        if (strncmp(arguments[i], key, len) == 0 && arguments[i][len] == '=' && n-- == 0)
            return arguments[i] + len + 1;
    return NULL;
}

static inline const char *text(const char *key)
{
    return nth(key, 0);
}

static inline int64_t number(const char *key, int64_t otherwise)
{
    return text(key) != NULL ? strtoll(text(key), NULL, 10) : otherwise;
}

static inline size_t length(const char *or_null)
{
    return or_null != NULL ? strlen(or_null) : 0;
}

static inline celery_app_t *open_app(const char *url)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    celery_app_t *app = NULL;
    OK(celery_options_new(&options, &err));
    for (int i = 0; i < argument_count; i++) {
        if (strncmp(arguments[i], "option.", 7) == 0) {
            const char *name = arguments[i] + 7;
            char *equals = strchr(arguments[i], '=');
            CHECK(equals != NULL);
            *equals = '\0';
            OK(celery_options_set(options, name, equals + 1, &err));
            *equals = '=';
        }
    }
    OK(celery_app_open(url, options, &app, &err));
    celery_options_free(options);
    return app;
}

/* The result of the argument `tuple`, else `group` (restored), else `id`. */
static inline celery_result_t *result_of(celery_app_t *app)
{
    celery_error_t *err = NULL;
    celery_result_t *result = NULL;
    if (text("tuple") != NULL)
        OK(celery_result_from_tuple(app, text("tuple"), length(text("tuple")), &result, &err));
    else if (text("group") != NULL)
        OK(celery_group_result_restore(app, text("group"), &result, &err));
    else
        OK(celery_async_result_new(app, text("id"), &result, &err));
    return result;
}

/* How to get: with the argument `timeout`, one look without it. */
static inline celery_get_options_t *options_of(bool propagate)
{
    celery_error_t *err = NULL;
    celery_get_options_t *options = NULL;
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, number("timeout", 0), &err));
    OK(celery_get_options_set_propagate(options, propagate, &err));
    return options;
}

#endif

/*
 * Prints what a call came to, in the words of _answers.py: the value, the exception that it raises,
 * or why there is none.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "json.h"

static inline void print_exception(const char *module, const char *type, celery_value_t *args)
{
    printf("{\"exception\": \"%s.%s\", \"args\": ", module != NULL ? module : "", type);
    print_json(args);
    putchar('}');
    celery_value_free(args);
}

/* Prints a value, which may be NULL, and frees it; exceptions, also in lists, as such. */
static inline void print_found(celery_value_t *value)
{
    celery_error_t *err = NULL;
    if (celery_value_is_exception(value)) {
        celery_value_t *args = NULL;
        OK(celery_value_exception_args(value, &args, &err));
        print_exception(celery_value_exception_module(value), celery_value_exception_type(value), args);
    } else if (celery_value_kind(value) == CELERY_KIND_ARRAY) {
        celery_value_iter_t *iter = NULL;
        celery_value_t *element = NULL;
        const char *before = "";
        OK(celery_value_iter_new(value, &iter, &err));
        putchar('[');
        for (;;) {
            OK(celery_value_iter_next(iter, NULL, &element, &err));
            if (element == NULL)
                break;
            fputs(before, stdout);
            print_found(element);
            before = ", ";
        }
        putchar(']');
        celery_value_iter_free(iter);
    } else {
        print_json(value);
    }
    celery_value_free(value);
}

/* Prints how a call failed, and frees its error. */
static inline void print_failure(celery_status_t status, celery_error_t *failure)
{
    celery_error_t *err = NULL;
    switch (status) {
    case CELERY_ERR_TASK_FAILED:
    case CELERY_ERR_TASK_REVOKED: {
        celery_value_t *args = NULL;
        OK(celery_error_exception_args(failure, &args, &err));
        fputs("{\"raises\": ", stdout);
        print_exception(celery_error_exception_module(failure), celery_error_exception_type(failure), args);
        putchar('}');
        break;
    }
    case CELERY_ERR_TIMEOUT:
        fputs("\"timeout\"", stdout);
        break;
    case CELERY_ERR_INCOMPLETE:
        fputs("\"incomplete\"", stdout);
        break;
    case CELERY_ERR_WRONG_KIND:
        fputs("\"wrong kind\"", stdout);
        break;
    default:
        print_string(celery_error_message(failure));
    }
    celery_error_free(failure);
}

static inline void print_outcome(celery_status_t status, celery_value_t *value, celery_error_t *failure)
{
    if (status == CELERY_OK)
        print_found(value);
    else
        print_failure(status, failure);
}

#endif

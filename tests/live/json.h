/*
 * Prints what the C programs of the live tests have found, as one JSON object a line: '{', then
 * members, then end_line(). Each member ends with a comma; the last one, "end", is always the same.
 */
#ifndef JSON_H
#define JSON_H

#include "check.h"

static inline void print_string(const char *value)
{
    if (value == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\' || *at < ' ')
            printf("\\u%04x", *at);
        else
            putchar(*at);
    }
    putchar('"');
}

static inline void print_text(const char *key, const char *value)
{
    printf("\"%s\": ", key);
    print_string(value);
    fputs(", ", stdout);
}

static inline void print_bool(const char *key, bool value)
{
    printf("\"%s\": %s, ", key, value ? "true" : "false");
}

/* Prints a value, which may be NULL, as it is stored. */
static inline void print_json(const celery_value_t *value)
{
    size_t len = 0;
    const char *json = celery_value_json(value, &len);
    fwrite(json != NULL ? json : "null", 1, json != NULL ? len : 4, stdout);
}

/* Prints a value, which may be NULL, and frees it. */
static inline void print_value(const char *key, celery_value_t *value)
{
    printf("\"%s\": ", key);
    print_json(value);
    fputs(", ", stdout);
    celery_value_free(value);
}

static inline void end_line(void)
{
    puts("\"end\": true}");
    fflush(stdout);
}

#endif

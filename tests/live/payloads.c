/*
 * Reads and writes records as payloads.py asks: a request a line on stdin, an answer a line on
 * stdout, one JSON object.
 *
 *     payloads URL
 *
 *     read FORMAT ID           what the record of ID holds; the record's bytes are Python's
 *     write FORMAT ID LENGTH   stores a SUCCESS; LENGTH bytes of JSON text follow, and a line's end
 *
 * FORMAT is SERIALIZER/COMPRESSION, as in the app's options; each has an app of its own.
 */
#include "json.h"

enum { MOST_APPS = 64, NAME = 64, ID = 128 };

static struct {
    char format[NAME];
    celery_app_t *app;
} apps[MOST_APPS];

static celery_app_t *open_app(const char *url, const char *format)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    celery_app_t *app = NULL;
    char serializer[NAME];
    strcpy(serializer, format);
    char *compression = strchr(serializer, '/');
    CHECK(compression != NULL);
    *compression++ = '\0';
    OK(celery_options_new(&options, &err));
    OK(celery_options_set(options, "result_serializer", serializer, &err));
    OK(celery_options_set(options, "result_compression", compression, &err));
    OK(celery_options_set(options, "result_accept_content", "json,pickle,yaml,msgpack", &err));
    OK(celery_options_set(options, "operation_timeout_ms", "60000", &err));
    OK(celery_app_open(url, options, &app, &err));
    celery_options_free(options);
    return app;
}

static celery_app_t *app_of(const char *url, const char *format)
{
    for (size_t i = 0; i < MOST_APPS; i++) {
        if (apps[i].app == NULL) {
            strcpy(apps[i].format, format);
            apps[i].app = open_app(url, format);
        }
        if (strcmp(apps[i].format, format) == 0)
            return apps[i].app;
    }
    CHECK(!"so many apps");
    return NULL;
}

/* Prints how a call ended, and frees its error. */
static void print_end(celery_status_t status, celery_error_t *err)
{
    print_text("status", celery_status_name(status));
    print_text("error", celery_error_message(err));
    celery_error_free(err);
}

static void read_record(celery_app_t *app, const char *id)
{
    celery_error_t *err = NULL;
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL;
    celery_result_t *result = NULL;
    int32_t state = -1;

    OK(celery_async_result_new(app, id, &result, &err));
    putchar('{');
    celery_status_t status = celery_result_state(result, &state, &err);
    if (status == CELERY_OK)
        status = celery_result_meta(result, &meta, &err);
    if (status == CELERY_OK) {
        CHECK(state == celery_meta_state(meta));
        print_text("state", celery_meta_state_text(meta));
        print_text("task_id", celery_meta_task_id(meta));
        status = celery_meta_value(meta, &value, &err);
    }
    if (status == CELERY_OK)
        print_value("value", value);
    print_end(status, err);
    end_line();
    celery_meta_free(meta);
    celery_result_free(result);
}

static void write_record(celery_app_t *app, const char *id, size_t len)
{
    celery_error_t *err = NULL;
    char *json = malloc(len + 1);
    CHECK(json != NULL && fread(json, 1, len + 1, stdin) == len + 1 && json[len] == '\n');
    celery_status_t status = celery_app_store_result(app, id, "SUCCESS", json, len, NULL, &err);
    putchar('{');
    print_end(status, err);
    end_line();
    free(json);
}

int main(int argc, char **argv)
{
    char command[8], format[NAME], id[ID];
    size_t len = 0;

    CHECK(argc == 2);
    while (scanf("%7s %63s %127s", command, format, id) == 3) {
        celery_app_t *app = app_of(argv[1], format);
        if (strcmp(command, "read") == 0) {
            read_record(app, id);
        } else {
            CHECK(scanf("%zu", &len) == 1 && getchar() == '\n');
            write_record(app, id, len);
        }
    }
    for (size_t i = 0; i < MOST_APPS && apps[i].app != NULL; i++)
        celery_app_free(apps[i].app);
    return 0;
}

/* Values: every getter, every refusal, navigation, a walk, and lifetimes. */
#include "check.h"

#include <math.h>

static celery_app_t *app;
static celery_error_t *err;

/* Stores JSON text and gets it back as a value. */
static celery_value_t *value_of(const char *json)
{
    static int number;
    char id[32];
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;

    snprintf(id, sizeof id, "value-%d", number++);
    OK(celery_app_store_result(app, id, "SUCCESS", json, strlen(json), NULL, &err));
    OK(celery_async_result_new(app, id, &result, &err));
    OK(celery_result_get(result, 1000, &value, &err));
    celery_result_free(result);
    return value;
}

static void scalars(void)
{
    celery_value_t *value = value_of("{\"i\": -7, \"u\": 18446744073709551615, \"big\": 123456789012345678901234567890,"
                                     " \"f\": 1.5, \"nan\": NaN, \"t\": true, \"n\": null, \"s\": \"a\\u0000\\u017c\","
                                     " \"lone\": \"\\ud800\", \"a/b\": {\"~\": [10, 20]},"
                                     " \"bytes\": {\"__type__\": \"base64\", \"__value__\": \"AP8=\"},"
                                     " \"uuid\": {\"__type__\": \"uuid\", \"__value__\": {\"hex\": \"c0ffee00000140008000000000000001\"}}}");
    bool flag = false;
    int64_t number = 1;
    uint64_t natural = 0;
    double fraction = 0;
    const char *text = NULL, *again = NULL;
    const uint8_t *bytes = NULL;
    size_t len = 0;

    CHECK(celery_value_kind(value) == CELERY_KIND_OBJECT && !celery_value_is_exception(value));
    OK(celery_value_int64(value, "/i", &number, &err));
    CHECK(number == -7);
    STATUS(celery_value_uint64(value, "/i", &natural, &err), CELERY_ERR_OVERFLOW);
    OK(celery_value_uint64(value, "/u", &natural, &err));
    CHECK(natural == UINT64_MAX);
    STATUS(celery_value_int64(value, "/u", &number, &err), CELERY_ERR_OVERFLOW);
    STATUS(celery_value_int64(value, "/big", &number, &err), CELERY_ERR_OVERFLOW);
    CHECK(number == -7); /* outputs are written on success only */
    OK(celery_value_double(value, "/big", &fraction, &err));
    CHECK(fraction > 1e29);
    OK(celery_value_double(value, "/f", &fraction, &err));
    CHECK(fraction == 1.5);
    OK(celery_value_double(value, "/nan", &fraction, &err));
    CHECK(isnan(fraction));
    OK(celery_value_bool(value, "/t", &flag, &err));
    CHECK(flag);
    STATUS(celery_value_bool(value, "/n", &flag, &err), CELERY_ERR_WRONG_TYPE);
    STATUS(celery_value_int64(value, "/f", &number, &err), CELERY_ERR_WRONG_TYPE);
    STATUS(celery_value_int64(value, NULL, &number, &err), CELERY_ERR_WRONG_TYPE);

    OK(celery_value_string(value, "/s", &text, &len, &err));
    CHECK(len == 4 && memcmp(text, "a\0\xc5\xbc", 5) == 0);
    OK(celery_value_string(value, "/s", &again, NULL, &err));
    CHECK(again == text);
    STATUS(celery_value_string(value, "/lone", &text, &len, &err), CELERY_ERR_NOT_UTF8);
    OK(celery_value_wtf8(value, "/lone", &bytes, &len, &err));
    CHECK(len == 3 && memcmp(bytes, "\xed\xa0\x80", 3) == 0);
    OK(celery_value_bytes(value, "/bytes", &bytes, &len, &err));
    CHECK(len == 2 && bytes[0] == 0 && bytes[1] == 255);
    OK(celery_value_string(value, "/uuid", &text, NULL, &err));
    SAME(text, "c0ffee00-0001-4000-8000-000000000001");
    STATUS(celery_value_string(value, "/i", &text, NULL, &err), CELERY_ERR_WRONG_TYPE);

    OK(celery_value_int64(value, "/a~1b/~0/1", &number, &err));
    CHECK(number == 20);
    STATUS(celery_value_int64(value, "/a~1b/~0/2", &number, &err), CELERY_ERR_NO_SUCH_VALUE);
    STATUS(celery_value_int64(value, "/nothing", &number, &err), CELERY_ERR_NO_SUCH_VALUE);
    STATUS(celery_value_int64(value, "i", &number, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_value_int64(value, "/~2", &number, &err), CELERY_ERR_INVALID_ARGUMENT);

    CHECK(strstr(celery_value_json(value, &len), "NaN") != NULL && len == strlen(celery_value_json(value, NULL)));
    CHECK(celery_value_json_strict(value, &text, &len, &err) == CELERY_ERR_NOT_JSON);
    CHECK(strstr(celery_error_message(err), "/nan") != NULL);
    celery_error_free(err), err = NULL;
    STATUS(celery_value_exception_args(value, &(celery_value_t *){0}, &err), CELERY_ERR_WRONG_TYPE);
    celery_value_free(value);
}

static void navigation(void)
{
    celery_value_t *root = value_of("{\"list\": [1, {\"x\": \"y\"}, []], \"k\": 1, \"k\": 2}");
    celery_value_t *list = NULL, *inner = NULL, *key = NULL, *item = NULL;
    celery_value_iter_t *iter = NULL;
    const char *text = NULL;
    size_t length = 0, seen = 0;
    int64_t number = 0;

    OK(celery_value_length(root, NULL, &length, &err));
    CHECK(length == 3);
    OK(celery_value_length(root, "/list", &length, &err));
    CHECK(length == 3);
    STATUS(celery_value_length(root, "/k", &length, &err), CELERY_ERR_WRONG_TYPE);
    OK(celery_value_get_key(root, "k", &item, &err));
    OK(celery_value_int64(item, NULL, &number, &err));
    CHECK(number == 2); /* the last one, as in Python */
    celery_value_free(item);
    STATUS(celery_value_get_key(root, "z", &item, &err), CELERY_ERR_NO_SUCH_VALUE);
    CHECK(item == NULL);
    OK(celery_value_key_at(root, 0, &key, &err));
    OK(celery_value_string(key, NULL, &text, NULL, &err));
    SAME(text, "list");
    celery_value_free(key);
    OK(celery_value_get(root, "/list", &list, &err));
    CHECK(celery_value_kind(list) == CELERY_KIND_ARRAY);
    STATUS(celery_value_key_at(list, 0, &key, &err), CELERY_ERR_WRONG_TYPE);
    STATUS(celery_value_index(list, 3, &inner, &err), CELERY_ERR_NO_SUCH_VALUE);
    STATUS(celery_value_index(list, SIZE_MAX, &inner, &err), CELERY_ERR_NO_SUCH_VALUE);
    OK(celery_value_index(list, 1, &inner, &err));
    celery_value_free(root); /* what was taken out stays */
    celery_value_free(list);
    OK(celery_value_iter_new(inner, &iter, &err));
    celery_value_free(inner);
    for (;;) {
        OK(celery_value_iter_next(iter, &key, &item, &err));
        if (item == NULL)
            break;
        seen++;
        OK(celery_value_string(key, NULL, &text, NULL, &err));
        SAME(text, "x");
        OK(celery_value_json_strict(item, &text, NULL, &err));
        SAME(text, "\"y\"");
        celery_value_free(key);
        celery_value_free(item);
    }
    CHECK(seen == 1 && key == NULL);
    OK(celery_value_iter_next(iter, NULL, &item, &err));
    CHECK(item == NULL);
    celery_value_iter_free(iter);
}

int main(void)
{
    celery_value_t *value, *again;

    OK(celery_app_open("memory://", NULL, &app, &err));
    scalars();
    navigation();

    value = value_of("[1, 2]");
    again = celery_value_ref(value);
    CHECK(again == value);
    celery_value_free(value);
    celery_app_free(app); /* values outlive their app */
    SAME(celery_value_json(again, NULL), "[1, 2]");
    celery_value_free(again);
    return DONE();
}

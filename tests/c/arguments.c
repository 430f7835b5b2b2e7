/* Numbers out of their range, options right and wrong, versions. */
#include "check.h"

static void nobody(void *env, int32_t level, const char *target, const char *message)
{
    (void)env, (void)level, (void)target, (void)message;
}

static void versions(void)
{
    celery_error_t *err = NULL;
    char spelled[32];
    uint32_t number = celery_version_number();

    snprintf(spelled, sizeof spelled, "%u.%u.%u", number / 10000, number / 100 % 100, number % 100);
    CHECK(strncmp(celery_version(), spelled, strlen(spelled)) == 0);
    OK(celery_check_version(number, &err));
    STATUS(celery_check_version(number + 1, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_check_version(number + 10000, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_check_version(UINT32_MAX, &err), CELERY_ERR_INVALID_ARGUMENT);
#ifdef CELERY_VERSION_NUMBER
    CHECK(number == CELERY_VERSION_NUMBER);
    CHECK(CELERY_VERSION_NUMBER ==
          CELERY_VERSION_MAJOR * 10000 + CELERY_VERSION_MINOR * 100 + CELERY_VERSION_PATCH);
    SAME(celery_version(), CELERY_VERSION_STRING);
#endif
}

static void states(void)
{
    SAME(celery_state_name(CELERY_STATE_RETRY), "RETRY");
    CHECK(celery_state_name(CELERY_STATE_CUSTOM) == NULL);
    CHECK(celery_state_name(-1) == NULL && celery_state_name(INT32_MAX) == NULL);
    CHECK(celery_state_from_name("REVOKED") == CELERY_STATE_REVOKED);
    CHECK(celery_state_from_name("revoked") == CELERY_STATE_CUSTOM);
    CHECK(celery_state_from_name("\xff") == -1);
    CHECK(celery_state_is_ready(CELERY_STATE_REVOKED) && !celery_state_is_ready(CELERY_STATE_CUSTOM));
    CHECK(!celery_state_is_unready(CELERY_STATE_CUSTOM) && !celery_state_is_unready(12345));
    CHECK(celery_state_is_exception(CELERY_STATE_RETRY) && !celery_state_is_propagate(CELERY_STATE_RETRY));
    CHECK(celery_state_precedence(CELERY_STATE_SUCCESS) == 0);
    CHECK(celery_state_precedence(CELERY_STATE_FAILURE) < celery_state_precedence(CELERY_STATE_CUSTOM));
    CHECK(celery_state_precedence(CELERY_STATE_CUSTOM) < celery_state_precedence(CELERY_STATE_PENDING));
}

static const char *option_default(const char *name)
{
    for (size_t i = 0; i < celery_options_count(); i++)
        if (strcmp(celery_options_name(i), name) == 0)
            return celery_options_default(i);
    return NULL;
}

/* What an app may not read has its own status, which names it. */
static void accepted(void)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    celery_app_t *writer = NULL, *reader = NULL;
    celery_result_t *result = NULL;
    celery_value_t *value = NULL;

    OK(celery_options_new(&options, &err));
    OK(celery_options_set(options, "accept_content", "pickle,yaml", &err));
    OK(celery_app_open("memory://accepted", NULL, &writer, &err));
    OK(celery_app_open("memory://accepted", options, &reader, &err));
    OK(celery_app_store_result(writer, "id", "SUCCESS", "1", 1, NULL, &err));
    OK(celery_async_result_new(reader, "id", &result, &err));
    CHECK(celery_result_get(result, 1000, &value, &err) == CELERY_ERR_CONTENT_DISALLOWED && value == NULL);
    CHECK(strstr(celery_error_message(err), "json (application/json)") != NULL);
    celery_error_free(err), err = NULL;
    celery_result_free(result);
    celery_app_free(reader);
    celery_app_free(writer);
    celery_options_free(options);
}

static void options(void)
{
    celery_error_t *err = NULL;
    celery_options_t *options = NULL;
    size_t known = 0;

    OK(celery_options_new(&options, &err));
    CHECK(celery_options_count() > 20);
    for (size_t i = 0; i < celery_options_count(); i++) {
        CHECK(*celery_options_name(i) && celery_options_default(i) && *celery_options_doc(i));
        known += strcmp(celery_options_name(i), "result_expires") == 0;
    }
    CHECK(known == 1);
    CHECK(celery_options_name(celery_options_count()) == NULL && celery_options_doc(SIZE_MAX) == NULL);

    OK(celery_options_set(options, "result_expires", "90", &err));
    SAME(celery_options_get(options, "result_expires"), "90");
    OK(celery_options_set_seconds(options, "result_expires", 1.5, &err));
    CHECK(strcmp(celery_options_get(options, "result_expires"), "90") != 0);
    OK(celery_options_unset(options, "result_expires", &err));
    CHECK(celery_options_get(options, "result_expires") == NULL);
    OK(celery_options_set_bool(options, "result_extended", true, &err));
    SAME(celery_options_get(options, "result_extended"), "true");
    OK(celery_options_set_int64(options, "max_nesting_depth", 50, &err));
    STATUS(celery_options_set_int64(options, "max_nesting_depth", INT64_MIN, &err), CELERY_ERR_INVALID_OPTION);
    STATUS(celery_options_set(options, "result_extended", "perhaps", &err), CELERY_ERR_INVALID_OPTION);
    CHECK(celery_options_set(options, "result_expire", "1", &err) == CELERY_ERR_UNKNOWN_OPTION);
    CHECK(strstr(celery_error_message(err), "result_expires") != NULL);
    celery_error_free(err), err = NULL;

    SAME(option_default("result_serializer"), "auto");
    OK(celery_options_set(options, "result_serializer", "application/json", &err));
    CHECK(celery_options_set(options, "result_serializer", "jsn", &err) == CELERY_ERR_INVALID_OPTION);
    CHECK(strstr(celery_error_message(err), "auto, json, pickle, yaml, msgpack") != NULL);
    celery_error_free(err), err = NULL;
    STATUS(celery_options_set(options, "result_compression", "zip", &err), CELERY_ERR_INVALID_OPTION);
    OK(celery_options_set(options, "result_accept_content", "json,application/x-yaml", &err));
    CHECK(celery_options_set(options, "accept_content", "json,jsn", &err) == CELERY_ERR_INVALID_OPTION);
    CHECK(strstr(celery_error_message(err), "\"jsn\"") != NULL);
    celery_error_free(err), err = NULL;

    CHECK(celery_options_ignored_count(options) == 0);
    OK(celery_options_set(options, "result_cache_max", "10", &err));
    CHECK(celery_options_ignored_count(options) == 1);
    SAME(celery_options_ignored_at(options, 0), "result_cache_max");
    CHECK(celery_options_ignored_at(options, 1) == NULL);

    STATUS(celery_options_set_log(options, 0, nobody, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_options_set_log(options, 5, nobody, NULL, NULL, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_options_set_log(options, CELERY_LOG_DEBUG, nobody, NULL, NULL, &err));
    celery_options_free(options);
}

static void apps(void)
{
    celery_error_t *err = NULL;
    celery_app_t *app = NULL, *again;
    celery_stats_t *stats = NULL;
    uint64_t figure = 99;

    CHECK(celery_app_open("redis://:secret@", NULL, &app, &err) == CELERY_OK || app == NULL);
    CHECK(strstr(celery_error_message(err), "secret") == NULL);
    celery_error_free(err), err = NULL;
    celery_app_free(app);

    CHECK(celery_app_open("nowhere://:secret@host", NULL, &app, &err) != CELERY_OK);
    CHECK(app == NULL && strstr(celery_error_message(err), "secret") == NULL);
    celery_error_free(err), err = NULL;

    OK(celery_app_open("memory://", NULL, &app, &err));
    CHECK(strncmp(celery_app_uri(app), "memory://", 9) == 0);
    OK(celery_app_stats(app, &stats, &err));
    for (size_t i = 0; i < celery_stats_count(); i++) {
        OK(celery_stats_get(stats, celery_stats_name(i), &figure, &err));
        CHECK(figure == celery_stats_value(stats, i));
    }
    CHECK(celery_stats_name(celery_stats_count()) == NULL && celery_stats_value(stats, 1000) == 0);
    STATUS(celery_stats_get(stats, "nonsense", &figure, &err), CELERY_ERR_NO_SUCH_VALUE);
    celery_stats_free(stats);

    /* Only the last free closes. */
    again = celery_app_ref(app);
    CHECK(again == app);
    celery_app_free(app);
    OK(celery_app_store_result(again, "id", "SUCCESS", "1", 1, NULL, &err));
    celery_app_close(again);
    celery_app_close(again);
    STATUS(celery_app_store_result(again, "id", "SUCCESS", "1", 1, NULL, &err), CELERY_ERR_CLOSED);
    OK(celery_app_close_wait(again, 1000, &err));
    celery_app_free(again);
}

int main(void)
{
    celery_error_t *err = NULL;
    celery_get_options_t *get = NULL;

    versions();
    states();
    options();
    accepted();
    apps();

    OK(celery_get_options_new(&get, &err));
    STATUS(celery_get_options_set_interval_ms(get, 0, &err), CELERY_ERR_INVALID_ARGUMENT);
    STATUS(celery_get_options_set_interval_ms(get, INT64_MIN, &err), CELERY_ERR_INVALID_ARGUMENT);
    OK(celery_get_options_set_timeout_ms(get, INT64_MAX, &err));
    STATUS(celery_get_options_set_propagate_states(get, (const char *const *)&get, SIZE_MAX, &err),
           CELERY_ERR_INVALID_ARGUMENT);
    celery_get_options_free(get);
    return DONE();
}

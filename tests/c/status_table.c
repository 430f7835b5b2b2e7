/* The constants have the numbers of abi/constants.txt for ever, and the table of statuses that
 * bindings read at run time is the same list. Run it where abi/ is. */
#include "check.h"

struct constant {
    const char *name;
    long value;
    int is_status;
};

#define ROW(name) {#name, name, strncmp(#name, "CELERY_ERR_", 11) == 0 || strcmp(#name, "CELERY_OK") == 0}

int main(void)
{
    const struct constant constants[] = {
        ROW(CELERY_OK),
        ROW(CELERY_ERR_INVALID_ARGUMENT),
        ROW(CELERY_ERR_NULL_ARGUMENT),
        ROW(CELERY_ERR_INVALID_UTF8),
        ROW(CELERY_ERR_INVALID_URL),
        ROW(CELERY_ERR_UNKNOWN_OPTION),
        ROW(CELERY_ERR_INVALID_OPTION),
        ROW(CELERY_ERR_NOT_BUILT_IN),
        ROW(CELERY_ERR_WRONG_KIND),
        ROW(CELERY_ERR_WRONG_TYPE),
        ROW(CELERY_ERR_OVERFLOW),
        ROW(CELERY_ERR_NOT_UTF8),
        ROW(CELERY_ERR_NOT_JSON),
        ROW(CELERY_ERR_NO_SUCH_VALUE),
        ROW(CELERY_ERR_UNSUPPORTED),
        ROW(CELERY_ERR_TIMEOUT),
        ROW(CELERY_ERR_UNREACHABLE),
        ROW(CELERY_ERR_CANCELLED),
        ROW(CELERY_ERR_CLOSED),
        ROW(CELERY_ERR_FORKED),
        ROW(CELERY_ERR_RECURSIVE),
        ROW(CELERY_ERR_NOT_FOUND),
        ROW(CELERY_ERR_RELEASED),
        ROW(CELERY_ERR_PANIC),
        ROW(CELERY_ERR_JOIN_DENIED),
        ROW(CELERY_ERR_LIMIT),
        ROW(CELERY_ERR_INCOMPLETE),
        ROW(CELERY_ERR_WAKEUP),
        ROW(CELERY_ERR_UNCERTAIN),
        ROW(CELERY_ERR_AUTH),
        ROW(CELERY_ERR_PERMISSION),
        ROW(CELERY_ERR_BAD_DATABASE),
        ROW(CELERY_ERR_SERVER),
        ROW(CELERY_ERR_DECODE),
        ROW(CELERY_ERR_TOO_LARGE),
        ROW(CELERY_ERR_TOO_DEEP),
        ROW(CELERY_ERR_CONTENT_DISALLOWED),
        ROW(CELERY_ERR_ENCODE),
        ROW(CELERY_ERR_TASK_FAILED),
        ROW(CELERY_ERR_TASK_REVOKED),
        ROW(CELERY_STATE_PENDING),
        ROW(CELERY_STATE_RECEIVED),
        ROW(CELERY_STATE_STARTED),
        ROW(CELERY_STATE_SUCCESS),
        ROW(CELERY_STATE_FAILURE),
        ROW(CELERY_STATE_REVOKED),
        ROW(CELERY_STATE_REJECTED),
        ROW(CELERY_STATE_RETRY),
        ROW(CELERY_STATE_IGNORED),
        ROW(CELERY_STATE_CUSTOM),
        ROW(CELERY_RESULT_ASYNC),
        ROW(CELERY_RESULT_EAGER),
        ROW(CELERY_RESULT_SET),
        ROW(CELERY_RESULT_GROUP),
        ROW(CELERY_KIND_NULL),
        ROW(CELERY_KIND_BOOL),
        ROW(CELERY_KIND_INT),
        ROW(CELERY_KIND_FLOAT),
        ROW(CELERY_KIND_STRING),
        ROW(CELERY_KIND_BYTES),
        ROW(CELERY_KIND_ARRAY),
        ROW(CELERY_KIND_OBJECT),
        ROW(CELERY_KIND_DATETIME),
        ROW(CELERY_KIND_DATE),
        ROW(CELERY_KIND_TIME),
        ROW(CELERY_KIND_DECIMAL),
        ROW(CELERY_KIND_UUID),
        ROW(CELERY_KIND_SET),
        ROW(CELERY_KIND_MAP),
        ROW(CELERY_KIND_TIMEDELTA),
        ROW(CELERY_KIND_PYTHON_OBJECT),
        ROW(CELERY_KIND_PYTHON_NAME),
        ROW(CELERY_KIND_EXCEPTION),
        ROW(CELERY_LOG_ERROR),
        ROW(CELERY_LOG_WARNING),
        ROW(CELERY_LOG_INFO),
        ROW(CELERY_LOG_DEBUG),
        ROW(CELERY_EVENT_READY),
        ROW(CELERY_EVENT_PROGRESS),
        ROW(CELERY_EVENT_FAILED),
        ROW(CELERY_EVENT_CLOSED),
        ROW(CELERY_EVENT_CONNECTED),
        ROW(CELERY_EVENT_DISCONNECTED),
        ROW(CELERY_PLACE_FINISHED),
        ROW(CELERY_PLACE_RUNNING),
        ROW(CELERY_PLACE_RESERVED),
        ROW(CELERY_PLACE_SCHEDULED),
        ROW(CELERY_PLACE_UNKNOWN),
    };
    const size_t count = sizeof constants / sizeof *constants;
    size_t statuses = 0, lines = 0;
    char line[200], printed[200];

    FILE *golden = fopen("abi/constants.txt", "r");
    CHECK(golden != NULL);
    while (fgets(line, sizeof line, golden)) {
        size_t found = 0;
        if (line[0] == '#')
            continue;
        lines++;
        for (size_t i = 0; i < count; i++) {
            snprintf(printed, sizeof printed, "%s = %ld\n", constants[i].name, constants[i].value);
            found += strcmp(line, printed) == 0;
        }
        if (found != 1)
            printf("not ok - the header does not agree with abi/constants.txt: %s", line);
        CHECK(found == 1);
    }
    fclose(golden);
    CHECK(lines == count);

    for (size_t i = 0; i < count; i++) {
        size_t found = 0;
        if (!constants[i].is_status)
            continue;
        statuses++;
        SAME(celery_status_name((celery_status_t)constants[i].value), constants[i].name);
        CHECK(strlen(celery_status_message((celery_status_t)constants[i].value)) > 10);
        for (size_t at = 0; at < celery_status_count(); at++)
            found += celery_status_at(at) == constants[i].value;
        CHECK(found == 1);
        CHECK(i == 0 || constants[i].value <= 0);
    }
    CHECK(statuses == celery_status_count());
    CHECK(celery_status_at(0) == CELERY_OK);

    /* Numbers that are no status. */
    CHECK(celery_status_at(celery_status_count()) == CELERY_ERR_NO_SUCH_VALUE);
    CHECK(celery_status_at(SIZE_MAX) == CELERY_ERR_NO_SUCH_VALUE);
    SAME(celery_status_name(1), "CELERY_ERR_UNKNOWN");
    SAME(celery_status_name(INT32_MIN), "CELERY_ERR_UNKNOWN");
    CHECK(celery_status_message(-9999) != NULL);
    CHECK(!celery_status_is_retriable(-9999) && !celery_status_is_timeout(1));

    CHECK(celery_status_is_timeout(CELERY_ERR_TIMEOUT) && celery_status_is_timeout(CELERY_ERR_UNREACHABLE));
    CHECK(!celery_status_is_timeout(CELERY_OK) && !celery_status_is_timeout(CELERY_ERR_CANCELLED));
    CHECK(celery_status_is_retriable(CELERY_ERR_TIMEOUT) && !celery_status_is_retriable(CELERY_OK));
    return DONE();
}

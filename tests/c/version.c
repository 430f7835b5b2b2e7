/* The version macros, the library's own version, and whether the two fit. */
#include "check.h"

int main(void)
{
    celery_error_t *err = NULL;
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", CELERY_VERSION_MAJOR, CELERY_VERSION_MINOR, CELERY_VERSION_PATCH);
    SAME(text, CELERY_VERSION_STRING);
    SAME(celery_version(), CELERY_VERSION_STRING);

    CHECK(CELERY_VERSION_NUMBER ==
          CELERY_VERSION_MAJOR * 10000 + CELERY_VERSION_MINOR * 100 + CELERY_VERSION_PATCH);
    CHECK(celery_version_number() == CELERY_VERSION_NUMBER);
    CHECK(CELERY_AT_LEAST_VERSION(0, 1, 0));
    CHECK(!CELERY_AT_LEAST_VERSION(CELERY_VERSION_MAJOR, CELERY_VERSION_MINOR, CELERY_VERSION_PATCH + 1));

    OK(celery_check_version(CELERY_VERSION_NUMBER, &err));
    CHECK(celery_check_version(CELERY_VERSION_NUMBER + 10000, &err) == CELERY_ERR_INVALID_ARGUMENT);
    CHECK(strstr(celery_error_message(err), CELERY_VERSION_STRING) != NULL);
    celery_error_free(err);
    return DONE();
}

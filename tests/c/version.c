/* The version macros, the library's own version, and whether the two fit. */
#include "check.h"

int main(void)
{
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", CELERY_VERSION_MAJOR, CELERY_VERSION_MINOR, CELERY_VERSION_PATCH);
    CHECK(strcmp(text, CELERY_VERSION_STRING) == 0, "the parts make the text", "%s", text);
    CHECK(strcmp(celery_version(), CELERY_VERSION_STRING) == 0, "header and library agree", "%s", celery_version());

    int number = CELERY_VERSION_MAJOR * 10000 + CELERY_VERSION_MINOR * 100 + CELERY_VERSION_PATCH;
    CHECK(number == CELERY_VERSION_NUMBER, "the parts make the number", "%d", number);
    CHECK(celery_version_number() == CELERY_VERSION_NUMBER, "the library has the same number", "%u",
          (unsigned)celery_version_number());

    CHECK(CELERY_AT_LEAST_VERSION(0, 1, 0), "at least 0.1.0", " ");
    CHECK(!CELERY_AT_LEAST_VERSION(CELERY_VERSION_MAJOR, CELERY_VERSION_MINOR, CELERY_VERSION_PATCH + 1),
          "not yet the next patch", " ");

    CHECK(celery_check_version(CELERY_VERSION_NUMBER, NULL) == CELERY_OK, "the library serves its own header", " ");
    celery_error_t *err = NULL;
    celery_status_t status = celery_check_version(CELERY_VERSION_NUMBER + 10000, &err);
    CHECK(status != CELERY_OK && strstr(celery_error_message(err), CELERY_VERSION_STRING) != NULL,
          "a header of the next major version does not fit", "%s", celery_error_message(err));
    celery_error_free(err);
    return check_status();
}

/* The status table as a binding reads it: complete, without repeats, with names and sentences. */
#include "check.h"

int main(void)
{
    size_t count = celery_status_count();
    bool named = true, unique = true;
    for (size_t i = 0; i < count; i++) {
        celery_status_t status = celery_status_at(i);
        const char *name = celery_status_name(status);
        named &= strncmp(name, "CELERY_", 7) == 0 && strlen(celery_status_message(status)) > 5;
        for (size_t j = 0; j < i; j++)
            unique &= celery_status_at(j) != status && strcmp(celery_status_name(celery_status_at(j)), name) != 0;
    }
    CHECK(count > 30, "the table is there", "%zu rows", count);
    CHECK(celery_status_at(0) == CELERY_OK, "it begins with CELERY_OK", " ");
    CHECK(named, "each has a name and a sentence", " ");
    CHECK(unique, "no number and no name comes twice", " ");
    CHECK(celery_status_at(count) == CELERY_ERR_NO_SUCH_VALUE, "it ends", " ");
    CHECK(celery_status_name(-99999) != NULL && celery_status_message(12345) != NULL,
          "a number that is no status has a name too", " ");
    CHECK(celery_status_is_timeout(CELERY_ERR_TIMEOUT) && celery_status_is_timeout(CELERY_ERR_UNREACHABLE) &&
              !celery_status_is_timeout(CELERY_OK) && !celery_status_is_timeout(CELERY_ERR_CANCELLED),
          "two statuses are timeouts", " ");
    return check_status();
}

/* The sets of the stress test: all ways to wait for one, and what others do with it meanwhile. */
#ifndef STRESS_SETS_H
#define STRESS_SETS_H

#include "stress_world.h"

enum { PATIENCE = 60000 };

/* A set that a thread waits for and others may change. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static celery_result_t *shared;

static void check_value(const celery_value_t *value, int task)
{
    int64_t number = -1;
    if (fails(task))
        SAME(celery_value_exception_type(value), "ValueError");
    else
        CHECK(celery_value_int64(value, NULL, &number, NULL) == CELERY_OK && number == task);
}

static celery_result_t *set_of_tasks(int life, int first, int count)
{
    celery_result_t *members[8];
    for (int i = 0; i < count; i++)
        members[i] = result_of(lives[life].app, name_of(first + i));
    celery_result_t *set = choose(2) ? set_of(lives[life].app, members, (size_t)count)
                                     : group_of(lives[life].app, name_of(first), members, (size_t)count);
    free_all(members, (size_t)count);
    return set;
}

/* Each member once, in whatever order. */
static celery_status_t walk(const celery_result_t *set, celery_get_options_t *options, int first, int count)
{
    celery_result_iter_t *iter = NULL;
    celery_status_t status;
    bool seen[8] = {false};
    int members = 0;
    CHECK(celery_result_iter_native(set, options, &iter, NULL) == CELERY_OK);
    for (;;) {
        celery_result_t *member = NULL;
        size_t index = 99;
        status = celery_result_iter_next(iter, &index, &member, NULL, NULL);
        if (status != CELERY_OK || member == NULL)
            break;
        CHECK(index < (size_t)count && !seen[index] && atomic_load(&task_stored[first + (int)index]));
        SAME(celery_result_id(member), name_of(first + (int)index));
        celery_result_free(member);
        seen[index] = true;
        members++;
        if (choose(16) == 0)
            break; /* and the rest is not of interest */
        CHECK(members <= count);
    }
    celery_result_iter_free(iter);
    return status;
}

static celery_status_t wait_for_several(celery_app_t *app, int first, int count, const celery_cancel_t *cancel)
{
    celery_result_t *results[8];
    size_t indices[8] = {0}, ready = 1, least = 1 + choose((unsigned)count);
    celery_status_t status;
    for (int i = 0; i < count; i++)
        results[i] = result_of(app, name_of(first + i));
    if (choose(2)) {
        status = celery_wait_any(results, (size_t)count, PATIENCE, cancel, indices, NULL);
        least = 1;
    } else {
        status = celery_wait_some(results, (size_t)count, least, PATIENCE, cancel, indices, &ready, NULL);
    }
    for (size_t i = 0; status == CELERY_OK && i < ready; i++)
        CHECK(ready >= least && atomic_load(&task_stored[first + (int)indices[i]]));
    free_all(results, (size_t)count);
    return status;
}

/* Waits for all values of a set. */
static celery_status_t get_all(const celery_result_t *set, celery_get_options_t *options, int first, int count)
{
    celery_value_t *values = NULL;
    celery_status_t status = choose(2) ? celery_result_join(set, options, &values, NULL)
                                       : celery_result_get_with(set, options, &values, NULL);
    for (int i = 0; status == CELERY_OK && i < count; i++) {
        celery_value_t *value = NULL;
        CHECK(celery_value_index(values, (size_t)i, &value, NULL) == CELERY_OK);
        check_value(value, first + i);
        celery_value_free(value);
    }
    celery_value_free(values);
    return status;
}

/* Waits while others may add members to the set and remove some. */
static celery_status_t wait_for_shared(celery_result_t *set, const celery_cancel_t *cancel)
{
    pthread_mutex_lock(&shared_lock);
    celery_result_t *before = shared;
    shared = celery_result_ref(set);
    pthread_mutex_unlock(&shared_lock);
    celery_result_free(before);
    return celery_result_wait(set, PATIENCE, cancel, NULL);
}

static void wait_for_set(celery_cancel_t *token)
{
    int store = (int)choose(STORES), life = current_life(store), count = 1 + (int)choose(8);
    int first = new_tasks(store, count);
    const celery_cancel_t *cancel = choose(2) ? token : NULL;
    celery_get_options_t *options = NULL;
    celery_result_t *set = set_of_tasks(life, first, count);
    celery_status_t status;
    CHECK(celery_get_options_new(&options, NULL) == CELERY_OK);
    CHECK(celery_get_options_set_timeout_ms(options, PATIENCE, NULL) == CELERY_OK);
    CHECK(celery_get_options_set_propagate(options, false, NULL) == CELERY_OK);
    CHECK(celery_get_options_set_cancel(options, cancel, NULL) == CELERY_OK);
    /* A shared set gets members of other apps, which may be closed. */
    enum { WALK, SEVERAL, SHARED, ALL, WAYS };
    unsigned way = choose(WAYS);
    switch (way) {
    case WALK:
        status = walk(set, options, first, count);
        break;
    case SEVERAL:
        status = wait_for_several(lives[life].app, first, count, cancel);
        break;
    case SHARED:
        status = wait_for_shared(set, cancel);
        break;
    default:
        status = get_all(set, options, first, count);
    }
    if (status != CELERY_OK && !(status == CELERY_ERR_CANCELLED && cancel != NULL) &&
        !(status == CELERY_ERR_CLOSED && (way == SHARED || atomic_load(&lives[life].closing)))) {
        printf("not ok - way %u of waiting for %d tasks of app %d ended with %s\n", way, count, life,
               celery_status_name(status));
        exit(1);
    }
    celery_get_options_free(options);
    celery_result_free(set);
    celery_cancel_reset(token);
}

static void change_shared(void)
{
    int store = (int)choose(STORES);
    pthread_mutex_lock(&shared_lock);
    celery_result_t *set = celery_result_ref(shared);
    pthread_mutex_unlock(&shared_lock);
    if (set == NULL)
        return;
    celery_result_t *member = NULL;
    celery_status_t status;
    bool ready;
    switch (choose(3)) {
    case 0:
        status = celery_result_ready(set, &ready, NULL);
        CHECK(status == CELERY_OK || status == CELERY_ERR_CLOSED);
        break;
    case 1:
        member = result_of(lives[current_life(store)].app, name_of(new_tasks(store, 1)));
        CHECK(celery_result_set_add(set, member, NULL) == CELERY_OK);
        break;
    default:
        if (celery_result_member(set, 0, &member, NULL) == CELERY_OK)
            CHECK(celery_result_set_discard(set, member, NULL) == CELERY_OK);
    }
    celery_result_free(member);
    celery_result_free(set);
}

#endif

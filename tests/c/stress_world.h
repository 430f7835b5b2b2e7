/* The world of the stress test: apps that are closed and opened, and tasks that somebody stores. */
#ifndef STRESS_WORLD_H
#define STRESS_WORLD_H

#include "results.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    STORES = 2,           /* in memory, on the server */
    SLOTS = 4,            /* apps that are open at one time, two on each store */
    MOST_LIVES = 20000,   /* apps opened over time */
    MOST_TASKS = 1 << 21, /* a run ends early where these are used up */
    MOST_UNSTORED = 400,
};

/* An app. Closed ones are freed in the end, as others may be about to use them. */
struct life {
    celery_app_t *app;
    int store;
    atomic_int closing;
};

static struct life lives[MOST_LIVES];
static atomic_int life_count, slots[SLOTS];
static char stores[STORES][100];

static unsigned char task_store[MOST_TASKS];
static atomic_uchar task_stored[MOST_TASKS];
static atomic_int task_count;

static pthread_mutex_t unstored_lock = PTHREAD_MUTEX_INITIALIZER;
static int unstored[MOST_TASKS], unstored_count;

static __thread uint64_t random_state;

static unsigned choose(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % below;
}

static const char *name_of(int task)
{
    return own_id("stress-%d", task);
}

/* What a task fails with instead of giving its number: every eighth one does. */
static bool fails(int task)
{
    return task % 8 == 7;
}

static int current_life(int store)
{
    return atomic_load(&slots[store * 2 + (int)choose(2)]);
}

static void open_life(int slot)
{
    int life = atomic_fetch_add(&life_count, 1);
    CHECK(life < MOST_LIVES);
    lives[life].store = slot / 2;
    lives[life].app = open_app(stores[slot / 2]);
    atomic_store(&slots[slot], life);
}

static void owe_store(int task)
{
    pthread_mutex_lock(&unstored_lock);
    unstored[unstored_count++] = task;
    pthread_mutex_unlock(&unstored_lock);
}

static int unstored_tasks(void)
{
    pthread_mutex_lock(&unstored_lock);
    int count = unstored_count;
    pthread_mutex_unlock(&unstored_lock);
    return count;
}

/* Tasks that never finish, so that whatever is left behind of a wait for one is seen in the end; gives
 * the first one. */
static int endless_tasks(int store, int count)
{
    int first = atomic_fetch_add(&task_count, count);
    CHECK(first + count <= MOST_TASKS);
    memset(&task_store[first], store, (size_t)count);
    return first;
}

/* Tasks that somebody stores, sooner or later; gives the first one. */
static int new_tasks(int store, int count)
{
    int first = endless_tasks(store, count);
    for (int i = 0; i < count; i++)
        owe_store(first + i);
    return first;
}

/* Stores a record over any app that is open: one may be closed at this moment, and then it is not
 * known whether the record was stored. */
static void store_on_any(int task, const char *state, const char *json)
{
    celery_error_t *err = NULL;
    celery_status_t status;
    do {
        celery_error_free(err);
        err = NULL;
        celery_app_t *app = lives[current_life(task_store[task])].app;
        status = celery_app_store_result(app, name_of(task), state, json, strlen(json), NULL, &err);
    } while (status == CELERY_ERR_CLOSED || status == CELERY_ERR_UNCERTAIN);
    OK(status);
}

/* Finishes one of the tasks; false where there is none. */
static bool store_one(void)
{
    char number[16];
    int task = -1;
    pthread_mutex_lock(&unstored_lock);
    if (unstored_count > 0) {
        int at = (int)choose((unsigned)unstored_count);
        task = unstored[at];
        unstored[at] = unstored[--unstored_count];
    }
    pthread_mutex_unlock(&unstored_lock);
    if (task < 0)
        return false;
    snprintf(number, sizeof number, "%d", task);
    if (choose(4) == 0)
        store_on_any(task, "PROGRESS", number);
    atomic_store(&task_stored[task], 1);
    if (fails(task))
        store_on_any(task, "FAILURE", "{\"exc_type\": \"ValueError\", \"exc_message\": [], \"exc_module\": \"builtins\"}");
    else
        store_on_any(task, "SUCCESS", number);
    return true;
}

/* Closes an app under those who use it; the next one takes its place first. */
static void close_one(void)
{
    int slot = (int)choose(SLOTS), life = atomic_load(&slots[slot]), none = 0;
    if (!atomic_compare_exchange_strong(&lives[life].closing, &none, 1))
        return;
    open_life(slot);
    celery_app_close(lives[life].app);
}

#endif

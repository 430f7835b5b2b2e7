/*
 * Eight threads do at random what can be done with queues and sets, on apps in memory and on a server,
 * which are closed and opened meanwhile. Each result is seen once by each that waits for it, unless it
 * was removed; a closed app tells each that still waits; in the end nobody waits and nothing is
 * subscribed to. CELERY_TEST_SEED repeats the choices of a run, not its timing;
 * CELERY_TEST_SECONDS says how long it lasts.
 *
 * no-valgrind: it runs one thread at a time; AddressSanitizer does this in `make deep`
 */
#include "stress_sets.h"

#include <poll.h>

enum {
    THREADS = 8,
    QUEUES = 3,
    MOST_TAGS = 1 << 21,
    MOST_BLOCKED = 3, /* of the threads, so that somebody stores */
};

/* A wait in a queue; its tag is its index. */
struct wait {
    int task, members; /* the first of so many where a set is waited for as a whole, else 0 */
    int life, queue;
    atomic_int seen;
    atomic_int removed; /* 1: somebody removes it; 2: it was removed before it was seen */
    atomic_int refused;
};

static struct wait waits[MOST_TAGS];
static atomic_int tag_count;

static celery_queue_t *queues[QUEUES];
static celery_cancel_t *tokens[THREADS];

static pthread_barrier_t beginning;
static atomic_int stopping, working, blocked;
static atomic_long events, closed_events, removals, set_waits;
static void see(const celery_batch_t *batch, size_t index)
{
    uint64_t tag = celery_batch_tag(batch, index);
    int kind = celery_batch_kind(batch, index);
    CHECK(tag < (uint64_t)atomic_load(&tag_count));
    struct wait *wait = &waits[tag];
    /* An intermediate state may be on its way through this thread while another one removes it. */
    if (kind == CELERY_EVENT_PROGRESS)
        return;
    CHECK(atomic_load(&wait->removed) != 2);
    CHECK(atomic_fetch_add(&wait->seen, 1) == 0);
    if (kind == CELERY_EVENT_CLOSED) {
        CHECK(atomic_load(&lives[wait->life].closing));
        CHECK(celery_batch_status(batch, index) == CELERY_ERR_CLOSED);
        atomic_fetch_add(&closed_events, 1);
        return;
    }
    CHECK(kind == CELERY_EVENT_READY);
    for (int i = 0; i == 0 || i < wait->members; i++)
        CHECK(atomic_load(&task_stored[wait->task + i]));
    if (wait->members == 0) {
        celery_error_t *err = NULL;
        celery_meta_t *meta = NULL;
        SAME(celery_batch_id(batch, index), name_of(wait->task));
        OK(celery_batch_meta(batch, index, &meta, &err));
        SAME(celery_meta_task_id(meta), name_of(wait->task));
        celery_meta_free(meta);
    }
    atomic_fetch_add(&events, 1);
}

/* Takes events; false where there were none. */
static bool take(celery_queue_t *queue, int64_t timeout_ms, const celery_cancel_t *cancel)
{
    celery_batch_t *batch = NULL;
    celery_status_t status = celery_queue_next(queue, timeout_ms, cancel, 1 + choose(64), &batch, NULL);
    CHECK(status == CELERY_OK || status == CELERY_ERR_TIMEOUT || status == CELERY_ERR_WAKEUP ||
          (status == CELERY_ERR_CANCELLED && cancel != NULL));
    for (size_t i = 0; i < celery_batch_count(batch); i++)
        see(batch, i);
    celery_batch_free(batch);
    return status == CELERY_OK;
}

/* Adds new tasks, or one that is known, to a queue in one of the ways there are. */
static void add(void)
{
    int store = (int)choose(STORES), queue = (int)choose(QUEUES), way = (int)choose(4);
    int count = way == 0 ? 1 : 1 + (int)choose(8), life = current_life(store), first;
    if (choose(4) == 0 && atomic_load(&task_count) > 0) {
        count = 1;
        first = (int)choose((unsigned)atomic_load(&task_count));
        life = current_life(task_store[first]);
    } else {
        first = choose(4) ? new_tasks(store, count) : endless_tasks(store, count);
    }
    int tags = way == 3 ? 1 : count, tag = atomic_fetch_add(&tag_count, tags);
    CHECK(tag + tags <= MOST_TAGS);
    for (int i = 0; i < tags; i++) {
        waits[tag + i].task = first + i;
        waits[tag + i].members = way == 3 ? count : 0;
        waits[tag + i].life = life;
        waits[tag + i].queue = queue;
    }
    celery_status_t status;
    if (way == 1) {
        const char *ids[8];
        uint64_t numbers[8];
        for (int i = 0; i < count; i++) {
            ids[i] = name_of(first + i);
            numbers[i] = (uint64_t)(tag + i);
        }
        status = celery_queue_add_ids(queues[queue], lives[life].app, ids, numbers, (size_t)count, NULL);
    } else {
        celery_result_t *result = way == 0 ? result_of(lives[life].app, name_of(first)) : set_of_tasks(life, first, count);
        status = way == 2 ? celery_queue_add_members(queues[queue], result, (uint64_t)tag, NULL)
                          : celery_queue_add(queues[queue], result, (uint64_t)tag, NULL);
        celery_result_free(result);
    }
    if (status != CELERY_OK) {
        CHECK(status == CELERY_ERR_CLOSED && atomic_load(&lives[life].closing));
        for (int i = 0; i < tags; i++)
            atomic_store(&waits[tag + i].refused, 1);
    }
}

static void remove_wait(struct wait *wait)
{
    size_t removed = 99;
    CHECK(celery_queue_remove(queues[wait->queue], (uint64_t)(wait - waits), &removed, NULL) == CELERY_OK);
    CHECK(removed <= 1);
    if (removed == 1) {
        CHECK(atomic_load(&wait->seen) == 0);
        atomic_store(&wait->removed, 2);
        atomic_fetch_add(&removals, 1);
    }
}

/* Removes one of the latest waits, perhaps while it is being added or seen. */
static void remove_one(void)
{
    int count = atomic_load(&tag_count), none = 0;
    if (count == 0)
        return;
    struct wait *wait = &waits[count - 1 - (int)choose((unsigned)(count < 500 ? count : 500))];
    if (choose(4) == 0) /* the one that another thread is adding now */
        wait = &waits[count - 1];
    if (atomic_compare_exchange_strong(&wait->removed, &none, 1))
        remove_wait(wait);
}

static void do_something(int thread)
{
    unsigned chance = choose(1000);
    if (chance < 250) {
        if (unstored_tasks() < MOST_UNSTORED)
            add();
    } else if (chance < 650) {
        store_one();
    } else if (chance < 800) {
        take(queues[choose(QUEUES)], choose(3), choose(2) ? tokens[thread] : NULL);
        celery_cancel_reset(tokens[thread]);
    } else if (chance < 880) {
        remove_one();
    } else if (chance < 930) {
        if (atomic_fetch_add(&blocked, 1) < MOST_BLOCKED) {
            wait_for_set(tokens[thread]);
            atomic_fetch_add(&set_waits, 1);
        }
        atomic_fetch_sub(&blocked, 1);
    } else if (chance < 960) {
        change_shared();
    } else if (chance < 975) {
        celery_cancel_trigger(tokens[choose(THREADS)]);
    } else if (chance < 985) {
        celery_queue_wakeup(queues[choose(QUEUES)]);
    } else if (choose(30) == 0) {
        close_one();
    }
}

static void *work(void *argument)
{
    int thread = (int)(intptr_t)argument;
    random_state = (uint64_t)strtoull(getenv("CELERY_TEST_SEED"), NULL, 10) * THREADS + (uint64_t)thread + 1;
    for (int i = 0; i < 10; i++)
        choose(2);
    atomic_fetch_add(&working, 1);
    pthread_barrier_wait(&beginning);
    while (!atomic_load(&stopping) && atomic_load(&task_count) < MOST_TASKS - 1000 &&
           atomic_load(&tag_count) < MOST_TAGS - 1000 && atomic_load(&life_count) < MOST_LIVES - 100)
        do_something(thread);
    /* Those who still wait do so for a task that somebody has to store. */
    atomic_fetch_sub(&working, 1);
    while (atomic_load(&working) > 0)
        if (!store_one())
            usleep(100);
    return NULL;
}

static void start(void)
{
    celery_error_t *err = NULL;
    snprintf(stores[0], sizeof stores[0], "memory://stress");
    snprintf(stores[1], sizeof stores[1], "%s", redis_url());
    for (int i = 0; i < QUEUES; i++)
        OK(celery_queue_new(&queues[i], &err));
    OK(celery_queue_report_progress(queues[0], 1, &err));
    OK(celery_queue_report_progress(queues[1], 3, &err));
    for (int i = 0; i < THREADS; i++)
        OK(celery_cancel_new(&tokens[i], &err));
    for (int i = 0; i < SLOTS; i++)
        open_life(i);
}

static void check_everything(void)
{
    long seen = 0;
    while (store_one())
        ;
    /* What never finishes is still waited for, unless its app was closed. */
    for (int tag = 0; tag < tag_count; tag++)
        if (!task_stored[waits[tag].task] && waits[tag].seen == 0 && waits[tag].removed != 2 && !waits[tag].refused)
            remove_wait(&waits[tag]);
    for (int i = 0; i < QUEUES; i++) {
        UNTIL((take(queues[i], 0, NULL), celery_queue_pending(queues[i]) == 0 && celery_queue_length(queues[i]) == 0));
        struct pollfd poller = {.fd = celery_queue_fd(queues[i]), .events = POLLIN};
        CHECK(poll(&poller, 1, 0) == 0);
    }
    for (int tag = 0; tag < atomic_load(&tag_count); tag++) {
        struct wait *wait = &waits[tag];
        if (wait->seen + wait->refused + (wait->removed == 2) != 1) {
            printf("not ok - tag %d: seen %d, refused %d, removed %d, task %d, app %d\n", tag, wait->seen,
                   wait->refused, wait->removed, wait->task, wait->life);
            exit(1);
        }
        seen += wait->seen;
    }
    CHECK(seen == events + closed_events);
    PASS("%ld results and %ld ends of apps were seen once, and none of %ld removed ones", events, closed_events, removals);
    celery_result_free(shared);
    for (int i = 0; i < SLOTS; i++) {
        celery_app_t *app = lives[slots[i]].app;
        UNTIL(figure(app, "waiters") == 0 && figure(app, "subscriptions") == 0);
        CHECK(figure(app, "recovered_by_reread") == 0);
    }
    PASS("after %ld waits for sets and %d apps nobody waits and nothing is subscribed to", set_waits, life_count);
}

int main(void)
{
    pthread_t threads[THREADS];
    char seed[24];
    int seconds = getenv("CELERY_TEST_SECONDS") ? atoi(getenv("CELERY_TEST_SECONDS")) : 5;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)(now_ms() * 1e3));
    setenv("CELERY_TEST_SEED", seed, 0);
    printf("CELERY_TEST_SEED=%s CELERY_TEST_SECONDS=%d\n", getenv("CELERY_TEST_SEED"), seconds);
    fflush(stdout);
    random_state = 1;
    start();
    CHECK(pthread_barrier_init(&beginning, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i) == 0);
    sleep((unsigned)seconds);
    atomic_store(&stopping, 1);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_everything();
    for (int i = 0; i < QUEUES; i++)
        celery_queue_free(queues[i]);
    for (int i = 0; i < THREADS; i++)
        celery_cancel_free(tokens[i]);
    for (int i = 0; i < life_count; i++)
        close_app(lives[i].app);
    return 0;
}

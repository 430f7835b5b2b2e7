/* What a result costs that goes from one thread to another through a store and a queue, in C that does
 * nothing else: no checks, no handles, no expiry, no second waiter, no errors. It shows what of the figures
 * of queue.c is the machine's.
 *
 *   bare_queue store N PREFIX   one thread stores N results, another one takes them as they come
 *   bare_queue take N PREFIX    all are stored before, and then taken
 */
#include "common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { BATCH = 512, LONGEST = 512 };

/* A record, held by the store and by the event that tells of it. */
struct record {
    atomic_int holders;
    size_t length;
    char bytes[];
};

/* What is known of an id: the record that is stored under it, or who waits for it. */
struct entry {
    char *id;
    struct record *record;
    long tag;
};

struct table {
    pthread_mutex_t lock;
    struct entry **slots;
    size_t mask;
};

struct event {
    struct record *record;
    long tag;
};

static struct table stored = {.lock = PTHREAD_MUTEX_INITIALIZER}, waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct event *events;
static long total, told, taken;
static bool asleep;
static char *ids;
static size_t prefix_length;

static char *copy_of(const char *text) {
    size_t length = strlen(text) + 1;
    return memcpy(room(1, length), text, length);
}

/* Spreads well, and is not made to withstand anybody. */
static size_t hash_of(const char *id) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t left = strlen(id); left;) {
        uint64_t word = 0;
        size_t some = left < sizeof word ? left : sizeof word;
        memcpy(&word, id, some);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
        id += some, left -= some;
    }
    return hash;
}

/* Where the id is, or where it belongs. */
static struct entry **slot_of(struct table *table, const char *id) {
    size_t slot = hash_of(id) & table->mask;
    while (table->slots[slot] && strcmp(table->slots[slot]->id, id) != 0) slot = (slot + 1) & table->mask;
    return &table->slots[slot];
}

/* As large as it will be: nobody pays for a table that grows. */
static void make(struct table *table) {
    size_t slots = 1024;
    while (slots < (size_t)total * 2) slots *= 2;
    table->slots = room(slots, sizeof *table->slots);
    table->mask = slots - 1;
}

static void put(struct table *table, const char *id, struct record *record, long tag) {
    struct entry *entry = room(1, sizeof *entry);
    *entry = (struct entry){copy_of(id), record, tag};
    pthread_mutex_lock(&table->lock);
    *slot_of(table, id) = entry;
    pthread_mutex_unlock(&table->lock);
}

static char *two(char *at, int number) {
    *at++ = (char)('0' + number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

static struct record *record_of(const char *id) {
    struct timespec at;
    struct tm day;
    char text[LONGEST], *end = text;
    clock_gettime(CLOCK_REALTIME, &at);
    gmtime_r(&at.tv_sec, &day);
    end = stpcpy(end, "{\"status\": \"SUCCESS\", \"result\": ");
    end = stpcpy(end, id + prefix_length);
    end = stpcpy(end, ", \"traceback\": null, \"children\": [], \"date_done\": \"");
    end = two(two(end, day.tm_year / 100 + 19), day.tm_year % 100), *end++ = '-';
    end = two(end, day.tm_mon + 1), *end++ = '-';
    end = two(end, day.tm_mday), *end++ = 'T';
    end = two(end, day.tm_hour), *end++ = ':';
    end = two(end, day.tm_min), *end++ = ':';
    end = two(end, day.tm_sec), *end++ = '.';
    int micros = (int)(at.tv_nsec / 1000);
    end = two(two(two(end, micros / 10000), micros / 100 % 100), micros % 100);
    end = stpcpy(end, "+00:00\", \"task_id\": \"");
    end = stpcpy(end, id);
    end = stpcpy(end, "\"}");
    size_t length = (size_t)(end - text);
    struct record *record = malloc(sizeof *record + length);
    if (!record) die("no memory");
    atomic_init(&record->holders, 2);
    record->length = length;
    memcpy(record->bytes, text, length);
    return record;
}

static void tell(struct event event) {
    pthread_mutex_lock(&lock);
    events[told++] = event;
    bool wake = asleep;
    asleep = false;
    pthread_mutex_unlock(&lock);
    if (wake) pthread_cond_signal(&changed);
}

static void *store_all(void *unused) {
    for (long i = 0; i < total; i++) {
        const char *id = ids + i * ID_ROOM;
        struct record *record = record_of(id);
        put(&stored, id, record, i);
        pthread_mutex_lock(&waiting.lock);
        struct entry *waiter = *slot_of(&waiting, id);
        pthread_mutex_unlock(&waiting.lock);
        tell((struct event){record, waiter->tag});
    }
    return unused;
}

static void take_all(void) {
    struct event batch[BATCH];
    while (taken < total) {
        long count = 0;
        pthread_mutex_lock(&lock);
        while (taken == told) asleep = true, pthread_cond_wait(&changed, &lock);
        while (taken < told && count < BATCH) batch[count++] = events[taken++];
        pthread_mutex_unlock(&lock);
        for (long i = 0; i < count; i++) {
            struct record *record = batch[i].record;
            if (number_in(record->bytes, record->length) != batch[i].tag) die("a wrong result");
            if (atomic_fetch_sub(&record->holders, 1) == 1) free(record);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: bare_queue store|take N PREFIX");
    bool alone = !strcmp(argv[1], "take");
    total = atol(argv[2]), prefix_length = strlen(argv[3]);
    ids = ids_of(argv[3], 0, total);
    make(&stored), make(&waiting);
    events = room((size_t)total, sizeof *events);
    for (long i = 0; i < total; i++) put(&waiting, ids + i * ID_ROOM, NULL, i);
    pthread_t thread;
    double begun = now(), used = cpu();
    if (alone) {
        store_all(NULL);
        printf("stored_per_second=%.1f ", (double)total / (now() - begun));
        begun = now(), used = cpu();
    } else if (pthread_create(&thread, NULL, store_all, NULL)) {
        die("no thread");
    }
    take_all();
    report_cost("bare", now() - begun, cpu() - used, total);
    if (!alone) pthread_join(thread, NULL);
    return 0;
}

/* What the programs of the benchmark share: the clock, the cost, the percentiles. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What this process has used of the processors so far, in seconds of user and system time. */
static inline double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static inline void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline void *room(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) die("no memory");
    return memory;
}

/* The ids of so many results, each in a place of its own. Their last digits are the number of the result. */
enum { ID_ROOM = 64 };

static inline char *ids_of(const char *prefix, long first, long count) {
    char *ids = room((size_t)count, ID_ROOM);
    for (long i = 0; i < count; i++)
        if (snprintf(ids + i * ID_ROOM, ID_ROOM, "%s%ld", prefix, first + i) >= ID_ROOM) die("the prefix is too long");
    return ids;
}

static inline int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Writes each of n times, in seconds, as a line of microseconds where BENCH_TIMES names a file, so that
 * percentiles can be taken over several runs. */
static inline void keep_times(const double *each, long n) {
    const char *path = getenv("BENCH_TIMES");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    for (long i = 0; i < n; i++) fprintf(file, "%.3f\n", each[i] * 1e6);
    fclose(file);
}

/* One line of key=value pairs, read by benches/run. */
static inline void report(const char *name, double seconds, long n, double *each) {
    printf("%s seconds=%.6f per_second=%.1f", name, seconds, (double)n / seconds);
    if (each) {
        keep_times(each, n);
        qsort(each, (size_t)n, sizeof *each, by_size);
        printf(" p50_us=%.2f p99_us=%.2f", each[n / 2] * 1e6, each[n * 99 / 100] * 1e6);
    }
    printf("\n");
}

/* The same, with what it cost. */
static inline void report_cost(const char *name, double seconds, double cost, long n) {
    printf("%s seconds=%.6f per_second=%.1f cpu_us_each=%.3f\n", name, seconds, (double)n / seconds,
           cost / (double)n * 1e6);
}

/* The number of a worker's record, which is its value or the member "i" of it; -1 where it is no such
 * record. Looks at its beginning only, so that it costs neither side more than the other. */
static inline long number_in(const void *record, size_t length) {
    static const char opening[] = "{\"status\": \"SUCCESS\", \"result\": ", member[] = "{\"i\": ";
    const char *at = record;
    if (!at || length <= sizeof opening + sizeof member || memcmp(at, opening, sizeof opening - 1) != 0) return -1;
    at += sizeof opening - 1;
    if (memcmp(at, member, sizeof member - 1) == 0) at += sizeof member - 1;
    return atol(at);
}

static inline const char *redis_port(void) {
    const char *port = getenv("BENCH_REDIS_PORT");
    return port ? port : "6379";
}

#endif

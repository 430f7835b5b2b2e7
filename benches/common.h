/* What the floor and the library's side share: the clock, the record, the percentiles. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One line of key=value pairs, read by benches/run. */
static void report(const char *name, double seconds, long n, double *each) {
    printf("%s seconds=%.6f per_second=%.1f", name, seconds, (double)n / seconds);
    if (each) {
        qsort(each, (size_t)n, sizeof *each, by_size);
        printf(" p50_us=%.2f p99_us=%.2f", each[n / 2] * 1e6, each[n * 99 / 100] * 1e6);
    }
    printf("\n");
}

static void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

#endif

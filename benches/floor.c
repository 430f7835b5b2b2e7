/* The floor: what plain hiredis on one connection needs for the same work, without decoding,
 * handles or threads. Also the worker's side of every case, run as a process of its own.
 *
 *   floor store N PREFIX   store N results as a worker does, pipelined
 *   floor later N PREFIX   the same once something is pushed to the list PREFIX:go
 *   floor pong N PREFIX    a worker: N times, take an id from the list PREFIX:req and store its result
 *   floor get N PREFIX     read N stored results, one after the other
 *   floor ready N PREFIX   read N stored results, MGET in chunks
 *   floor ping N PREFIX    N times: ask for a result, subscribe, read, wait for it
 *   floor wait N PREFIX    subscribe to N ids, push to PREFIX:go, take N messages, unsubscribe each
 */
#include "common.h"

#include <hiredis/hiredis.h>

enum { CHUNK = 512 };

static redisContext *dial(void) {
    redisContext *c = redisConnect("127.0.0.1", atoi(redis_port()));
    if (!c || c->err) die("cannot connect to Redis");
    return c;
}

static redisReply *reply(redisContext *c) {
    void *r = NULL;
    if (redisGetReply(c, &r) != REDIS_OK) die(c->errstr);
    return r;
}

static void skip(redisContext *c, long count) {
    while (count-- > 0) freeReplyObject(reply(c));
}

static void append_store(redisContext *c, const char *prefix, long i) {
    char key[256], record[1024];
    snprintf(key, sizeof key, "celery-task-meta-%s%ld", prefix, i);
    int length = snprintf(record, sizeof record,
                          "{\"status\": \"SUCCESS\", \"result\": {\"i\": %ld, \"name\": \"item-%ld\", \"ok\": true}, "
                          "\"traceback\": null, \"children\": [], \"date_done\": "
                          "\"2026-11-22T08:00:00.000000+00:00\", \"task_id\": \"%s%ld\"}",
                          i, i, prefix, i);
    redisAppendCommand(c, "SETEX %s 86400 %b", key, record, (size_t)length);
    redisAppendCommand(c, "PUBLISH %s %b", key, record, (size_t)length);
}

static void store(redisContext *c, long n, const char *prefix) {
    for (long i = 0; i < n;) {
        long begun = i;
        for (; i < n && i < begun + 256; i++) append_store(c, prefix, i);
        skip(c, 2 * (i - begun));
    }
}

static void later(redisContext *c, long n, const char *prefix) {
    redisReply *told = redisCommand(c, "BRPOP %s:go 60", prefix);
    if (!told || told->type != REDIS_REPLY_ARRAY) die("nobody waits");
    freeReplyObject(told);
    store(c, n, prefix);
}

static void pong(redisContext *c, long n, const char *prefix) {
    for (long i = 0; i < n; i++) {
        redisReply *asked = redisCommand(c, "BRPOP %s:req 60", prefix);
        if (!asked || asked->type != REDIS_REPLY_ARRAY) die("nobody asks");
        append_store(c, prefix, atol(asked->element[1]->str));
        freeReplyObject(asked);
        skip(c, 2);
    }
}

static void check_record(const redisReply *r, long i) {
    if (r->type != REDIS_REPLY_STRING || number_in(r->str, (size_t)r->len) != i) die("a wrong result");
}

static void get(redisContext *c, long n, const char *prefix) {
    double begun = now();
    for (long i = 0; i < n; i++) {
        redisReply *r = redisCommand(c, "GET celery-task-meta-%s%ld", prefix, i);
        if (!r) die(c->errstr);
        check_record(r, i);
        freeReplyObject(r);
    }
    report("get", now() - begun, n, NULL);
}

/* Only the first reading, which is not timed, looks at what it reads: the floor throws it away. */
static void read_all(redisContext *c, long n, const char *prefix, int look) {
    char keys[CHUNK][256];
    const char *words[CHUNK + 1] = {"MGET"};
    long got = 0;
    for (long i = 0; i < n;) {
        int count = 0;
        for (; i < n && count < CHUNK; i++, count++) {
            snprintf(keys[count], sizeof keys[count], "celery-task-meta-%s%ld", prefix, i);
            words[count + 1] = keys[count];
        }
        redisReply *r = redisCommandArgv(c, count + 1, words, NULL);
        if (!r) die(c->errstr);
        for (int k = 0; look && k < count; k++) check_record(r->element[k], i - count + k);
        for (size_t k = 0; k < r->elements; k++) got += r->element[k]->type == REDIS_REPLY_STRING;
        freeReplyObject(r);
    }
    if (got != n) die("a result is missing");
}

static void ready(redisContext *c, long n, const char *prefix) {
    read_all(c, n, prefix, 1);
    double begun = now(), used = cpu();
    read_all(c, n, prefix, 0);
    report_cost("ready", now() - begun, cpu() - used, n);
}

static void ping(redisContext *c, long n, const char *prefix) {
    redisContext *events = dial();
    double *each = room((size_t)n, sizeof *each), begun = now();
    for (long i = 0; i < n; i++) {
        double asked = now();
        freeReplyObject(redisCommand(c, "LPUSH %s:req %ld", prefix, i));
        redisAppendCommand(events, "SUBSCRIBE celery-task-meta-%s%ld", prefix, i);
        skip(events, 1);
        redisReply *r = redisCommand(c, "GET celery-task-meta-%s%ld", prefix, i), *message = NULL;
        if (!r) die(c->errstr);
        if (r->type == REDIS_REPLY_NIL) message = reply(events);
        check_record(message ? message->element[2] : r, i);
        if (message) freeReplyObject(message);
        freeReplyObject(r);
        each[i] = now() - asked;
        redisAppendCommand(events, "UNSUBSCRIBE celery-task-meta-%s%ld", prefix, i);
        for (int done = 0; !done;) {
            r = reply(events);
            done = !strcmp(r->element[0]->str, "unsubscribe");
            freeReplyObject(r);
        }
    }
    report("ping", now() - begun, n, each);
    redisFree(events);
}

static void write_out(redisContext *c) {
    for (int done = 0; !done;)
        if (redisBufferWrite(c, &done) != REDIS_OK) die(c->errstr);
}

/* Takes a message: checks it, and asks to unsubscribe from its channel. */
static void take_message(redisContext *c, const redisReply *r, const char *prefix, char *seen, long n) {
    const redisReply *channel = r->element[1];
    long i = atol(channel->str + strlen("celery-task-meta-") + strlen(prefix));
    check_record(r->element[2], i);
    if (i < 0 || i >= n || seen[i]++) die("a wrong message");
    redisAppendCommand(c, "UNSUBSCRIBE %b", channel->str, (size_t)channel->len);
}

static void wait_for(redisContext *c, long n, const char *prefix) {
    redisContext *other = dial();
    char *seen = room((size_t)n, 1);
    for (long i = 0; i < n;) {
        long begun = i;
        for (; i < n && i < begun + CHUNK; i++) redisAppendCommand(c, "SUBSCRIBE celery-task-meta-%s%ld", prefix, i);
        skip(c, i - begun);
    }
    double begun = now(), used = cpu(), seconds = 0;
    freeReplyObject(redisCommand(other, "LPUSH %s:go 1", prefix));
    for (long got = 0, left = 0, owed = 0; left < n;) {
        redisReply *r = reply(c);
        if (r->element[0]->str[0] == 'm') {
            take_message(c, r, prefix, seen, n);
            if (++got == n) seconds = now() - begun;
            if (++owed == CHUNK || got == n) {
                write_out(c);
                owed = 0;
            }
        } else {
            left++;
        }
        freeReplyObject(r);
    }
    report_cost("wait", seconds, cpu() - used, n);
    redisFree(other);
    free(seen);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: floor store|later|pong|get|ready|ping|wait N PREFIX");
    long n = atol(argv[2]);
    redisContext *c = dial();
    if (!strcmp(argv[1], "store")) store(c, n, argv[3]);
    else if (!strcmp(argv[1], "later")) later(c, n, argv[3]);
    else if (!strcmp(argv[1], "pong")) pong(c, n, argv[3]);
    else if (!strcmp(argv[1], "get")) get(c, n, argv[3]);
    else if (!strcmp(argv[1], "ready")) ready(c, n, argv[3]);
    else if (!strcmp(argv[1], "ping")) ping(c, n, argv[3]);
    else if (!strcmp(argv[1], "wait")) wait_for(c, n, argv[3]);
    else die("no such case");
    redisFree(c);
    return 0;
}

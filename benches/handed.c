/* What a ping can cost at least, by how it is made: bare sockets that know nothing but when a record has
 * come. They show what the library gains by asking once, and what it pays for having a thread of its own.
 *
 *   handed alone N PREFIX    subscribes and reads in one write, and waits, all on one thread
 *   handed read N PREFIX     another thread reads, and wakes the one that has written and waits
 *   handed both N PREFIX     another thread writes too, woken by the one that waits: as the library
 */
#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16, LONGEST = 512 };

static int events_socket, asked_fd;
static char inbox[ROOM];
static size_t filled;

/* What is asked for, and whether it has come. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char request[LONGEST], last_words[LONGEST];
static bool is_asked, has_come;

static int dial(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(redis_port()))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("cannot connect to Redis");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_text(int fd, const char *text) {
    size_t length = strlen(text);
    if (write(fd, text, length) != (ssize_t)length) die("cannot write");
}

static void read_some(void) {
    if (filled > ROOM / 2) {
        memmove(inbox, inbox + filled - LONGEST, LONGEST);
        filled = LONGEST;
    }
    ssize_t got = read(events_socket, inbox + filled, ROOM - filled);
    if (got <= 0) die("the server has hung up");
    filled += (size_t)got;
}

/* Whether the record has come that ends with these words. What came before it is of no use. */
static bool is_there(const char *words) {
    if (!memmem(inbox, filled, words, strlen(words))) return false;
    filled = 0;
    return true;
}

static void *serve(void *writes) {
    struct pollfd wanted[] = {{.fd = events_socket, .events = POLLIN}, {.fd = asked_fd, .events = POLLIN}};
    char ask[LONGEST];
    uint64_t count;
    for (;;) {
        if (poll(wanted, 2, -1) < 0) die("poll");
        if (wanted[1].revents) {
            if (read(asked_fd, &count, sizeof count) != sizeof count) die("eventfd");
            pthread_mutex_lock(&lock);
            strcpy(ask, request);
            pthread_mutex_unlock(&lock);
            if (writes) send_text(events_socket, ask);
        }
        if (!wanted[0].revents) continue;
        read_some();
        /* Only now: what was read may answer what was asked meanwhile. */
        pthread_mutex_lock(&lock);
        bool came = is_asked && is_there(last_words);
        has_come |= came;
        pthread_mutex_unlock(&lock);
        if (came) pthread_cond_signal(&changed);
    }
    return NULL;
}

/* Another thread has the socket, at least for reading. */
static void wait_for_other(const char *ask, const char *words, bool other_writes) {
    uint64_t one = 1;
    pthread_mutex_lock(&lock);
    strcpy(request, ask), strcpy(last_words, words);
    is_asked = true, has_come = false;
    pthread_mutex_unlock(&lock);
    if (!other_writes) send_text(events_socket, ask);
    else if (write(asked_fd, &one, sizeof one) != sizeof one) die("eventfd");
    pthread_mutex_lock(&lock);
    while (!has_come) pthread_cond_wait(&changed, &lock);
    is_asked = false;
    pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: handed alone|read|both N PREFIX");
    bool alone = !strcmp(argv[1], "alone"), both = !strcmp(argv[1], "both");
    long n = atol(argv[2]);
    const char *prefix = argv[3];
    int requests = dial();
    pthread_t thread;
    events_socket = dial(), asked_fd = eventfd(0, 0);
    send_text(events_socket, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
    do read_some();
    while (!is_there("modules"));
    if (!alone && pthread_create(&thread, NULL, serve, both ? &thread : NULL)) die("no thread");
    double *each = room((size_t)n, sizeof *each), begun = now();
    for (long i = 0; i < n; i++) {
        char id[128], number[32], ask[LONGEST], words[LONGEST], push[LONGEST], answer[64];
        int length = snprintf(id, sizeof id, "celery-task-meta-%s%ld", prefix, i);
        int digits = snprintf(number, sizeof number, "%ld", i);
        double asked = now();
        snprintf(push, sizeof push, "*3\r\n$5\r\nLPUSH\r\n$%zu\r\n%s:req\r\n$%d\r\n%s\r\n", strlen(prefix) + 4, prefix,
                 digits, number);
        send_text(requests, push);
        if (read(requests, answer, sizeof answer) <= 0) die("the server has hung up");
        snprintf(ask, sizeof ask,
                 "*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n*4\r\n$8\r\nGETRANGE\r\n$%d\r\n%s\r\n$1\r\n0\r\n$5\r\n65536\r\n",
                 length, id, length, id);
        snprintf(words, sizeof words, "\"task_id\": \"%s\"}", id + strlen("celery-task-meta-"));
        if (alone) {
            send_text(events_socket, ask);
            do read_some();
            while (!is_there(words));
        } else {
            wait_for_other(ask, words, both);
        }
        each[i] = now() - asked;
        snprintf(ask, sizeof ask, "*2\r\n$11\r\nUNSUBSCRIBE\r\n$%d\r\n%s\r\n", length, id);
        send_text(events_socket, ask);
    }
    report("handed", now() - begun, n, each);
    return 0;
}

/*
 * A daemon with one thread and one epoll loop: clients connect to a socket and send ids of tasks, one
 * on a line; each gets a line "ID STATE VALUE" when a task of its has finished. SIGTERM and SIGINT end
 * it in good order.
 *
 *     epoll_daemon URL SOCKET
 *     echo 5f3a0c5e-... | nc -N -U SOCKET
 *
 * Without arguments it serves itself: a client that is here too asks for nine tasks on memory://, a
 * timer plays the worker, and a SIGTERM comes when all is answered.
 *
 * What matters is run() and on_results(): the queue's descriptor is one among the others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4, asprintf */
#endif

#include <celery_result.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 64, LINE = 256 };

struct client {
    int fd;          /* -1: the place is free */
    uint64_t tag;    /* of its tasks in the queue; never used again, unlike the place */
    size_t pending;  /* how many of its tasks have not finished */
    bool at_end;     /* it sends no more */
    char line[LINE]; /* the beginning of the next line */
    size_t used;
};

struct daemon {
    int epoll, signals, listener, demo_timer, demo_client, demo_answers;
    celery_app_t *app;
    celery_queue_t *queue;
    struct client clients[CLIENTS];
    uint64_t next_tag;
    bool stopping;
};

static void die(const char *what)
{
    perror(what);
    exit(3);
}

/* Everything that epoll tells about is known by its file descriptor. */
static void watch(struct daemon *it, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(it->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static struct client *client_of(struct daemon *it, int fd, uint64_t tag)
{
    for (int i = 0; i < CLIENTS; i++)
        if (it->clients[i].fd >= 0 && (it->clients[i].fd == fd || it->clients[i].tag == tag))
            return &it->clients[i];
    return NULL;
}

/* What it has asked for is no longer waited for. */
static void drop_client(struct daemon *it, struct client *client)
{
    celery_queue_remove(it->queue, client->tag, NULL, NULL);
    close(client->fd);
    client->fd = -1;
}

/* A client that does not read its answers is disconnected: a real daemon would buffer. */
static void answer(struct daemon *it, struct client *client, const char *id, const char *state, const char *text)
{
    char *line = NULL;
    int len = asprintf(&line, "%s %s %s\n", id, state, text);
    if (len < 0)
        die("asprintf");
    if (send(client->fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) != len)
        drop_client(it, client);
    free(line);
}

/* One event of the queue: a task has finished, or nobody will ever know. */
static void on_result(struct daemon *it, const celery_batch_t *batch, size_t index)
{
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL;
    struct client *client = client_of(it, -1, celery_batch_tag(batch, index));
    const char *id = celery_batch_id(batch, index);
    if (client == NULL)
        return;
    client->pending--;
    if (celery_batch_kind(batch, index) != CELERY_EVENT_READY) {
        const char *name = celery_status_name(celery_batch_status(batch, index));
        answer(it, client, id, name, celery_batch_message(batch, index));
    } else if (celery_batch_meta(batch, index, &meta, NULL) != CELERY_OK ||
               celery_meta_value(meta, &value, NULL) != CELERY_OK) {
        answer(it, client, id, celery_meta_state_text(meta), "(a value that cannot be read)");
    } else if (celery_value_is_exception(value)) {
        answer(it, client, id, celery_meta_state_text(meta), celery_value_exception_message(value));
    } else {
        answer(it, client, id, celery_meta_state_text(meta), celery_value_json(value, NULL));
    }
    celery_value_free(value);
    celery_meta_free(meta);
    if (client->fd >= 0 && client->at_end && client->pending == 0)
        drop_client(it, client);
}

/* The queue's descriptor is readable: take what is there, without waiting and without I/O. What is more
 * than one batch keeps the descriptor readable, so that the other descriptors have their turn. */
static void on_results(struct daemon *it)
{
    celery_batch_t *batch = NULL;
    if (celery_queue_next(it->queue, 0, NULL, 256, &batch, NULL) == CELERY_OK)
        for (size_t i = 0; i < celery_batch_count(batch); i++)
            on_result(it, batch, i);
    celery_batch_free(batch);
}

/* A line from a client: the id of a task. The queue needs nothing else to be kept. */
static void on_line(struct daemon *it, struct client *client, const char *id)
{
    celery_error_t *err = NULL;
    if (celery_queue_add_ids(it->queue, it->app, &id, &client->tag, 1, &err) == CELERY_OK)
        client->pending++;
    else
        answer(it, client, id, celery_error_name(err), celery_error_message(err));
    celery_error_free(err);
}

static void on_client(struct daemon *it, struct client *client)
{
    ssize_t got = recv(client->fd, client->line + client->used, LINE - client->used, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0) { /* gone */
        drop_client(it, client);
        return;
    }
    client->used += (size_t)got;
    for (char *end; client->fd >= 0 && (end = memchr(client->line, '\n', client->used)) != NULL;) {
        *end = '\0';
        if (end > client->line)
            on_line(it, client, client->line);
        client->used -= (size_t)(end + 1 - client->line);
        memmove(client->line, end + 1, client->used);
    }
    if (client->fd >= 0 && client->used == LINE) /* a line without end */
        drop_client(it, client);
    if (got == 0 && client->fd >= 0) {
        /* It still reads: its tasks are answered before it is dropped. */
        struct epoll_event silent = {.events = 0, .data.fd = client->fd};
        client->at_end = true;
        if (client->pending == 0 || epoll_ctl(it->epoll, EPOLL_CTL_MOD, client->fd, &silent) != 0)
            drop_client(it, client);
    }
}

static void add_client(struct daemon *it, int fd)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (it->clients[i].fd < 0) {
            it->clients[i] = (struct client){.fd = fd, .tag = ++it->next_tag};
            watch(it, fd);
            return;
        }
    }
    close(fd); /* full */
}

static void run_demo(struct daemon *it, int fd);

/* The loop. Nothing in it blocks but epoll_wait(). */
static void run(struct daemon *it)
{
    while (!it->stopping) {
        struct epoll_event events[16];
        int count = epoll_wait(it->epoll, events, 16, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            struct client *client;
            if (fd == celery_queue_fd(it->queue)) {
                on_results(it);
            } else if (fd == it->signals) {
                it->stopping = true;
            } else if (fd == it->listener) {
                int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                if (accepted >= 0)
                    add_client(it, accepted);
            } else if (fd == it->demo_timer || fd == it->demo_client) {
                run_demo(it, fd);
            } else if ((client = client_of(it, fd, 0)) != NULL) {
                if (client->at_end) /* now it has hung up */
                    drop_client(it, client);
                else
                    on_client(it, client);
            }
        }
    }
    /* What has finished up to now is still answered. */
    while (celery_queue_length(it->queue) > 0)
        on_results(it);
    for (int i = 0; i < CLIENTS; i++)
        if (it->clients[i].fd >= 0)
            drop_client(it, &it->clients[i]);
}

/* ---- Without arguments: a client and a worker in the same loop. ---- */

/* So many that their lines come with more than one recv(). */
enum { DEMO_TASKS = 9 };

static const char *demo_task(int number)
{
    static char id[LINE];
    snprintf(id, sizeof id, "c0ffee00-0007-4000-8000-%012d", number);
    return id;
}

static void start_demo(struct daemon *it)
{
    int pair[2];
    const struct itimerspec every = {.it_value = {0, 50000000}, .it_interval = {0, 50000000}};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        die("socketpair");
    for (int i = 0; i < DEMO_TASKS; i++)
        if (dprintf(pair[1], "%s\n", demo_task(i)) < 0)
            die("dprintf");
    shutdown(pair[1], SHUT_WR);
    add_client(it, pair[0]);
    it->demo_client = pair[1];
    it->demo_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (it->demo_timer < 0 || timerfd_settime(it->demo_timer, 0, &every, NULL) != 0)
        die("timerfd");
    watch(it, it->demo_timer);
    watch(it, it->demo_client);
}

static void run_demo(struct daemon *it, int fd)
{
    static int stored;
    uint64_t ticks;
    char text[LINE];
    if (fd == it->demo_timer && read(fd, &ticks, sizeof ticks) > 0 && stored < DEMO_TASKS) {
        int len = snprintf(text, sizeof text, "{\"answer\": %d}", 42 + stored);
        celery_app_store_result(it->app, demo_task(stored++), "SUCCESS", text, (size_t)len, NULL, NULL);
    } else if (fd == it->demo_client) {
        ssize_t got = read(fd, text, sizeof text);
        for (ssize_t i = 0; i < got; i++)
            it->demo_answers += text[i] == '\n';
        if (got > 0)
            printf("%.*s", (int)got, text);
        else if (epoll_ctl(it->epoll, EPOLL_CTL_DEL, fd, NULL) == 0)
            raise(SIGTERM); /* everything is answered, the connection is closed */
    }
}

/* ---- Setting up. ---- */

static int signals_as_descriptor(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    /* Before the library starts a thread; its threads block all signals anyway. */
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0)
        die("sigprocmask");
    int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die("signalfd");
    return fd;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "%s: the path is too long for a socket\n", path);
        exit(3);
    }
    strcpy(address.sun_path, path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0)
        die(path);
    return fd;
}

int main(int argc, char **argv)
{
    bool demo = argc == 1;
    celery_error_t *err = NULL;
    static struct daemon it = {.listener = -1, .demo_timer = -1, .demo_client = -1};
    for (int i = 0; i < CLIENTS; i++)
        it.clients[i].fd = -1;
    if (!demo && argc != 3) {
        fprintf(stderr, "usage: %s [URL SOCKET]\n", argv[0]);
        return 3;
    }

    it.signals = signals_as_descriptor();
    it.epoll = epoll_create1(EPOLL_CLOEXEC);
    celery_status_t status = celery_app_open(demo ? "memory://" : argv[1], NULL, &it.app, &err);
    /* A daemon should not start with a wrong password. A server that is away is no reason to stop. */
    if (status == CELERY_OK)
        status = celery_app_connect(it.app, 5000, NULL, &err);
    if (status == CELERY_OK || status == CELERY_ERR_UNREACHABLE) {
        celery_error_free(err), err = NULL;
        status = celery_queue_new(&it.queue, &err);
    }
    if (status != CELERY_OK) {
        fprintf(stderr, "%s: %s\n", celery_status_name(status), celery_error_message(err));
        celery_error_free(err);
        celery_app_free(it.app);
        return 3;
    }

    watch(&it, celery_queue_fd(it.queue));
    watch(&it, it.signals);
    if (demo)
        start_demo(&it);
    else
        watch(&it, it.listener = listen_at(argv[2]));
    run(&it);

    /* The descriptor leaves epoll before it is closed with the queue. */
    epoll_ctl(it.epoll, EPOLL_CTL_DEL, celery_queue_fd(it.queue), NULL);
    celery_queue_free(it.queue);
    celery_app_close_wait(it.app, 1000, NULL);
    celery_app_free(it.app);
    if (!demo)
        unlink(argv[2]);
    const int others[] = {it.listener, it.demo_timer, it.demo_client, it.signals, it.epoll};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] >= 0)
            close(others[i]);
    puts("stopped");
    return demo && it.demo_answers != DEMO_TASKS;
}

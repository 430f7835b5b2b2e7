/* A way to the test's Redis server that can be blocked: one connection at a time, through a thread. */
#ifndef RELAY_H
#define RELAY_H

#include "redis_wire.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

enum relay_mode {
    RELAY_PASS,
    RELAY_HOLD, /* nothing is taken from either side */
    RELAY_MUTE, /* the server hears everything, and its answers are lost */
    RELAY_CUT,  /* what is written next is lost, and with it the connection */
    RELAY_END,
};

struct relay {
    atomic_int mode, acting;
    int listening, client, server;
    const char *server_url;
    char url[60];
    pthread_t thread;
};

static inline void relay_disconnect(struct relay *relay)
{
    close(relay->client), close(relay->server);
    relay->client = relay->server = -1;
}

/* Moves what one side has written; false where it has closed. */
static inline bool relay_move(int from, int to)
{
    char bytes[16384];
    ssize_t got = read(from, bytes, sizeof bytes);
    for (ssize_t done = 0, sent = 0; to >= 0 && done < got; done += sent)
        if ((sent = send(to, bytes + done, (size_t)(got - done), MSG_NOSIGNAL)) <= 0)
            return false;
    return got > 0;
}

static inline void *relay_run(void *argument)
{
    struct relay *relay = argument;
    for (int mode; (mode = relay->mode) != RELAY_END;) {
        relay->acting = mode;
        bool connected = relay->client >= 0;
        struct pollfd ends[] = {{connected ? relay->client : relay->listening, POLLIN, 0}, {relay->server, POLLIN, 0}};
        if (mode == RELAY_HOLD) {
            poll(NULL, 0, 1);
        } else if (poll(ends, 2, 1) > 0) {
            if (!connected) {
                relay->client = accept(relay->listening, NULL, NULL);
                relay->server = wire_connect(relay->server_url);
            } else if ((ends[0].revents != 0 && (mode == RELAY_CUT || !relay_move(relay->client, relay->server))) ||
                       (ends[1].revents != 0 && !relay_move(relay->server, mode == RELAY_MUTE ? -1 : relay->client))) {
                relay_disconnect(relay);
            }
        }
    }
    return NULL;
}

static inline void relay_start(struct relay *relay, const char *server_url, enum relay_mode mode)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    relay->mode = relay->acting = mode;
    relay->client = relay->server = -1;
    relay->server_url = server_url;
    relay->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(relay->listening, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(relay->listening, 8) == 0);
    CHECK(getsockname(relay->listening, (struct sockaddr *)&address, &len) == 0);
    snprintf(relay->url, sizeof relay->url, "redis://127.0.0.1:%d/0", ntohs(address.sin_port));
    CHECK(pthread_create(&relay->thread, NULL, relay_run, relay) == 0);
}

/* Returns when no byte goes the old way any more. */
static inline void relay_switch(struct relay *relay, enum relay_mode mode)
{
    relay->mode = mode;
    while (relay->acting != (int)mode)
        usleep(200);
}

static inline void relay_end(struct relay *relay)
{
    relay->mode = RELAY_END;
    CHECK(pthread_join(relay->thread, NULL) == 0);
    if (relay->client >= 0)
        relay_disconnect(relay);
    close(relay->listening);
}

#endif

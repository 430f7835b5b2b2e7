/* Speaks to the test's Redis server over a plain socket: for what no worker would store, and for
 * programs that store without the library. */
#ifndef REDIS_WIRE_H
#define REDIS_WIRE_H

#include "check.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int wire_connect(const char *url)
{
    int port = 0, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(sscanf(url, "redis://127.0.0.1:%d/0", &port) == 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    CHECK(server >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) == 0);
    return server;
}

static inline void wire_send(int server, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(server, bytes, len);
        CHECK(sent > 0);
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Reads so many answers of one line each; none of them may be an error. */
static inline void wire_answers(int server, size_t count)
{
    char bytes[4096];
    bool at_start = true;
    while (count > 0) {
        ssize_t got = read(server, bytes, sizeof bytes);
        CHECK(got > 0);
        for (ssize_t i = 0; i < got; i++) {
            CHECK(!at_start || bytes[i] != '-');
            at_start = bytes[i] == '\n';
            count -= at_start;
        }
    }
}

/* One command of so many words, appended to a buffer; gives its length. */
static inline size_t wire_command(char *out, size_t room, const char *const *words, size_t count)
{
    size_t len = (size_t)snprintf(out, room, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, room - len, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    CHECK(len < room);
    return len;
}

static inline void wire_set(int server, const char *key, const char *value)
{
    char command[8192];
    const char *const words[] = {"SETEX", key, "60", value};
    wire_send(server, command, wire_command(command, sizeof command, words, 4));
    wire_answers(server, 1);
}

#endif

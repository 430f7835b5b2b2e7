/* Who hears broadcasts in the C tests that run without Python: somebody subscribed as a worker is, whom the
 * test has answer what it likes, or nothing, as a worker that has died and whose connection has not. */
#ifndef WORKER_H
#define WORKER_H

#include "broker.h"

struct worker {
    int server;
    const char *exchange;
};

/* Long enough for a command to leave, and not for the test to be slow. */
static inline int a_while_ms(void)
{
    return fewer_when_slow(100) == 100 ? 500 : 3000;
}

/* Listens at database 0 to the workers of a control exchange. */
static inline struct worker listening_to(const char *exchange)
{
    struct worker worker = {wire_connect(redis_url()), exchange};
    char channel[120], line[200];
    snprintf(channel, sizeof channel, "/0.%s.pidbox", exchange);
    wire_ask(worker.server, WORDS("SUBSCRIBE", channel));
    for (int lines = 0; lines < 6; lines++) /* the kind, the channel and a number, with their lengths */
        wire_line(worker.server, line, sizeof line);
    CHECK(line[0] == ':');
    return worker;
}

/* The next command, as it was sent; to be freed. */
static inline char *heard(const struct worker *worker)
{
    char line[200];
    wire_line(worker->server, line, sizeof line);
    CHECK(strcmp(line, "*3\r\n") == 0);
    for (int i = 0; i < 2; i++)
        free(wire_bulk(worker->server));
    return wire_bulk(worker->server);
}

/* How often lists were read at the server: once for each call that waits for answers, when it knows that its
 * command has left. */
static inline long lists_read(int server)
{
    char *figures = TEXT(server, "INFO", "commandstats"), *at = strstr(figures, "cmdstat_lrange:calls=");
    long calls = at == NULL ? 0 : strtol(at + strlen("cmdstat_lrange:calls="), NULL, 10);
    free(figures);
    return calls;
}

/* The text that follows a name and a colon; to be freed. */
static inline char *value_after(const char *json, const char *name)
{
    const char *at = strstr(json, name);
    CHECK(at != NULL);
    at = strchr(at + strlen(name) + 2, '"') + 1;
    return strndup(at, strcspn(at, "\""));
}

/* The list that the answers to a command go into. */
static inline void answer_list(const struct worker *worker, const char *command, char *list, size_t room)
{
    char *body = body_of(command), *oid = value_after(body, "\"routing_key\"");
    snprintf(list, room, "%s.reply.%s.pidbox", oid, worker->exchange);
    free(body), free(oid);
}

/* Answers a command as a node: {node: gives}. */
static inline void answer(const struct worker *worker, const char *command, const char *node, const char *gives)
{
    char *body = body_of(command), *ticket = value_after(body, "\"ticket\"");
    char list[200], text[300], quoted[600], reply[1000], *end = quoted;
    int server = wire_connect(redis_url());
    answer_list(worker, command, list, sizeof list);
    snprintf(text, sizeof text, "{\"%s\": %s}", node, gives);
    for (const char *at = text; *at != '\0'; *end++ = *at++)
        if (*at == '"')
            *end++ = '\\';
    *end = '\0';
    snprintf(reply, sizeof reply,
             "{\"body\": \"%s\", \"content-type\": \"application/json\", \"content-encoding\": \"utf-8\", "
             "\"headers\": {\"ticket\": \"%s\", \"clock\": 1}, \"properties\": {}}", quoted, ticket);
    NUMBER(server, "LPUSH", list, reply);
    close(server);
    free(body), free(ticket);
}

/* Answers a command with what is no answer. */
static inline void answer_garbage(const struct worker *worker, const char *command)
{
    static const char *const garbage[] = {"", "{", "\xff\xfe", "[]", "{\"headers\": {\"ticket\": 7}}"};
    char list[200];
    int server = wire_connect(redis_url());
    answer_list(worker, command, list, sizeof list);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        NUMBER(server, "LPUSH", list, garbage[i]);
    close(server);
}

/* How many bindings the broker's server still holds for those who wait for answers. */
static inline long bindings_left(int server, const char *exchange)
{
    char key[120];
    snprintf(key, sizeof key, "_kombu.binding.reply.%s.pidbox", exchange);
    return NUMBER(server, "SCARD", key);
}

/* The name of the one list for answers that is left, to be freed; NULL where there is none. */
static inline char *list_left(int server, const char *exchange)
{
    char pattern[120], line[100];
    snprintf(pattern, sizeof pattern, "*.reply.%s.pidbox", exchange);
    wire_ask(server, WORDS("KEYS", pattern));
    wire_line(server, line, sizeof line);
    char *name = NULL;
    int lists = 0;
    for (long count = strtol(line + 1, NULL, 10); count > 0; count--) {
        char *key = wire_bulk(server);
        bool is_list = strncmp(key, "_kombu", 6) != 0;
        lists += is_list;
        if (is_list && name == NULL)
            name = key;
        else
            free(key);
    }
    CHECK(lists <= 1);
    return name;
}

#endif

/* What the C tests of sending and of control share: apps beside a broker, what the broker's server holds,
 * and what stands in a message. */
#ifndef BROKER_H
#define BROKER_H

#include "redis_wire.h"
#include "results.h"

#include <ctype.h>

/* ---- questions to the server ---- */

static inline void wire_ask(int server, const char *const *words, size_t count)
{
    size_t room = 100;
    for (size_t i = 0; i < count; i++)
        room += strlen(words[i]) + 30;
    char *command = malloc(room);
    CHECK(command != NULL);
    wire_send(server, command, wire_command(command, room, words, count));
    free(command);
}

static inline void wire_line(int server, char *line, size_t room)
{
    size_t len = 0;
    do {
        CHECK(len + 1 < room && read(server, line + len, 1) == 1);
    } while (line[len++] != '\n');
    line[len] = '\0';
}

/* A number, or the length of a list that is empty. */
static inline long wire_number(int server, const char *const *words, size_t count)
{
    char line[100];
    wire_ask(server, words, count);
    wire_line(server, line, sizeof line);
    CHECK(line[0] == ':' || strcmp(line, "*0\r\n") == 0);
    return strtol(line + 1, NULL, 10);
}

/* A text that comes, to be freed; NULL where there is none. */
static inline char *wire_bulk(int server)
{
    char line[100];
    wire_line(server, line, sizeof line);
    CHECK(line[0] == '$');
    long len = strtol(line + 1, NULL, 10);
    if (len < 0)
        return NULL;
    char *text = malloc((size_t)len + 2);
    CHECK(text != NULL);
    for (long got = 0; got < len + 2;) {
        ssize_t more = read(server, text + got, (size_t)(len + 2 - got));
        CHECK(more > 0);
        got += more;
    }
    text[len] = '\0';
    return text;
}

static inline char *wire_text(int server, const char *const *words, size_t count)
{
    wire_ask(server, words, count);
    return wire_bulk(server);
}

#define WORDS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define NUMBER(server, ...) wire_number(server, WORDS(__VA_ARGS__))
#define TEXT(server, ...) wire_text(server, WORDS(__VA_ARGS__))

/* ---- what stands in a message ---- */

/* The text without its blanks. */
static inline char *squeezed(const char *text)
{
    char *out = malloc(strlen(text) + 1), *end = out;
    CHECK(out != NULL);
    for (; *text != '\0'; text++)
        if (!isspace((unsigned char)*text))
            *end++ = *text;
    *end = '\0';
    return out;
}

/* Whatever blanks stand between the parts. */
static inline bool holds(const char *message, const char *part)
{
    char *text = squeezed(message), *wanted = squeezed(part);
    bool found = strstr(text, wanted) != NULL;
    free(text), free(wanted);
    return found;
}

#define HOLDS(message, part) \
    (holds(message, part) ? (void)0 : check_contains(__FILE__, __LINE__, message, part))

/* The body of a message that is not compressed, as text; to be freed. */
static inline char *body_of(const char *message)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strstr(message, "\"body\":");
    CHECK(at != NULL);
    at = strchr(at + strlen("\"body\":"), '"') + 1;
    char *body = malloc(strlen(at) + 1);
    size_t len = 0;
    unsigned bits = 0, count = 0;
    CHECK(body != NULL);
    for (const char *digit; *at != '"' && *at != '=' && (digit = strchr(digits, *at)) != NULL; at++) {
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8)
            body[len++] = (char)(bits >> (count -= 8));
    }
    body[len] = '\0';
    return body;
}

/* The message that was sent first of those in a queue, which it leaves; to be freed. */
static inline char *taken(int server, const char *queue)
{
    char *message = TEXT(server, "RPOP", queue);
    CHECK(message != NULL);
    return message;
}

#endif

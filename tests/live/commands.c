/*
 * Sends tasks, commands workers and waits, as it is told on its standard input: one command a line, its fields
 * separated by tabs; an answer is one JSON object a line. Results stay open until the program ends, so that a
 * later wait is one of the handle that sending gave.
 *
 *     commands URL [option.NAME=VALUE...]
 *
 *     send      NAME ARGS KWARGS [OPTION=JSON...]    celery_app_send_task
 *     send-many COUNT NAME ARGS KWARGS [OPTION=JSON...]   the same over and over; waits for none
 *     group     TASKS [OPTION=JSON...]               celery_app_send_group
 *     open      ID                                   a result of a task that somebody else has sent
 *     set       NAME ID...                           a set of results that are open
 *     get       ID TIMEOUT_MS                        waits for what send, group, open or set gave
 *     state     ID
 *     revoke    ID [WORD=JSON...]                    celery_result_revoke
 *     stamped   HEADERS [WORD=JSON...]               celery_app_revoke_by_stamped_headers
 *     control   METHOD ARGUMENTS [WORD=JSON...]      celery_app_control
 *     locate    ID TIMEOUT_MS                        celery_result_locate
 *     stats                                          celery_app_stats
 *
 * The words are terminate, signal, wait, timeout_ms and destination.
 */
#include "arguments.h"
#include "outcome.h"

#include <inttypes.h>

#define MOST_FIELDS 64

static celery_app_t *app;

/* ---- one command ---- */

static char *fields[MOST_FIELDS];
static int field_count;

static void split(char *line)
{
    field_count = 0;
    for (char *at = line; at != NULL; field_count++) {
        CHECK(field_count < MOST_FIELDS);
        fields[field_count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
}

static const char *field(int n)
{
    CHECK(n < field_count);
    return fields[n];
}

/* Takes the nth field apart, NAME=VALUE. */
static char *value_of(int n)
{
    char *equals = strchr(fields[n], '=');
    CHECK(equals != NULL);
    *equals = '\0';
    return equals + 1;
}

/* ---- results that are open ---- */

static struct {
    char *name;
    celery_result_t *result;
} *results;
static size_t result_count;

static void keep(const char *name, celery_result_t *result)
{
    if ((result_count & (result_count - 1)) == 0)
        CHECK((results = realloc(results, (result_count > 0 ? 2 * result_count : 1) * sizeof *results)) != NULL);
    results[result_count].name = strdup(name);
    results[result_count++].result = result;
}

/* The last first: a test mostly asks for what it has just sent. */
static celery_result_t *kept(const char *name)
{
    for (size_t n = result_count; n-- > 0;)
        if (strcmp(results[n].name, name) == 0)
            return results[n].result;
    CHECK(!"a result that is open");
    return NULL;
}

/* ---- answers ---- */

static void answer(celery_status_t status, celery_error_t *err)
{
    putchar('{');
    print_text("status", celery_status_name(status));
    print_text("error", celery_error_message(err));
    celery_error_free(err);
}

static void answer_result(celery_status_t status, celery_result_t *result, celery_error_t *err)
{
    answer(status, err);
    if (status == CELERY_OK) {
        print_text("id", celery_result_id(result));
        keep(celery_result_id(result), result);
    }
    end_line();
}

static void answer_value(celery_status_t status, celery_value_t *value, celery_error_t *err)
{
    answer(status, err);
    print_value("value", value);
    end_line();
}

/* ---- sending ---- */

static celery_send_options_t *send_options(int from, celery_status_t *status, celery_error_t **failure)
{
    celery_error_t *err = NULL;
    celery_send_options_t *options = NULL;
    OK(celery_send_options_new(&options, &err));
    *status = CELERY_OK;
    for (int n = from; n < field_count && *status == CELERY_OK; n++) {
        const char *json = value_of(n);
        *status = celery_send_options_set(options, fields[n], json, failure);
    }
    return options;
}

static void send(void)
{
    celery_error_t *err = NULL;
    celery_result_t *result = NULL;
    celery_status_t status;
    celery_send_options_t *options = send_options(4, &status, &err);
    if (status == CELERY_OK)
        status = celery_app_send_task(app, field(1), field(2), field(3), options, &result, &err);
    celery_send_options_free(options);
    answer_result(status, result, err);
}

static void send_many(void)
{
    celery_error_t *err = NULL;
    celery_status_t status;
    int64_t sent = 0;
    celery_send_options_t *options = send_options(5, &status, &err);
    for (int64_t count = strtoll(field(1), NULL, 10); status == CELERY_OK && sent < count; sent++) {
        celery_result_t *result = NULL;
        status = celery_app_send_task(app, field(2), field(3), field(4), options, &result, &err);
        if (status == CELERY_OK)
            keep(celery_result_id(result), result);
    }
    celery_send_options_free(options);
    answer(status, err);
    printf("\"sent\": %" PRId64 ", ", sent);
    end_line();
}

static void send_group(void)
{
    celery_error_t *err = NULL;
    celery_result_t *group = NULL;
    celery_status_t status;
    celery_send_options_t *options = send_options(2, &status, &err);
    if (status == CELERY_OK)
        status = celery_app_send_group(app, field(1), options, &group, &err);
    celery_send_options_free(options);
    answer_result(status, group, err);
}

/* ---- results ---- */

static void open_result(void)
{
    celery_error_t *err = NULL;
    celery_result_t *result = NULL;
    celery_status_t status = celery_async_result_new(app, field(1), &result, &err);
    answer_result(status, result, err);
}

static void make_set(void)
{
    celery_error_t *err = NULL;
    celery_result_t *members[MOST_FIELDS], *set = NULL;
    for (int n = 2; n < field_count; n++)
        members[n - 2] = kept(fields[n]);
    OK(celery_result_set_new(app, members, (size_t)field_count - 2, &set, &err));
    keep(field(1), set);
    answer(CELERY_OK, NULL);
    end_line();
}

static void get(void)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    celery_status_t status = celery_result_get(kept(field(1)), strtoll(field(2), NULL, 10), &value, &err);
    putchar('{');
    print_text("status", celery_status_name(status));
    fputs("\"outcome\": ", stdout);
    print_outcome(status, value, err);
    fputs(", ", stdout);
    end_line();
}

static void state(void)
{
    celery_error_t *err = NULL;
    celery_meta_t *meta = NULL;
    celery_status_t status = celery_result_meta(kept(field(1)), &meta, &err);
    answer(status, err);
    if (status == CELERY_OK)
        print_text("state", celery_meta_state_text(meta));
    end_line();
    celery_meta_free(meta);
}

/* ---- control ---- */

/* What a command to workers is sent with; all defaults are Celery's. */
static struct {
    bool terminate, wait;
    const char *signal;
    int64_t timeout_ms;
    const char *nodes[MOST_FIELDS];
    size_t count;
} how;

static void read_words(int from)
{
    memset(&how, 0, sizeof how);
    how.timeout_ms = -1;
    for (int n = from; n < field_count; n++) {
        char *value = value_of(n);
        if (strcmp(fields[n], "terminate") == 0)
            how.terminate = strcmp(value, "true") == 0;
        else if (strcmp(fields[n], "wait") == 0)
            how.wait = strcmp(value, "true") == 0;
        else if (strcmp(fields[n], "signal") == 0)
            how.signal = strtok(value, "\"");
        else if (strcmp(fields[n], "timeout_ms") == 0)
            how.timeout_ms = strtoll(value, NULL, 10);
        else if (strcmp(fields[n], "destination") == 0)
            for (char *node = strtok(value, "[\", ]"); node != NULL; node = strtok(NULL, "[\", ]"))
                how.nodes[how.count++] = node;
        else
            CHECK(!"a known word");
    }
}

static celery_revoke_options_t *revoke_options(int from, celery_status_t *status, celery_error_t **failure)
{
    celery_error_t *err = NULL;
    celery_revoke_options_t *options = NULL;
    read_words(from);
    OK(celery_revoke_options_new(&options, &err));
    OK(celery_revoke_options_set_terminate(options, how.terminate, &err));
    OK(celery_revoke_options_set_wait(options, how.wait, &err));
    OK(celery_revoke_options_set_destination(options, how.nodes, how.count, &err));
    if (how.timeout_ms >= 0)
        OK(celery_revoke_options_set_timeout_ms(options, how.timeout_ms, &err));
    *status = celery_revoke_options_set_signal(options, how.signal, failure);
    return options;
}

static void revoke(void)
{
    celery_error_t *err = NULL;
    celery_value_t *replies = NULL;
    celery_status_t status;
    celery_revoke_options_t *options = revoke_options(2, &status, &err);
    if (status == CELERY_OK)
        status = celery_result_revoke(kept(field(1)), options, &replies, &err);
    celery_revoke_options_free(options);
    answer_value(status, replies, err);
}

static void revoke_stamped(void)
{
    celery_error_t *err = NULL;
    celery_value_t *replies = NULL;
    celery_status_t status;
    celery_revoke_options_t *options = revoke_options(2, &status, &err);
    if (status == CELERY_OK)
        status = celery_app_revoke_by_stamped_headers(app, field(1), options, &replies, &err);
    celery_revoke_options_free(options);
    answer_value(status, replies, err);
}

static void control(void)
{
    celery_error_t *err = NULL;
    celery_value_t *replies = NULL;
    read_words(3);
    celery_status_t status = celery_app_control(app, field(1), field(2), how.nodes, how.count, how.timeout_ms, NULL,
                                                &replies, &err);
    answer_value(status, replies, err);
}

static void locate(void)
{
    static const char *const PLACES[] = {
        [CELERY_PLACE_FINISHED] = "finished",   [CELERY_PLACE_RUNNING] = "running",
        [CELERY_PLACE_RESERVED] = "reserved",   [CELERY_PLACE_SCHEDULED] = "scheduled",
        [CELERY_PLACE_UNKNOWN] = "unknown",
    };
    celery_error_t *err = NULL;
    celery_value_t *replies = NULL;
    int32_t place = 0;
    celery_status_t status =
        celery_result_locate(kept(field(1)), strtoll(field(2), NULL, 10), NULL, &place, &replies, &err);
    answer(status, err);
    if (status == CELERY_OK)
        print_text("place", PLACES[place]);
    print_value("value", replies);
    end_line();
}

/* ---- figures ---- */

static void figures(void)
{
    celery_error_t *err = NULL;
    celery_stats_t *stats = NULL;
    OK(celery_app_stats(app, &stats, &err));
    putchar('{');
    for (size_t n = 0; n < celery_stats_count(); n++)
        printf("\"%s\": %" PRIu64 ", ", celery_stats_name(n), celery_stats_value(stats, n));
    end_line();
    celery_stats_free(stats);
}

static const struct {
    const char *name;
    void (*run)(void);
} COMMANDS[] = {
    {"send", send},       {"send-many", send_many},    {"group", send_group},   {"open", open_result},
    {"set", make_set},    {"get", get},                {"state", state},        {"revoke", revoke},
    {"locate", locate},   {"stamped", revoke_stamped}, {"control", control},    {"stats", figures},
};

static void run(void)
{
    for (size_t n = 0; n < sizeof COMMANDS / sizeof *COMMANDS; n++) {
        if (strcmp(COMMANDS[n].name, field(0)) == 0) {
            COMMANDS[n].run();
            return;
        }
    }
    CHECK(!"a known command");
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    CHECK(argc >= 2);
    arguments = argv + 2;
    argument_count = argc - 2;
    app = open_app(argv[1]);
    while ((length = getline(&line, &room, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        split(line);
        run();
    }
    free(line);
    for (size_t n = 0; n < result_count; n++) {
        celery_result_free(results[n].result);
        free(results[n].name);
    }
    free(results);
    celery_app_free(app);
    return 0;
}

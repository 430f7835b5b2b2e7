/*
 * What C says about the result of a canvas, one JSON object a line, in the words of _answers.py.
 *
 *     canvas URL answers tuple=JSON|group=ID [timeout=MS] [leaf=1]
 *     canvas URL wait    tuple=JSON|group=ID [timeout=MS]
 *
 * `answers` takes a handle of its own for each question, so that no answer comes from the cache of
 * one before it. An argument `option.NAME=VALUE` sets an option of the app.
 */
#include "arguments.h"
#include "graphs.h"
#include "outcome.h"

static celery_app_t *app;

/* ---- the questions; each takes the result and prints one value ---- */

static void id(const celery_result_t *result)
{
    print_string(celery_result_id(result));
}

static void kind(const celery_result_t *result)
{
    switch (celery_result_kind(result)) {
    case CELERY_RESULT_ASYNC:
        fputs("\"AsyncResult\"", stdout);
        break;
    case CELERY_RESULT_GROUP:
        fputs("\"GroupResult\"", stdout);
        break;
    default:
        CHECK(!"a kind that a tuple can have");
    }
}

static void parents(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_result_t *parent = NULL;
    const char *before = "";
    OK(celery_result_parent(result, &parent, &err));
    putchar('[');
    while (parent != NULL) {
        celery_result_t *next = NULL;
        fputs(before, stdout);
        print_string(celery_result_id(parent));
        before = ", ";
        OK(celery_result_parent(parent, &next, &err));
        celery_result_free(parent);
        parent = next;
    }
    putchar(']');
}

static void tuple(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    celery_status_t status = celery_result_as_tuple(result, &value, &err);
    print_outcome(status, value, err);
}

static void state_of(const celery_result_t *result, const char *where_none)
{
    celery_error_t *err = NULL;
    int32_t state = -1;
    celery_status_t status = celery_result_state(result, &state, &err);
    if (status == CELERY_OK) {
        print_string(celery_state_name(state));
    } else if (status == CELERY_ERR_WRONG_KIND) {
        celery_error_free(err);
        fputs(where_none, stdout);
    } else {
        print_failure(status, err);
    }
}

static void state(const celery_result_t *result)
{
    state_of(result, "\"wrong kind\"");
}

typedef celery_status_t flag_function(const celery_result_t *, bool *, celery_error_t **);

static void flag_of(flag_function *function, const celery_result_t *result)
{
    celery_error_t *err = NULL;
    bool flag = false;
    celery_status_t status = function(result, &flag, &err);
    if (status == CELERY_OK)
        fputs(flag ? "true" : "false", stdout);
    else
        print_failure(status, err);
}

static void ready(const celery_result_t *result)
{
    flag_of(celery_result_ready, result);
}

static void successful(const celery_result_t *result)
{
    flag_of(celery_result_successful, result);
}

static void failed(const celery_result_t *result)
{
    flag_of(celery_result_failed, result);
}

static void waiting(const celery_result_t *result)
{
    flag_of(celery_result_waiting, result);
}

static void completed_count(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    size_t count = 0;
    celery_status_t status = celery_result_completed_count(result, &count, &err);
    if (status == CELERY_OK)
        printf("%zu", count);
    else
        print_failure(status, err);
}

static void print_list(celery_result_list_t *list, void (*print)(const celery_result_t *))
{
    celery_error_t *err = NULL;
    putchar('[');
    for (size_t i = 0; i < celery_result_list_count(list); i++) {
        celery_result_t *result = NULL;
        OK(celery_result_list_at(list, i, &result, &err));
        fputs(i > 0 ? ", " : "", stdout);
        print(result);
        celery_result_free(result);
    }
    putchar(']');
    celery_result_list_free(list);
}

static void children(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_result_list_t *list = NULL;
    celery_status_t status = celery_result_children(result, &list, &err);
    if (status != CELERY_OK)
        print_failure(status, err);
    else if (list == NULL)
        fputs("null", stdout);
    else
        print_list(list, tuple);
}

static void member_state(const celery_result_t *member)
{
    state_of(member, "null");
}

static void member_states(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_result_list_t *list = NULL;
    OK(celery_result_members(result, &list, &err));
    print_list(list, member_state);
}

typedef celery_status_t get_function(const celery_result_t *, const celery_get_options_t *, celery_value_t **,
                                     celery_error_t **);

static void value_by(get_function *function, const celery_result_t *result, bool propagate)
{
    celery_error_t *err = NULL;
    celery_value_t *value = NULL;
    celery_get_options_t *options = options_of(propagate);
    celery_status_t status = function(result, options, &value, &err);
    print_outcome(status, value, err);
    celery_get_options_free(options);
}

static void get(const celery_result_t *result)
{
    value_by(celery_result_get_with, result, true);
}

static void get_without_propagate(const celery_result_t *result)
{
    value_by(celery_result_get_with, result, false);
}

static void join(const celery_result_t *result)
{
    value_by(celery_result_join, result, true);
}

static void join_without_propagate(const celery_result_t *result)
{
    value_by(celery_result_join, result, false);
}

static void maybe_throw(const celery_result_t *result)
{
    value_by(celery_result_maybe_throw, result, true);
}

static void get_leaf(const celery_result_t *result)
{
    value_by(celery_result_get_leaf, result, true);
}

static void iter_native(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_result_iter_t *iter = NULL;
    celery_result_t *member = NULL;
    celery_meta_t *meta = NULL;
    const char *before = "";
    celery_get_options_t *options = options_of(true);
    celery_status_t status = celery_result_iter_native(result, options, &iter, &err);
    celery_get_options_free(options);
    if (status != CELERY_OK) {
        print_failure(status, err);
        return;
    }
    putchar('[');
    while ((status = celery_result_iter_next(iter, NULL, &member, &meta, &err)) == CELERY_OK && member != NULL) {
        printf("%s[", before);
        print_string(celery_result_id(member));
        fputs(", ", stdout);
        print_string(celery_meta_state_text(meta));
        putchar(']');
        before = ", ";
        celery_result_free(member);
        celery_meta_free(meta);
    }
    if (status != CELERY_OK) {
        fputs(before, stdout);
        print_failure(status, err);
    }
    putchar(']');
    celery_result_iter_free(iter);
}

/* ---- the commands ---- */

static void ask(const char *question, void (*answer)(const celery_result_t *))
{
    celery_result_t *result = result_of(app);
    printf("\"%s\": ", question);
    answer(result);
    fputs(", ", stdout);
    celery_result_free(result);
}

static void answers(void)
{
    putchar('{');
    ask("id", id);
    ask("kind", kind);
    ask("parents", parents);
    ask("tuple", tuple);
    ask("state", state);
    ask("ready", ready);
    ask("successful", successful);
    ask("failed", failed);
    ask("children", children);
    ask("get", get);
    ask("get without propagate", get_without_propagate);
    ask("maybe_throw", maybe_throw);
    ask("iterdeps", iterdeps);
    ask("iterdeps, intermediate", iterdeps_intermediate);
    ask("collect", collect);
    ask("graph", graph);
    ask("graph, intermediate", graph_intermediate);
    if (number("leaf", 0) != 0)
        ask("get_leaf", get_leaf);

    celery_result_t *result = result_of(app);
    if (celery_result_kind(result) == CELERY_RESULT_GROUP) {
        ask("waiting", waiting);
        ask("completed_count", completed_count);
        ask("member states", member_states);
        ask("join", join);
        ask("join without propagate", join_without_propagate);
        ask("iter_native", iter_native);
    }
    celery_result_free(result);
    end_line();
}

static void wait(void)
{
    putchar('{');
    ask("get", get);
    end_line();
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    arguments = argv + 3;
    argument_count = argc - 3;
    app = open_app(argv[1]);

    if (strcmp(argv[2], "answers") == 0)
        answers();
    else if (strcmp(argv[2], "wait") == 0)
        wait();
    else
        CHECK(!"a known command");
    celery_app_free(app);
    return 0;
}

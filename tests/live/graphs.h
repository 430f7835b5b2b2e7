/*
 * What canvas.c says about the results that hang on a result: the walk, with and without values, and
 * the graph.
 */
#ifndef GRAPHS_H
#define GRAPHS_H

#include "arguments.h"
#include "outcome.h"

static inline void print_end(celery_status_t status, celery_error_t *failure)
{
    fputs("], ", stdout);
    if (status == CELERY_OK)
        fputs("\"end\"", stdout);
    else
        print_failure(status, failure);
    putchar(']');
}

static inline void walk(const celery_result_t *result, bool intermediate)
{
    celery_error_t *err = NULL;
    celery_dependencies_t *dependencies = NULL;
    celery_result_t *parent = NULL, *node = NULL;
    celery_status_t status;
    const char *before = "";
    OK(celery_result_iterdeps(result, intermediate, &dependencies, &err));
    fputs("[[", stdout);
    while ((status = celery_dependencies_next(dependencies, &parent, &node, &err)) == CELERY_OK && node != NULL) {
        printf("%s[", before);
        print_string(celery_result_id(parent));
        fputs(", ", stdout);
        print_string(celery_result_id(node));
        putchar(']');
        before = ", ";
        celery_result_free(parent);
        celery_result_free(node);
    }
    print_end(status, err);
    celery_dependencies_free(dependencies);
}

static inline void iterdeps(const celery_result_t *result)
{
    walk(result, false);
}

static inline void iterdeps_intermediate(const celery_result_t *result)
{
    walk(result, true);
}

static inline void collect(const celery_result_t *result)
{
    celery_error_t *err = NULL;
    celery_dependencies_t *dependencies = NULL;
    celery_get_options_t *options = options_of(true);
    celery_result_t *node = NULL;
    celery_value_t *value = NULL;
    celery_status_t status;
    const char *before = "";
    OK(celery_result_iterdeps(result, false, &dependencies, &err));
    fputs("[[", stdout);
    while ((status = celery_dependencies_collect(dependencies, options, &node, &value, &err)) == CELERY_OK &&
           node != NULL) {
        printf("%s[", before);
        print_string(celery_result_id(node));
        fputs(", ", stdout);
        print_found(value);
        putchar(']');
        before = ", ";
        celery_result_free(node);
    }
    print_end(status, err);
    celery_dependencies_free(dependencies);
    celery_get_options_free(options);
}

static inline void print_node(const celery_graph_t *graph, size_t index)
{
    celery_error_t *err = NULL;
    celery_result_t *node = NULL;
    OK(celery_graph_node(graph, index, &node, &err));
    print_string(celery_result_id(node));
    celery_result_free(node);
}

static inline void build_graph(const celery_result_t *result, bool intermediate)
{
    celery_error_t *err = NULL;
    celery_graph_t *graph = NULL;
    celery_status_t status = celery_result_build_graph(result, intermediate, &graph, &err);
    if (status != CELERY_OK) {
        print_failure(status, err);
        return;
    }
    fputs("{\"nodes\": [", stdout);
    for (size_t i = 0; i < celery_graph_node_count(graph); i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_node(graph, i);
    }
    fputs("], \"edges\": [", stdout);
    for (size_t i = 0; i < celery_graph_edge_count(graph); i++) {
        size_t from = 0, to = 0;
        OK(celery_graph_edge(graph, i, &from, &to, &err));
        fputs(i > 0 ? ", [" : "[", stdout);
        print_node(graph, from);
        fputs(", ", stdout);
        print_node(graph, to);
        putchar(']');
    }
    fputs("], \"dot\": ", stdout);
    print_string(celery_graph_dot(graph, NULL));
    putchar('}');
    celery_graph_free(graph);
}

static inline void graph(const celery_result_t *result)
{
    build_graph(result, false);
}

static inline void graph_intermediate(const celery_result_t *result)
{
    build_graph(result, true);
}

#endif

/*
 * What hangs on a result: walked, collected and kept as a graph; results that are not ready, cycles and
 * groups among them.
 */
#include "results.h"

static celery_app_t *app;
static celery_error_t *err;

/* Stores a task with its value and with the tasks that it has started. */
static void store_with_children(const char *id, const char *json, celery_result_t *const *children, size_t count)
{
    celery_record_t *record = NULL;
    OK(celery_record_new(id, "SUCCESS", &record, &err));
    OK(celery_record_set_value_json(record, json, strlen(json), &err));
    for (size_t i = 0; i < count; i++)
        OK(celery_record_add_child(record, children[i], &err));
    OK(celery_app_store(app, record, NULL, &err));
    celery_record_free(record);
}

/* Walks and writes "parent>node " for each step; gives the status that ended the walk. */
static celery_status_t walk(const celery_result_t *root, bool intermediate, char *text, size_t room)
{
    celery_dependencies_t *dependencies = NULL;
    celery_status_t status;
    size_t len = 0;
    text[0] = '\0';
    OK(celery_result_iterdeps(root, intermediate, &dependencies, &err));
    for (;;) {
        celery_result_t *parent = NULL, *node = NULL;
        status = celery_dependencies_next(dependencies, &parent, &node, &err);
        if (status != CELERY_OK || node == NULL) {
            CHECK(parent == NULL && node == NULL);
            break;
        }
        len += (size_t)snprintf(text + len, room - len, "%s>%s ", parent ? celery_result_id(parent) : "",
                                celery_result_id(node));
        CHECK(len < room);
        celery_result_free(parent);
        celery_result_free(node);
    }
    celery_dependencies_free(dependencies);
    return status;
}

/* root -> a, group(b, c); a -> d; d -> root: a cycle. */
static void finished(void)
{
    celery_result_t *root = result_of(app, "root"), *a = result_of(app, "a"), *d = result_of(app, "d");
    celery_result_t *members[] = {result_of(app, "b"), result_of(app, "c")};
    celery_result_t *group = group_of(app, "group", members, 2);
    celery_result_t *children[] = {a, group}, *node = NULL;
    celery_dependencies_t *dependencies = NULL;
    celery_value_t *value = NULL;
    celery_graph_t *graph = NULL;
    char text[500];
    size_t from = 9, to = 9, len = 0;

    store_with_children("root", "\"root\"", children, 2);
    store_with_children("a", "\"a\"", &d, 1);
    store_with_children("d", "\"d\"", &root, 1);
    store_with_children("b", "\"b\"", NULL, 0);
    store_with_children("c", "\"c\"", NULL, 0);
    CHECK(walk(root, false, text, sizeof text) == CELERY_OK);
    SAME(text, ">root root>a root>group a>d group>b group>c d>root ");
    PASS("the walk is breadth first, and a cycle ends it");

    text[0] = '\0';
    OK(celery_result_iterdeps(root, false, &dependencies, &err));
    while (OK(celery_dependencies_collect(dependencies, NULL, &node, &value, &err)), node != NULL) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s=%s ", celery_result_id(node), celery_value_json(value, NULL));
        celery_value_free(value);
        celery_result_free(node);
    }
    CHECK(value == NULL);
    celery_dependencies_free(dependencies);
    CONTAINS(text, "root=\"root\" a=\"a\" group=[\"b\", \"c\"] d=\"d\" b=\"b\" c=\"c\" ");
    PASS("collect gives each result with its value");

    OK(celery_result_get_leaf(a, NULL, &value, &err));
    CHECK(value != NULL);
    celery_value_free(value);
    OK(celery_result_get_leaf(members[0], NULL, &value, &err));
    SAME(celery_value_json(value, NULL), "\"b\"");
    celery_value_free(value);
    PASS("get_leaf gives the value of the last result");

    OK(celery_result_build_graph(root, false, &graph, &err));
    CHECK(celery_graph_node_count(graph) == 6);
    OK(celery_graph_node(graph, 0, &node, &err));
    CHECK(celery_result_equal(node, root));
    celery_result_free(node);
    STATUS(celery_graph_node(graph, 6, &node, &err), CELERY_ERR_NO_SUCH_VALUE);
    CHECK(node == NULL && celery_graph_edge_count(graph) == 6);
    for (size_t i = 0; i < celery_graph_edge_count(graph); i++) {
        OK(celery_graph_edge(graph, i, &from, &to, &err));
        CHECK(from < 6 && to < 6);
    }
    STATUS(celery_graph_edge(graph, 6, &from, &to, &err), CELERY_ERR_NO_SUCH_VALUE);
    const char *dot = celery_graph_dot(graph, &len);
    CHECK(strlen(dot) == len && dot == celery_graph_dot(graph, NULL));
    CONTAINS(dot, "digraph");
    CONTAINS(dot, "group");
    celery_graph_free(graph);
    PASS("a graph has nodes, edges and a text for Graphviz");
    free_all(children, 2);
    free_all(members, 2);
    celery_result_free(root), celery_result_free(d);
}

static void unfinished(void)
{
    celery_result_t *root = result_of(app, "root2"), *children[] = {result_of(app, "done"), result_of(app, "pending")};
    celery_graph_t *graph = NULL;
    char text[500];
    store_with_children("root2", "1", children, 2);
    store_with_children("done", "2", NULL, 0);
    CHECK(walk(root, false, text, sizeof text) == CELERY_ERR_INCOMPLETE);
    SAME(text, ">root2 root2>done root2>pending ");
    SAME(celery_error_task_id(err), "pending");
    CHECK(celery_error_is_retriable(err));
    celery_error_free(err), err = NULL;
    CHECK(walk(root, true, text, sizeof text) == CELERY_OK);
    SAME(text, ">root2 root2>done root2>pending ");
    STATUS(celery_result_build_graph(root, false, &graph, &err), CELERY_ERR_INCOMPLETE);
    CHECK(graph == NULL);
    OK(celery_result_build_graph(root, true, &graph, &err));
    CHECK(celery_graph_node_count(graph) == 3);
    celery_graph_free(graph);
    CHECK(celery_graph_node_count(NULL) == 0 && celery_graph_edge_count(NULL) == 0 && celery_graph_dot(NULL, NULL) == NULL);
    free_all(children, 2);
    celery_result_free(root);
    PASS("what is not ready ends the walk, unless intermediate results may come");
}

int main(void)
{
    app = open_app("memory://");
    finished();
    unfinished();
    close_app(app);
    return 0;
}

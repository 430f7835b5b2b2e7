/*
 * A set whose members live on two apps: tasks `first` and `third` on the one of URL, `second` on the
 * one of `other`. Prints one JSON object a line: what the set says at first, each member as it
 * finishes, and what the set says in the end.
 *
 *     two_apps URL follow other=URL first=ID second=ID third=ID [nested=1] [value=JSON]
 *
 * With `nested`, the second is the only member of a group of its own. With `value`, this program stores
 * it as the value of the second, once the first has finished.
 */
#include "arguments.h"
#include "outcome.h"

#include <inttypes.h>
#include <pthread.h>

static void print_state(const celery_result_t *set)
{
    celery_error_t *err = NULL;
    bool ready = false, waiting = false, successful = false, failed = false;
    size_t completed = 0;
    OK(celery_result_ready(set, &ready, &err));
    OK(celery_result_waiting(set, &waiting, &err));
    OK(celery_result_successful(set, &successful, &err));
    OK(celery_result_failed(set, &failed, &err));
    OK(celery_result_completed_count(set, &completed, &err));
    print_bool("ready", ready);
    print_bool("waiting", waiting);
    print_bool("successful", successful);
    print_bool("failed", failed);
    printf("\"completed_count\": %zu, ", completed);
}

typedef celery_status_t get_function(const celery_result_t *, const celery_get_options_t *, celery_value_t **,
                                     celery_error_t **);

static void print_get(const char *key, get_function *get, const celery_result_t *set, bool propagate)
{
    celery_error_t *err = NULL;
    celery_get_options_t *options = options_of(propagate);
    celery_value_t *value = NULL;
    printf("\"%s\": ", key);
    celery_status_t status = get(set, options, &value, &err);
    print_outcome(status, value, err);
    fputs(", ", stdout);
    celery_get_options_free(options);
}

static void *store(void *other)
{
    celery_error_t *err = NULL;
    OK(celery_app_store_result(other, text("second"), "SUCCESS", text("value"), length(text("value")), NULL, &err));
    return NULL;
}

/* Each member as it finishes, while the queue and the others wait too. */
static void follow(const celery_result_t *set, celery_app_t *other)
{
    celery_error_t *err = NULL;
    celery_get_options_t *options = NULL;
    celery_result_iter_t *iter = NULL;
    pthread_t storing;
    bool stores = false;
    OK(celery_get_options_new(&options, &err));
    OK(celery_get_options_set_timeout_ms(options, 60000, &err));
    OK(celery_result_iter_native(set, options, &iter, &err));
    for (;;) {
        celery_result_t *member = NULL;
        celery_meta_t *meta = NULL;
        size_t index = 0;
        OK(celery_result_iter_next(iter, &index, &member, &meta, &err));
        if (member == NULL)
            break;
        printf("{\"index\": %zu, ", index);
        print_text("id", celery_result_id(member));
        print_text("state", celery_meta_state_text(meta));
        end_line();
        celery_result_free(member);
        celery_meta_free(meta);
        if (index == 0 && text("value") != NULL) {
            CHECK(pthread_create(&storing, NULL, store, other) == 0);
            stores = true;
        }
    }
    if (stores)
        pthread_join(storing, NULL);
    celery_result_iter_free(iter);
    celery_get_options_free(options);
}

/* The events of the three. */
static void print_events(celery_queue_t *queue)
{
    celery_error_t *err = NULL;
    const char *before = "";
    fputs("\"events\": [", stdout);
    for (size_t seen = 0; seen < 3;) {
        celery_batch_t *batch = NULL;
        OK(celery_queue_next(queue, 60000, NULL, 64, &batch, &err));
        for (size_t i = 0; i < celery_batch_count(batch); i++, seen++) {
            CHECK(celery_batch_kind(batch, i) == CELERY_EVENT_READY);
            printf("%s[%" PRIu64 ", ", before, celery_batch_tag(batch, i));
            print_string(celery_batch_id(batch, i));
            putchar(']');
            before = ", ";
        }
        celery_batch_free(batch);
    }
    fputs("], ", stdout);
}

int main(int argc, char **argv)
{
    celery_error_t *err = NULL;
    celery_result_t *members[3] = {NULL}, *set = NULL;
    celery_queue_t *queue = NULL;
    size_t first = 99, some[3], count = 0;
    CHECK(argc >= 3);
    arguments = argv + 3;
    argument_count = argc - 3;
    celery_app_t *app = open_app(argv[1]);
    celery_app_t *other = open_app(text("other"));

    OK(celery_async_result_new(app, text("first"), &members[0], &err));
    OK(celery_async_result_new(other, text("second"), &members[1], &err));
    OK(celery_async_result_new(app, text("third"), &members[2], &err));
    if (number("nested", 0) != 0) {
        celery_result_t *group = NULL;
        OK(celery_group_result_new(other, "nested", &members[1], 1, NULL, &group, &err));
        celery_result_free(members[1]);
        members[1] = group;
    }
    OK(celery_result_set_new(app, members, 3, &set, &err));
    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_add_members(queue, set, 10, &err));

    putchar('{');
    print_state(set);
    end_line();
    OK(celery_wait_any(members, 3, 60000, NULL, &first, &err));
    printf("{\"first\": %zu, ", first);
    end_line();
    follow(set, other);

    OK(celery_wait_all(members, 3, 0, NULL, &err));
    OK(celery_wait_some(members, 3, 3, 0, NULL, some, &count, &err));
    putchar('{');
    print_state(set);
    printf("\"some\": [%zu, %zu, %zu], ", some[0], some[1], some[2]);
    print_get("get", celery_result_get_with, set, true);
    print_get("get without propagate", celery_result_get_with, set, false);
    print_get("join", celery_result_join, set, true);
    print_get("join_native", celery_result_join_native, set, true);
    print_events(queue);
    end_line();

    celery_queue_free(queue);
    celery_result_free(set);
    for (int i = 0; i < 3; i++)
        celery_result_free(members[i]);
    celery_app_free(other);
    celery_app_free(app);
    return 0;
}

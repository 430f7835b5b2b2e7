/*
 * Follows results through a completion queue and prints each event as one JSON object.
 *
 *     completion_queue URL follow [id=ID]... [member_of=GROUP] [group=GROUP] [history=N] [max=N]
 *
 * The ids have the tags 0, 1, ...; the members of `member_of` those from 1000 on; `group` is added as
 * one, with the tag 2000. Ends when each has had its last event. An argument `option.NAME=VALUE` sets
 * an option of the app.
 */
#include "arguments.h"
#include "json.h"

#include <inttypes.h>

static const char *kind_name(int32_t kind)
{
    switch (kind) {
    case CELERY_EVENT_READY:
        return "READY";
    case CELERY_EVENT_PROGRESS:
        return "PROGRESS";
    case CELERY_EVENT_FAILED:
        return "FAILED";
    case CELERY_EVENT_CLOSED:
        return "CLOSED";
    default:
        return NULL;
    }
}

static void print_event(const celery_batch_t *batch, size_t index)
{
    celery_error_t *err = NULL;
    celery_meta_t *meta = NULL;
    celery_value_t *value = NULL;
    OK(celery_batch_meta(batch, index, &meta, &err));
    if (meta != NULL)
        OK(celery_meta_value(meta, &value, &err));
    CHECK(meta == NULL ? celery_batch_state(batch, index) == -1
                       : celery_batch_state(batch, index) == celery_meta_state(meta));
    printf("{\"tag\": %" PRIu64 ", ", celery_batch_tag(batch, index));
    print_text("kind", kind_name(celery_batch_kind(batch, index)));
    print_text("id", celery_batch_id(batch, index));
    print_text("state", celery_meta_state_text(meta));
    print_text("message", celery_batch_message(batch, index));
    print_bool("after_gap", celery_batch_after_gap(batch, index));
    print_value("value", value);
    end_line();
    celery_meta_free(meta);
}

static celery_result_t *restore(celery_app_t *app, const char *group_id)
{
    celery_error_t *err = NULL;
    celery_result_t *group = NULL;
    OK(celery_group_result_restore(app, group_id, &group, &err));
    return group;
}

int main(int argc, char **argv)
{
    celery_error_t *err = NULL;
    celery_queue_t *queue = NULL;
    CHECK(argc >= 3);
    arguments = argv + 3;
    argument_count = argc - 3;
    celery_app_t *app = open_app(argv[1]);
    CHECK(strcmp(argv[2], "follow") == 0);

    OK(celery_queue_new(&queue, &err));
    OK(celery_queue_report_progress(queue, (size_t)number("history", 0), &err));
    for (int i = 0; nth("id", i) != NULL; i++) {
        const char *id = nth("id", i);
        const uint64_t tag = (uint64_t)i;
        OK(celery_queue_add_ids(queue, app, &id, &tag, 1, &err));
    }
    if (text("member_of") != NULL) {
        celery_result_t *group = restore(app, text("member_of"));
        OK(celery_queue_add_members(queue, group, 1000, &err));
        celery_result_free(group);
    }
    if (text("group") != NULL) {
        celery_result_t *group = restore(app, text("group"));
        OK(celery_queue_add(queue, group, 2000, &err));
        celery_result_free(group);
    }

    while (celery_queue_pending(queue) > 0 || celery_queue_length(queue) > 0) {
        celery_batch_t *batch = NULL;
        OK(celery_queue_next(queue, 60000, NULL, (size_t)number("max", 64), &batch, &err));
        for (size_t i = 0; i < celery_batch_count(batch); i++)
            print_event(batch, i);
        celery_batch_free(batch);
    }
    celery_queue_free(queue);
    celery_app_free(app);
    return 0;
}

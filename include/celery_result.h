/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Generated from src/ffi by cbindgen 0.29.4. Do not edit: change the Rust source, run `make header`. */

/*
 * celery_result.h: send Celery tasks and wait for their results from C.
 *
 * A Python worker executes a task; a C program sends it, or holds its id, and wants what
 * `celery.result` gives a Python program: the state, a blocking get, the value or the exception, sets
 * and groups of results, revoking, and the writing side of it. The names are Celery's own. Beyond
 * Celery there are queues: one thread, or a poll loop, serves any number of results.
 *
 *     celery_app_t *app = NULL;
 *     celery_result_t *result = NULL;
 *     celery_value_t *value = NULL;
 *     celery_error_t *err = NULL;
 *     if (celery_app_open("redis://localhost/1", NULL, &app, &err) == CELERY_OK &&
 *         celery_async_result_new(app, task_id, &result, &err) == CELERY_OK &&
 *         celery_result_get(result, 10000, &value, &err) == CELERY_OK)
 *         puts(celery_value_json(value, NULL));
 *     else
 *         fprintf(stderr, "%s\n", celery_error_message(err));
 *     celery_value_free(value);
 *     celery_error_free(err);
 *     celery_result_free(result);
 *     celery_app_free(app);
 *
 *
 * HOW TO READ THIS FILE
 *
 * Order of parameters: the handle, inputs, outputs, `celery_error_t **err`.
 *
 * Ownership: whoever receives a handle through an output parameter or from a `_new` or `_ref`
 *   function owns it and frees it with the `_free` function of its type; every `_free` accepts
 *   NULL, never blocks and does no network I/O. Handles may be freed in any order: a result keeps
 *   alive what it needs of its app, a value what it needs of its record. Text and bytes are
 *   borrowed: valid until the handle they came from is freed. Never free() them.
 *
 * Outputs: handle outputs and `*err` are set to NULL on entry; all other outputs are written on
 *   success only. `err` may be NULL. An error is a handle like any other: free it before the
 *   variable is used again.
 *
 * Strings: ids, URLs and names go in as NUL-terminated UTF-8, payloads as pointer and length (a
 *   length of 0 goes with any pointer). Text comes out NUL-terminated; a function with a
 *   `size_t *len` also tells its length, for text that may contain NUL, and accepts NULL for it.
 *
 * Errors: a fallible function returns a `celery_status_t`: CELERY_OK (0) or a negative number that
 *   never changes its meaning. New numbers may come: treat an unknown one as a failure. Details of
 *   this one call are in `*err`. There is no "last error" per thread. That a task failed is
 *   no failure of waiting: see celery_result_wait() and celery_result_get(). The statuses under
 *   `@return` are complete but for CELERY_ERR_PANIC, which every function gives where the library has
 *   a bug; those that list it give it as well when such a bug has ended the app.
 *
 * Times: `timeout_ms` < 0 waits for ever, 0 takes one look, > 0 is one deadline for everything the
 *   call does, connecting included. One look, and every call that asks the store or the broker but has
 *   no timeout, takes up to the option operation_timeout_ms (1 s) where the server does not answer.
 *   CELERY_ERR_TIMEOUT: the record was read and the task has not finished; CELERY_ERR_UNREACHABLE:
 *   it could not be read. celery_status_is_timeout() covers both. Answers of workers are never waited
 *   for without a limit: a negative timeout is refused there.
 *
 * Threads: apps, results, lists, queues, batches, graphs, metas, values, errors and cancel tokens
 *   may be used by any number of threads at once; options, get-options, send-options, revoke-options,
 *   records and what walks (the iterators and celery_dependencies_t) by one thread at a time. Freeing a
 *   handle while another thread's call is still running on it is allowed for the former; starting one
 *   later is not. memory:// starts no thread, redis:// one per app, which serves the broker as well;
 *   a broker beside memory:// starts it when it is first used. celery_result_then() adds one. Queues,
 *   sets and waits for many results start none.
 *
 * Fork: the library may be loaded before fork. Handles made before it answer CELERY_ERR_FORKED in
 *   the child, which may free them and open an app of its own; the parent notices nothing. Plain data
 *   (metas, values, batches, errors, and results of the kind EAGER) stays readable there, and options of
 *   all kinds can be used. The descriptor of a queue stays open in the child, as all descriptors do, and
 *   shows what the parent's queue does: do not poll it there.
 *
 * Signals: EINTR never ends a wait, no handler is installed and no disposition changed, and the
 *   library's threads block all asynchronous signals. celery_cancel_trigger() is the one function
 *   that a signal handler may call.
 *
 * Shutdown: nothing needs to be initialised or shut down. celery_app_close() wakes every waiter
 *   with CELERY_ERR_CLOSED; celery_app_free() closes too. A program may exit while waits run.
 *   The library stays loaded after dlclose().
 *
 *
 * OUTLINE
 *
 *   version      celery_version, celery_check_version
 *   status       celery_status_...: name, message, whether it is worth a retry; the list of all
 *   states       celery_state_...: names, and the sets of celery.states
 *   errors       celery_error_...: status, message, and the exception of a failed task
 *   options      celery_options_...: settings by Celery's names, before an app is opened; log
 *   apps         celery_app_...: open, connect, close; store a result; celery_stats_...: figures
 *   cancelling   celery_cancel_...: stop a blocked wait from another thread or a signal handler
 *   results      celery_async_result_new, celery_result_...: wait, get, state, then, forget, parents
 *                and children; celery_result_list_...: children, members
 *   get options  celery_get_options_...: every argument of Celery's get
 *   eager        celery_eager_result_new
 *   sets         celery_result_set_...: make and change; members; celery_result_join,
 *                celery_result_join_native: all values; celery_result_iter_...: as they finish
 *   groups       celery_group_result_...: make, save, restore, delete
 *   graphs       celery_dependencies_...: walk what hangs on a result; celery_graph_...: keep it
 *   waiting      celery_wait_any, celery_wait_all, celery_wait_some: for several results at once
 *   queues       celery_queue_...: any number of results of any apps, one thread, one descriptor;
 *                celery_batch_...: the events taken from one
 *   metas        celery_meta_...: an immutable snapshot of one stored record
 *   values       celery_value_...: a decoded value: JSON text, typed getters, walking, exceptions
 *   records      celery_record_...: build a record to store
 *   sending      celery_app_send_task, celery_app_send_group; celery_send_options_...: queue, eta,
 *                priority and the other arguments of Celery's apply_async
 *   revoking     celery_result_revoke, celery_app_revoke_by_stamped_headers;
 *                celery_revoke_options_...: terminate, signal, who, whether answers are waited for
 *   control      celery_result_locate: where a task is; celery_app_control: ping, stats and all other
 *                commands to workers
 *
 *
 * QUEUES
 *
 *     celery_queue_new(&queue, &err);
 *     celery_queue_add(queue, result, tag, &err);           the result's handle may be freed now
 *     celery_queue_add_ids(queue, app, ids, NULL, count, &err);
 *     while (celery_queue_next(queue, -1, NULL, 64, &batch, &err) == CELERY_OK) {
 *         for (size_t i = 0; i < celery_batch_count(batch); i++)
 *             handle(celery_batch_tag(batch, i), celery_batch_kind(batch, i), ...);
 *         celery_batch_free(batch);
 *     }
 *
 * Everything that was added has one last event: READY when it has finished, whatever the outcome,
 *   FAILED when it cannot be waited for, CLOSED when its app was closed; then the queue has dropped
 *   it. Before it come PROGRESS events, if celery_queue_report_progress() asked for them. A task that
 *   never finishes, or whose result has expired, has none: only celery_queue_remove() ends that wait.
 *   Ignore kinds of events that you do not know.
 *
 * Nothing is lost: a result that finishes between its sending and celery_queue_add(), or while the
 *   connection is down, has its event too. PROGRESS states are kept by the store one at a time: what
 *   was overwritten while the connection was down is gone, and celery_batch_after_gap() tells so.
 *
 * A poll loop watches celery_queue_fd() for input and calls celery_queue_next() with a timeout of 0:
 *   that never does I/O. The descriptor is readable exactly while events are queued. It is the
 *   queue's: never read, write or close it. Reconnecting and reading are the app's own thread's work.
 *   celery_queue_report_connection() has a queue tell when an app's connection comes and goes.
 *
 *
 * SENDING AND REVOKING
 *
 *     celery_send_options_new(&options, &err);              NULL does where nothing is to be set
 *     celery_send_options_set(options, "queue", "\"video\"", &err);
 *     celery_app_send_task(app, "proj.tasks.add", "[2, 3]", NULL, options, &result, &err);
 *     celery_result_get(result, 10000, &value, &err);
 *
 * The way to the workers is the broker: the option broker_url, or else the result store where that is a
 *   Redis. Redis is the only kind of broker that is built in: an app that names another one opens, and
 *   its calls that send give CELERY_ERR_NOT_BUILT_IN. Messages are Celery's own.
 *
 * Sending subscribes to nothing, and neither does it look whether a worker is there: CELERY_OK says that
 *   the task is in its queue. CELERY_ERR_UNCERTAIN says that it may or may not be: the connection broke
 *   after it was written to, or no answer came in time; who sends it again may have it run twice. With
 *   any other error nothing was sent, and nothing will be.
 *
 * A command goes to the workers that listen at this moment; it is not kept for others. Where answers
 *   are waited for the call is over when all who heard have answered, and in any case at its timeout.
 *   All calls that wait for answers at once share one list at the broker, which the last of them takes
 *   away; it has a time to live, so that of a program that is killed nothing else stays there than a
 *   member of a set.
 *
 *
 * FUNCTIONS AND KINDS OF RESULTS
 *
 * There is one result type, because parents, children and members mix the kinds;
 * celery_result_kind() tells which one a handle is. "yes": applies; "-": CELERY_ERR_WRONG_KIND.
 *
 *   celery_result_...                                 ASYNC   EAGER   SET     GROUP
 *   kind, ref, free, id, equal, hash, parent          yes     yes     yes     yes
 *   wait, get, get_with, maybe_throw, then            yes     yes     yes     yes
 *   ready, successful, failed, forget                 yes     yes     yes     yes
 *   children                                          yes     yes     -       yes
 *   as_tuple                                          yes     yes     -       yes
 *   iterdeps, build_graph, get_leaf                   yes     yes     -       yes
 *   state, meta, peek, as_list                        yes     yes     -       -
 *   exists, ignore, release_payload                   yes     -       -       -
 *   revoke                                            yes     yes     yes     yes
 *   locate                                            yes     yes     -       -
 *   members, member, member_count                     -       -       yes     yes
 *   waiting, completed_count                          -       -       yes     yes
 *   join, join_native, iter_native                    -       -       yes     yes
 *   set_add, set_update, set_remove, set_remove_id    -       -       yes     yes
 *   set_discard, set_clear                            -       -       yes     yes
 *   celery_group_result_save, _delete                 -       -       -       yes
 *   celery_queue_add_members                          -       -       yes     yes
 *   celery_queue_add, celery_wait_...                 yes     yes     yes     yes
 *
 * celery_result_is_ignored() is false for other kinds than ASYNC.
 *
 *
 * VALUES
 *
 * Whatever the serializer of a record was, a value is read with the same functions, and
 * celery_value_json() gives it as JSON text. What JSON does not have is spelled there as a typed
 * form, {"__type__": T, "__value__": V}: for the first six rows as kombu's JSON does, for the others
 * in the same manner. Text of the json serializer with such a form is recognised in the same way; one
 * whose V does not fit stays a plain object. A map that only looks like one cannot be told from it.
 *
 *   CELERY_KIND_...  T                  V                                             getters
 *   DATETIME         datetime           "2026-11-22T08:46:01.419812+00:00"            string
 *   DATE, TIME       date, time         "2026-11-22", "08:46:01"                      string
 *   DECIMAL          decimal            "1.10"                                        string
 *   UUID             uuid               {"hex": 32 hexadecimal digits}                string
 *   BYTES            bytes              the text that they are in UTF-8               bytes
 *   BYTES            base64             "/wA="                                        bytes
 *   SET              set, frozenset     [element, ...]                                walk
 *   MAP              map                [[key, value], ...]: the keys are values      walk
 *   TIMEDELTA        timedelta          {"days": 1, "seconds": 2, "microseconds": 3}  string,
 *                                       as Python keeps them                          timedelta_micros
 *   PYTHON_OBJECT    object             {"class": "module.Class", "args": [...],      walk
 *                                       "state": any}; it may have more: "kwargs"
 *                                       (object or map), "items" (array) and
 *                                       "entries" (pairs) of subclasses of list, dict
 *   PYTHON_NAME      name               "module.qualname" of a class or function      string
 *   EXCEPTION        exception          {"exc_type": "Class", "exc_message": [...],   walk,
 *                                       "exc_module": "module"}; and "exc_state"      exception_...
 *                                       where it has attributes
 *
 * Tuples are arrays. A map of text, numbers, booleans and None as keys is an object, with keys as
 *   Python's json.dumps spells them. No class is ever looked up: a PYTHON_OBJECT is what it was made
 *   from. Walking (celery_value_length(), _get(), _index(), _key_at(), the iterators) goes through the
 *   typed form: "/0" is an element of a SET, "/args/0" an argument of a PYTHON_OBJECT. The `result` of
 *   a task that failed is the plain map under EXCEPTION, in every serializer.
 *
 * The stored bytes, whatever is in them, are celery_meta_raw()'s; of a record that cannot be read at
 * all celery_error_raw()'s and, in a queue, celery_batch_raw()'s.
 */

#ifndef CELERY_RESULT_H
#define CELERY_RESULT_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header; celery_version() tells that of the library. */
#define CELERY_VERSION_MAJOR 0
#define CELERY_VERSION_MINOR 1
#define CELERY_VERSION_PATCH 0
/* major * 10000 + minor * 100 + patch */
#define CELERY_VERSION_NUMBER 100
#define CELERY_VERSION_STRING "0.1.0"
#define CELERY_AT_LEAST_VERSION(major, minor, patch) \
    (CELERY_VERSION_NUMBER >= (major) * 10000 + (minor) * 100 + (patch))
/* The number in the library's name, libcelery_result.so.0. */
#define CELERY_ABI_VERSION 0

/* Stands before each prototype; define it first to say something else. */
#ifndef CELERY_API
#if defined(_WIN32) && !defined(CELERY_STATIC)
#define CELERY_API __declspec(dllimport)
#else
#define CELERY_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif


/**
 * Nothing is known about the task: no record, or a stored PENDING.
 */
#define CELERY_STATE_PENDING 0

/**
 * A worker has received the task.
 */
#define CELERY_STATE_RECEIVED 1

/**
 * A worker has started the task.
 */
#define CELERY_STATE_STARTED 2

/**
 * The task has returned a value.
 */
#define CELERY_STATE_SUCCESS 3

/**
 * The task has raised an exception.
 */
#define CELERY_STATE_FAILURE 4

/**
 * The task was revoked, terminated or has expired.
 */
#define CELERY_STATE_REVOKED 5

/**
 * A worker has rejected the task.
 */
#define CELERY_STATE_REJECTED 6

/**
 * The task waits to be run again after an exception.
 */
#define CELERY_STATE_RETRY 7

/**
 * The result is ignored.
 */
#define CELERY_STATE_IGNORED 8

/**
 * A state of the user's own, such as PROGRESS; celery_meta_state_text() has its name.
 */
#define CELERY_STATE_CUSTOM 100

/**
 * Results may be late or missing until somebody acts.
 */
#define CELERY_LOG_ERROR 1

/**
 * Something went wrong and was dealt with.
 */
#define CELERY_LOG_WARNING 2

/**
 * Connections made and lost.
 */
#define CELERY_LOG_INFO 3

/**
 * What an engineer wants to see.
 */
#define CELERY_LOG_DEBUG 4

/**
 * The result of one task, of celery.result's `AsyncResult`.
 */
#define CELERY_RESULT_ASYNC 1

/**
 * The result of a task that was run at once, celery.result's `EagerResult`.
 */
#define CELERY_RESULT_EAGER 2

/**
 * Several results, celery.result's `ResultSet`.
 */
#define CELERY_RESULT_SET 3

/**
 * The results of a group, celery.result's `GroupResult`.
 */
#define CELERY_RESULT_GROUP 4

/**
 * The result has finished, whatever the outcome.
 */
#define CELERY_EVENT_READY 1

/**
 * The task has stored an intermediate state; comes after celery_queue_report_progress() only.
 */
#define CELERY_EVENT_PROGRESS 2

/**
 * The result cannot be waited for: its record cannot be read, or the server refuses access.
 */
#define CELERY_EVENT_FAILED 3

/**
 * The app of the result was closed.
 */
#define CELERY_EVENT_CLOSED 4

/**
 * The app has a connection to its store; comes after celery_queue_report_connection() only.
 */
#define CELERY_EVENT_CONNECTED 5

/**
 * The app has no connection to its store, and goes on trying; comes after
 * celery_queue_report_connection() only.
 */
#define CELERY_EVENT_DISCONNECTED 6

/**
 * null
 */
#define CELERY_KIND_NULL 0

/**
 * true or false
 */
#define CELERY_KIND_BOOL 1

/**
 * An integer of any size
 */
#define CELERY_KIND_INT 2

/**
 * A number with a fraction or an exponent, NaN, Infinity, -Infinity
 */
#define CELERY_KIND_FLOAT 3

/**
 * Text
 */
#define CELERY_KIND_STRING 4

/**
 * Bytes (kombu's `bytes` and `base64`)
 */
#define CELERY_KIND_BYTES 5

/**
 * A list or a tuple
 */
#define CELERY_KIND_ARRAY 6

/**
 * A map with text keys
 */
#define CELERY_KIND_OBJECT 7

/**
 * kombu's `datetime`
 */
#define CELERY_KIND_DATETIME 8

/**
 * kombu's `date`
 */
#define CELERY_KIND_DATE 9

/**
 * kombu's `time`
 */
#define CELERY_KIND_TIME 10

/**
 * kombu's `decimal`
 */
#define CELERY_KIND_DECIMAL 11

/**
 * kombu's `uuid`
 */
#define CELERY_KIND_UUID 12

/**
 * A `set` or `frozenset`; its elements are those of an array
 */
#define CELERY_KIND_SET 13

/**
 * A map in which some key is neither text, number, boolean nor null; its keys are values
 */
#define CELERY_KIND_MAP 14

/**
 * A `timedelta`
 */
#define CELERY_KIND_TIMEDELTA 15

/**
 * An instance of some class: `class`, `args`, `state` and what else it was made from
 */
#define CELERY_KIND_PYTHON_OBJECT 16

/**
 * A class or function, by its name "module.qualname"
 */
#define CELERY_KIND_PYTHON_NAME 17

/**
 * An exception: `exc_type`, `exc_message`, `exc_module` and, where it has attributes, `exc_state`
 */
#define CELERY_KIND_EXCEPTION 18

/**
 * The task has finished: its record says so.
 */
#define CELERY_PLACE_FINISHED 1

/**
 * A worker runs it.
 */
#define CELERY_PLACE_RUNNING 2

/**
 * A worker holds it and has not begun.
 */
#define CELERY_PLACE_RESERVED 3

/**
 * A worker holds it until the time that it was sent for (`eta`, `countdown`, a retry).
 */
#define CELERY_PLACE_SCHEDULED 4

/**
 * No worker that answered knows it: it may wait in a queue, may have vanished with its worker, may never
 * have been sent, or a worker that knows it has not answered.
 */
#define CELERY_PLACE_UNKNOWN 5

/**
 * Celery's app as a client sees it: a result store and one engine that waits on it. Free it with
 * celery_app_free().
 */
typedef struct celery_app_t celery_app_t;

/**
 * Events of a queue, which never change: plain data that also a forked child may read. Free it with
 * celery_batch_free().
 */
typedef struct celery_batch_t celery_batch_t;

/**
 * Stops blocked waits, from any thread or from a signal handler. Belongs to no app. Free it with
 * celery_cancel_free().
 */
typedef struct celery_cancel_t celery_cancel_t;

/**
 * Where a walk over a result and what hangs on it stands. Free it with celery_dependencies_free().
 */
typedef struct celery_dependencies_t celery_dependencies_t;

/**
 * Why one call failed. Free it with celery_error_free().
 */
typedef struct celery_error_t celery_error_t;

/**
 * The arguments of celery_result_get_with(), and of what gets the values of many results. Free it with
 * celery_get_options_free().
 */
typedef struct celery_get_options_t celery_get_options_t;

/**
 * A graph of results that never changes. Free it with celery_graph_free().
 */
typedef struct celery_graph_t celery_graph_t;

/**
 * What one read of a record found; it never changes. Free it with celery_meta_free().
 */
typedef struct celery_meta_t celery_meta_t;

/**
 * Settings of an app to be opened, by Celery's own names. Free it with celery_options_free().
 */
typedef struct celery_options_t celery_options_t;

/**
 * Where the events of many results come together. Free it with celery_queue_free().
 */
typedef struct celery_queue_t celery_queue_t;

/**
 * A record to store with celery_app_store(). Free it with celery_record_free().
 */
typedef struct celery_record_t celery_record_t;

/**
 * Where a walk over the members of a set stands. Free it with celery_result_iter_free().
 */
typedef struct celery_result_iter_t celery_result_iter_t;

/**
 * A list of results that never changes. Free it with celery_result_list_free().
 */
typedef struct celery_result_list_t celery_result_list_t;

/**
 * A result: one type for all classes of `celery.result`, because parents and children mix them.
 * Free it with celery_result_free().
 */
typedef struct celery_result_t celery_result_t;

/**
 * The arguments of celery_result_revoke() and celery_app_revoke_by_stamped_headers(). Free it with
 * celery_revoke_options_free().
 */
typedef struct celery_revoke_options_t celery_revoke_options_t;

/**
 * How a task is sent. Free it with celery_send_options_free().
 */
typedef struct celery_send_options_t celery_send_options_t;

/**
 * Figures about an app at one moment. Free it with celery_stats_free().
 */
typedef struct celery_stats_t celery_stats_t;

/**
 * Where a walk over a container stands. Free it with celery_value_iter_free().
 */
typedef struct celery_value_iter_t celery_value_iter_t;

/**
 * A decoded value; it never changes. Free it with celery_value_free().
 */
typedef struct celery_value_t celery_value_t;

/**
 * How a call ended: CELERY_OK (0) or one of the negative CELERY_ERR_ numbers. Numbers never
 * change their meaning and are never used again; new ones may come.
 */
typedef int32_t celery_status_t;

/**
 * Gets one line of the log. The texts are borrowed for the length of the call. Called on threads of
 * the library and of the program, several at once; must not block, unwind or longjmp, nor call a
 * function of the library that blocks.
 */
typedef void (*celery_log_callback_t)(void *env,
                                      int32_t level,
                                      const char *target,
                                      const char *message);

/**
 * Frees the environment of a callback; called exactly once, after the last call of the callback,
 * on any thread.
 */
typedef void (*celery_env_free_t)(void *env);

/**
 * Gets the id and the value when `get` has a result, on the thread that called it; of a set or group
 * once for each member. Both are borrowed for the length of the call.
 */
typedef void (*celery_get_callback_t)(void *env, const char *task_id, const celery_value_t *value);

/**
 * Gets each record of the task, or of a member, that arrives while `get` waits, on the thread that
 * called it. The meta is borrowed for the length of the call.
 */
typedef void (*celery_message_callback_t)(void *env, const celery_meta_t *meta);

/**
 * Called after each interval of waiting, on the thread that called `get`.
 */
typedef void (*celery_interval_callback_t)(void *env);

/**
 * Gets a result that is ready, whatever its outcome, with its record, which is NULL for sets, groups and
 * ignored results. Both are borrowed for the length of the call; celery_result_ref() and
 * celery_meta_ref() keep them.
 */
typedef void (*celery_then_callback_t)(void *env,
                                       const celery_result_t *result,
                                       const celery_meta_t *meta);

/**
 * Gets a result whose wait ended in another way: the app was closed, or the record is unreadable. Both
 * are borrowed for the length of the call.
 */
typedef void (*celery_then_error_t)(void *env,
                                    const celery_result_t *result,
                                    const celery_error_t *error);

/**
 * The call succeeded.
 */
#define CELERY_OK 0

/**
 * An argument has a value that is not allowed.
 */
#define CELERY_ERR_INVALID_ARGUMENT -1

/**
 * A parameter that must not be NULL is NULL.
 */
#define CELERY_ERR_NULL_ARGUMENT -2

/**
 * A text argument is not valid UTF-8.
 */
#define CELERY_ERR_INVALID_UTF8 -3

/**
 * The URL cannot be understood.
 */
#define CELERY_ERR_INVALID_URL -4

/**
 * There is no option of this name.
 */
#define CELERY_ERR_UNKNOWN_OPTION -5

/**
 * An option has a value that is not allowed.
 */
#define CELERY_ERR_INVALID_OPTION -6

/**
 * This needs a part that this build of the library does not have.
 */
#define CELERY_ERR_NOT_BUILT_IN -7

/**
 * This function does not apply to a result of this kind.
 */
#define CELERY_ERR_WRONG_KIND -8

/**
 * The value is of another type.
 */
#define CELERY_ERR_WRONG_TYPE -9

/**
 * The number does not fit the type asked for.
 */
#define CELERY_ERR_OVERFLOW -10

/**
 * The text holds lone surrogates and has no UTF-8 form.
 */
#define CELERY_ERR_NOT_UTF8 -11

/**
 * The value has no strict JSON (RFC 8259) form.
 */
#define CELERY_ERR_NOT_JSON -12

/**
 * There is no value at this index, key or JSON Pointer.
 */
#define CELERY_ERR_NO_SUCH_VALUE -13

/**
 * The backend, or this version of the library, cannot do this.
 */
#define CELERY_ERR_UNSUPPORTED -14

/**
 * The deadline passed; the record was read, the task has not finished.
 */
#define CELERY_ERR_TIMEOUT -100

/**
 * The deadline passed before the result store could be read.
 */
#define CELERY_ERR_UNREACHABLE -101

/**
 * The wait was cancelled through its token.
 */
#define CELERY_ERR_CANCELLED -102

/**
 * The app has been closed.
 */
#define CELERY_ERR_CLOSED -103

/**
 * The handle was made before a fork and belongs to the parent process.
 */
#define CELERY_ERR_FORKED -104

/**
 * A blocking call was made from a thread of the library.
 */
#define CELERY_ERR_RECURSIVE -105

/**
 * No record exists under this id.
 */
#define CELERY_ERR_NOT_FOUND -106

/**
 * The payload was released.
 */
#define CELERY_ERR_RELEASED -107

/**
 * The library failed inside; please report this.
 */
#define CELERY_ERR_PANIC -108

/**
 * Waiting for results is denied on this thread.
 */
#define CELERY_ERR_JOIN_DENIED -109

/**
 * A limit was reached: that of an option, or file descriptors or threads of the process.
 */
#define CELERY_ERR_LIMIT -110

/**
 * A result that the walk needs is not ready.
 */
#define CELERY_ERR_INCOMPLETE -111

/**
 * The queue was woken by celery_queue_wakeup().
 */
#define CELERY_ERR_WAKEUP -112

/**
 * The connection broke in between: the write may or may not have happened.
 */
#define CELERY_ERR_UNCERTAIN -200

/**
 * The server refused the credentials.
 */
#define CELERY_ERR_AUTH -300

/**
 * The server's access rules do not allow this command.
 */
#define CELERY_ERR_PERMISSION -301

/**
 * The server does not have this database.
 */
#define CELERY_ERR_BAD_DATABASE -302

/**
 * The server answered with an error.
 */
#define CELERY_ERR_SERVER -303

/**
 * The stored bytes cannot be decoded.
 */
#define CELERY_ERR_DECODE -400

/**
 * The record is larger than max_payload_bytes allows, becomes so (or larger than max_expansion_ratio
 * allows) when it is read, or holds an integer that is too long to be read from a pickle.
 */
#define CELERY_ERR_TOO_LARGE -401

/**
 * The value is nested deeper than max_nesting_depth allows.
 */
#define CELERY_ERR_TOO_DEEP -402

/**
 * The settings (result_accept_content, else accept_content) do not accept the content type of the record.
 */
#define CELERY_ERR_CONTENT_DISALLOWED -403

/**
 * The value cannot be encoded.
 */
#define CELERY_ERR_ENCODE -404

/**
 * The task failed; the error holds its exception.
 */
#define CELERY_ERR_TASK_FAILED -500

/**
 * The task was revoked.
 */
#define CELERY_ERR_TASK_REVOKED -501

/**
 * Gives the version of the loaded library, as "0.1.0".
 *
 * @return static text, never NULL.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_version(void);

/**
 * Gives the version of the loaded library as a number: major * 10000 + minor * 100 + patch.
 *
 * @return the number; compare it with CELERY_VERSION_NUMBER of the header.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API uint32_t celery_version_number(void);

/**
 * Checks that the loaded library can serve a program built with a header of this version: the
 * same major version (before 1.0 the same minor version too), and not older than the header.
 *
 * @param header_number CELERY_VERSION_NUMBER, as the program was compiled with it.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT when they do not fit, with both versions in the
 * message.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_check_version(uint32_t header_number, celery_error_t **err);

/**
 * Gives the name of a status, as "CELERY_ERR_TIMEOUT".
 *
 * @return static text; "CELERY_ERR_UNKNOWN" for a number that is no status, never NULL.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_status_name(celery_status_t status);

/**
 * Gives a sentence for people about a status. celery_error_message() says more about one call.
 *
 * @return static text, never NULL.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_status_message(celery_status_t status);

/**
 * Tells whether a status means that a deadline passed: CELERY_ERR_TIMEOUT or
 * CELERY_ERR_UNREACHABLE.
 *
 * @return true for these two.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_status_is_timeout(celery_status_t status);

/**
 * Tells whether a call that ended with this status may succeed later without any change.
 *
 * @return true for the retriable ones; false also for a number that is no status.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_status_is_retriable(celery_status_t status);

/**
 * Gives the number of statuses there are, for bindings that make their own list.
 *
 * @return how many indexes celery_status_at() knows.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_status_count(void);

/**
 * Gives one status of the list: index 0 is CELERY_OK, then come the errors.
 *
 * @return the status; CELERY_ERR_NO_SUCH_VALUE for an index beyond the end.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_status_at(size_t index);

/**
 * Gives the name of a state, as `celery.states` spells it.
 *
 * @return static text; NULL for CELERY_STATE_CUSTOM, whose names are in the records, and for a
 * number that is no state.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_state_name(int32_t state);

/**
 * Gives the number of a state by its name.
 *
 * @param name not nullable.
 * @return the number; CELERY_STATE_CUSTOM for every name that Celery does not know, letter for
 * letter; -1 when name is NULL or no UTF-8.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API int32_t celery_state_from_name(const char *name);

/**
 * Tells whether a task in this state has finished (`celery.states.READY_STATES`).
 *
 * @return true for SUCCESS, FAILURE and REVOKED.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_state_is_ready(int32_t state);

/**
 * Tells whether a task in this state has not finished (`celery.states.UNREADY_STATES`). Custom
 * states are in neither set.
 *
 * @return true for PENDING, RECEIVED, STARTED, REJECTED and RETRY.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_state_is_unready(int32_t state);

/**
 * Tells whether the value stored with this state is an exception
 * (`celery.states.EXCEPTION_STATES`).
 *
 * @return true for RETRY, FAILURE and REVOKED.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_state_is_exception(int32_t state);

/**
 * Tells whether celery_result_get() fails in this state (`celery.states.PROPAGATE_STATES`).
 *
 * @return true for FAILURE and REVOKED.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_state_is_propagate(int32_t state);

/**
 * Gives the place of a state in the order of strength (`celery.states.precedence`): 0 is the
 * strongest, SUCCESS. For comparing only; what may be stored over what does not follow it.
 *
 * @return the place; that of the custom states for CELERY_STATE_CUSTOM and every number that is
 * no state.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API int32_t celery_state_precedence(int32_t state);

/**
 * Gives the status that the failed call returned.
 *
 * @param error nullable.
 * @return the status; CELERY_OK for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_error_status(const celery_error_t *error);

/**
 * Gives the name of the status, as "CELERY_ERR_TIMEOUT".
 *
 * @param error nullable.
 * @return static text; "CELERY_OK" for NULL.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_name(const celery_error_t *error);

/**
 * Gives a sentence for people: the value, the place, and what would be right. Passwords are never
 * in it.
 *
 * @param error nullable.
 * @return the text, without the status; an empty text for NULL.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_message(const celery_error_t *error);

/**
 * Tells whether the same call may succeed later without any change.
 *
 * @param error nullable.
 * @return true if it may; false for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_error_is_retriable(const celery_error_t *error);

/**
 * Gives the id of the task that the error is about. It may be another one than that of the handle:
 * a failed parent, or a member of a group.
 *
 * @param error nullable.
 * @return the id; NULL where the error is about no single task.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_task_id(const celery_error_t *error);

/**
 * Gives the index of the member of a set or group that the error is about.
 *
 * @param error nullable.
 * @return the index, from 0; -1 where the error is about no member.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API int64_t celery_error_member(const celery_error_t *error);

/**
 * Gives the record that the error is about, as it is stored, where its bytes cannot be read: they are
 * damaged, of a content type that is not allowed or of a codec that is not built in, or what comes of
 * them is too large or too deep. No NUL follows them.
 *
 * @param error nullable.
 * @param len not nullable: gets the number of bytes.
 * @return the bytes; NULL where the error is about no record, and where the stored bytes alone are more
 * than max_payload_bytes allows, which are never fetched; then nothing is written.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const uint8_t *celery_error_raw(const celery_error_t *error,
                                size_t *len);

/**
 * Gives the class name of the exception of the failed task: `exc_type`, as "Outer.InnerError".
 *
 * @param error nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_exception_type(const celery_error_t *error);

/**
 * Gives the module of the class of the exception of the failed task: `exc_module`.
 *
 * @param error nullable.
 * @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_exception_module(const celery_error_t *error);

/**
 * Gives the exception of the failed task in one line, as the last line of a Python traceback:
 * "ValueError: x".
 *
 * @param error nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_exception_message(const celery_error_t *error);

/**
 * Gives the traceback that the worker stored with the exception of the failed task.
 *
 * @param error nullable.
 * @return the text; NULL where there is no exception, or no traceback was stored.
 * Ownership: borrowed, until the error is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_error_exception_traceback(const celery_error_t *error);

/**
 * Tells whether the worker could not store the exception of the failed task itself: it came in
 * Celery's `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
 *
 * @param error nullable.
 * @return true where type and arguments may be less than what was raised; false where there is no
 * exception.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_error_exception_is_degraded(const celery_error_t *error);

/**
 * Gives the arguments of the exception of the failed task: `exc_message`, an array, or what an old
 * worker stored instead of one.
 *
 * @param error not nullable.
 * @param args not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
 * where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *args with celery_value_free(), *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_error_exception_args(const celery_error_t *error,
                                            celery_value_t **args,
                                            celery_error_t **err);

/**
 * Frees an error. NULL is fine.
 *
 * @param error nullable.
 * Ownership: the handle is gone, and every text borrowed from it.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_error_free(celery_error_t *error);

/**
 * Makes settings that are all at their defaults.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *options with celery_options_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_options_new(celery_options_t **options, celery_error_t **err);

/**
 * Frees settings. NULL is fine. Apps opened with them keep their own copy.
 *
 * @param options nullable.
 * Ownership: the handle is gone, and every text borrowed from it.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_options_free(celery_options_t *options);

/**
 * Sets one option from text. Names are Celery's own (`result_expires`, `redis_socket_timeout`, dotted
 * keys such as `result_backend_transport_options.global_keyprefix`) or one of this library's;
 * celery_options_doc() describes each.
 *
 * Booleans are "true" and "false" (also 1 and 0, yes and no, on and off). Times are seconds, or
 * milliseconds where the name ends in _ms, or carry a unit: "90", "1.5s", "250ms", "30m", "2h", "1d".
 * Sizes are bytes or carry a unit: "65536", "16MB", "16MiB". Lists are separated by commas. "null"
 * and "" are None. A Celery setting that means nothing here is accepted and listed by
 * celery_options_ignored_at().
 *
 * @param options not nullable.
 * @param key not nullable.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
 * CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_set(celery_options_t *options,
                                   const char *key,
                                   const char *value,
                                   celery_error_t **err);

/**
 * Sets one option to a boolean. Otherwise as celery_options_set().
 *
 * @param options not nullable.
 * @param key not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
 * CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_set_bool(celery_options_t *options,
                                        const char *key,
                                        bool value,
                                        celery_error_t **err);

/**
 * Sets one option to a whole number. Otherwise as celery_options_set().
 *
 * @param options not nullable.
 * @param key not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
 * CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_set_int64(celery_options_t *options,
                                         const char *key,
                                         int64_t value,
                                         celery_error_t **err);

/**
 * Sets one option to a time in seconds, fractions allowed. Otherwise as celery_options_set().
 *
 * @param options not nullable.
 * @param key not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
 * CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_set_seconds(celery_options_t *options,
                                           const char *key,
                                           double value,
                                           celery_error_t **err);

/**
 * Puts one option back to its default.
 *
 * @param options not nullable.
 * @param key not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_unset(celery_options_t *options,
                                     const char *key,
                                     celery_error_t **err);

/**
 * Gives what an option was set to.
 *
 * @param options not nullable.
 * @param key not nullable.
 * @return the text; NULL where the option is not set, and for an unknown key.
 * Ownership: borrowed, until the same option is set again or the options are freed.
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_options_get(const celery_options_t *options, const char *key);

/**
 * Gives the number of options there are.
 *
 * @return how many indexes the three functions below know.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_options_count(void);

/**
 * Gives the name of an option.
 *
 * @return static text; NULL for an index beyond the end.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_options_name(size_t index);

/**
 * Gives the default of an option, as text; an empty one is None.
 *
 * @return static text; NULL for an index beyond the end.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_options_default(size_t index);

/**
 * Gives one sentence about what an option does here.
 *
 * @return static text; NULL for an index beyond the end.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_options_doc(size_t index);

/**
 * Gives the number of options that were set and have no effect here.
 *
 * @param options not nullable.
 * @return how many indexes celery_options_ignored_at() knows; 0 for NULL.
 * Ownership: nothing to free.
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_options_ignored_count(const celery_options_t *options);

/**
 * Gives the name of one option that was set and has no effect here.
 *
 * @param options not nullable.
 * @return static text; NULL for an index beyond the end.
 * Ownership: static; never free it.
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_options_ignored_at(const celery_options_t *options, size_t index);

/**
 * Opens an app on a result store. Does no I/O and starts no thread: the first call that needs the
 * server connects.
 *
 * Tasks and commands go over a broker: that of the option broker_url, or else the result store where it
 * is a Redis. A broker that this build cannot speak to, such as amqp://, is no error here: the calls that
 * send fail, and nothing else does.
 *
 * @param backend_url not nullable: memory:// (a store of its own), memory://NAME (shared by all apps
 * of the process that name it), redis://[user][:password]@host[:port][/db],
 * redis+socket:///path?virtual_host=DB, in Celery's own forms; "" takes the option result_backend.
 * @param options nullable: every default.
 * @param app not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_URL; CELERY_ERR_NOT_BUILT_IN for a store that this build does
 * not have; CELERY_ERR_INVALID_OPTION; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *app with celery_app_free(); the options are copied and stay the caller's; free *err
 * with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_open(const char *backend_url,
                                const celery_options_t *options,
                                celery_app_t **app,
                                celery_error_t **err);

/**
 * Connects to the result store and checks the credentials, for the start of a daemon. Waiting does not
 * need it.
 *
 * @param app not nullable.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param cancel nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_CANCELLED; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_connect(celery_app_t *app,
                                   int64_t timeout_ms,
                                   const celery_cancel_t *cancel,
                                   celery_error_t **err);

/**
 * Gives another reference to the same app.
 *
 * @param app not nullable.
 * @return the app; NULL for NULL, and in a forked child.
 * Ownership: free it with celery_app_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_app_t *celery_app_ref(const celery_app_t *app);

/**
 * Closes an app: every waiter wakes with CELERY_ERR_CLOSED, and so does every later call that needs
 * the store. Finished results stay readable. A second close does nothing.
 *
 * @param app not nullable: NULL does nothing.
 * Ownership: the handle stays; free it with celery_app_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_app_close(celery_app_t *app);

/**
 * Closes an app and waits until its threads have ended.
 *
 * @param app not nullable.
 * @param timeout_ms < 0 for ever, 0 only looks.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TIMEOUT: closed, but a thread still runs; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the handle stays; free it with celery_app_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_close_wait(celery_app_t *app,
                                      int64_t timeout_ms,
                                      celery_error_t **err);

/**
 * Gives a reference back; the last one closes the app. NULL is fine. Results of the app keep what they
 * need of it: finished ones stay readable, the others give CELERY_ERR_CLOSED. In a forked child it
 * does nothing.
 *
 * @param app nullable.
 * Ownership: the reference is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
void celery_app_free(celery_app_t *app);

/**
 * Gives the store's URL, with the password masked (Celery's `Backend.as_uri`).
 *
 * @param app not nullable.
 * @return the text; NULL for NULL, and in a forked child.
 * Ownership: borrowed, until the app is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_app_uri(const celery_app_t *app);

/**
 * Stores a record as a Celery worker does (`Backend.store_result`): whoever waits for the task wakes,
 * in this program and in every other, Python's included.
 *
 * @param app not nullable.
 * @param record not nullable.
 * @param stored nullable: false where a stored SUCCESS was kept, which nothing replaces.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_ENCODE where a value is not JSON, or of a kind that
 * result_serializer cannot hold, which the message names; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN where the connection broke after the record was sent;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_INVALID_ARGUMENT for an id longer than 16384 bytes, and where a FAILURE, REVOKED or RETRY
 * has a value that is no exception; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_store(celery_app_t *app,
                                 const celery_record_t *record,
                                 bool *stored,
                                 celery_error_t **err);

/**
 * Stores a state with a value, the short form of celery_app_store(). The value of a FAILURE or
 * REVOKED is an exception, {"exc_type": …, "exc_message": […], "exc_module": …}:
 * celery_record_set_exception() spells it.
 *
 * @param app not nullable.
 * @param task_id not nullable.
 * @param state not nullable: SUCCESS, PROGRESS and so on.
 * @param value_json nullable where len is 0: JSON text; NaN and Infinity are allowed.
 * @param len the length of value_json in bytes; 0 stores null.
 * @param traceback nullable.
 * @param err nullable.
 * @return CELERY_OK, also where a stored SUCCESS was kept; CELERY_ERR_INVALID_ARGUMENT for an empty
 * state, for an id that is empty or longer than 16384 bytes, and where a FAILURE, REVOKED or RETRY
 * has a value that is no exception; CELERY_ERR_ENCODE where the value is not JSON, or of a kind
 * that result_serializer cannot hold, which the message names; CELERY_ERR_TOO_LARGE;
 * CELERY_ERR_TOO_DEEP; CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN where the connection broke after
 * the record was sent; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_store_result(celery_app_t *app,
                                        const char *task_id,
                                        const char *state,
                                        const char *value_json,
                                        size_t len,
                                        const char *traceback,
                                        celery_error_t **err);

/**
 * Takes the figures of an app, for monitoring.
 *
 * @param app not nullable.
 * @param stats not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *stats with celery_stats_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_stats(celery_app_t *app,
                                 celery_stats_t **stats,
                                 celery_error_t **err);

/**
 * Gives the number of figures there are.
 *
 * @return how many indexes celery_stats_name() and celery_stats_value() know.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_stats_count(void);

/**
 * Gives the name of a figure: waiters, subscriptions, sockets, connects, messages, bytes_received,
 * bytes_sent, recovered_by_reread.
 *
 * waiters: waits in progress. subscriptions: ids subscribed to, as the server confirmed. sockets: open
 * now. connects, messages, bytes_received, bytes_sent: since the app was opened. recovered_by_reread:
 * results that only the periodic re-read found, each a lost or missing PUBLISH.
 *
 * @return static text; NULL for an index beyond the end.
 * Ownership: static; never free it.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_stats_name(size_t index);

/**
 * Gives a figure by its index.
 *
 * @param stats not nullable.
 * @return the figure; 0 for NULL and for an index beyond the end.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API uint64_t celery_stats_value(const celery_stats_t *stats, size_t index);

/**
 * Gives a figure by its name.
 *
 * @param stats not nullable.
 * @param name not nullable.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE for an unknown name; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_stats_get(const celery_stats_t *stats,
                                 const char *name,
                                 uint64_t *value,
                                 celery_error_t **err);

/**
 * Frees figures. NULL is fine.
 *
 * @param stats nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_stats_free(celery_stats_t *stats);

/**
 * Sets the function that gets the log lines of the apps opened with these options. There is none by
 * default, and the library never prints anything.
 *
 * @param options not nullable.
 * @param level the least grave level wanted, CELERY_LOG_ERROR to CELERY_LOG_DEBUG.
 * @param callback nullable: no log.
 * @param env nullable: handed to the callback.
 * @param env_free nullable: frees env.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for another level; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
 * after the last line of the last app and when the options are freed or get another log; free *err
 * with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_options_set_log(celery_options_t *options,
                                       int32_t level,
                                       celery_log_callback_t callback,
                                       void *env,
                                       celery_env_free_t env_free,
                                       celery_error_t **err);

/**
 * Makes a token. It takes one file descriptor.
 *
 * @param cancel not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_LIMIT when the process has no file descriptor left;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *cancel with celery_cancel_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_cancel_new(celery_cancel_t **cancel, celery_error_t **err);

/**
 * Gives another reference to the same token.
 *
 * @param cancel not nullable.
 * @return the token; NULL for NULL, and in a forked child.
 * Ownership: free it with celery_cancel_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_cancel_t *celery_cancel_ref(const celery_cancel_t *cancel);

/**
 * Ends every wait that uses the token with CELERY_ERR_CANCELLED, now and later, until
 * celery_cancel_reset(). It stops waiting only: the task goes on. errno is kept.
 *
 * @param cancel not nullable: NULL does nothing.
 * Ownership: nothing to free; the token must outlive the call.
 * Threads: async-signal-safe: any thread, and signal handlers.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_cancel_trigger(const celery_cancel_t *cancel);

/**
 * Makes the token usable for new waits. Waits that were ended by it have ended.
 *
 * @param cancel not nullable: NULL does nothing.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_cancel_reset(const celery_cancel_t *cancel);

/**
 * Tells whether the token was triggered and not reset since.
 *
 * @param cancel not nullable.
 * @return true if so; false for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_cancel_is_triggered(const celery_cancel_t *cancel);

/**
 * Gives a reference back. NULL is fine. Waits that use the token go on.
 *
 * @param cancel nullable.
 * Ownership: the reference is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_cancel_free(celery_cancel_t *cancel);

/**
 * Makes the result of a task (`AsyncResult(id)`). Does no I/O: every text is an id, and nobody knows
 * whether the task exists.
 *
 * @param app not nullable.
 * @param task_id not nullable.
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK, also where the app is closed; CELERY_ERR_INVALID_ARGUMENT for an id that is
 * empty or longer than 16384 bytes; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *result with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_async_result_new(celery_app_t *app,
                                        const char *task_id,
                                        celery_result_t **result,
                                        celery_error_t **err);

/**
 * Makes the result of a task with its parent (`AsyncResult(id, parent=…)`): celery_result_get() fails
 * when the parent has failed, and celery_result_forget() forgets it too.
 *
 * @param app not nullable.
 * @param task_id not nullable.
 * @param parent nullable: no parent.
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK, also where the app is closed; CELERY_ERR_INVALID_ARGUMENT for an id that is
 * empty or longer than 16384 bytes; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *result with celery_result_free(); it holds a reference to the parent of its own;
 * free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_async_result_new_with_parent(celery_app_t *app,
                                                    const char *task_id,
                                                    const celery_result_t *parent,
                                                    celery_result_t **result,
                                                    celery_error_t **err);

/**
 * Gives another reference to the same result.
 *
 * @param result not nullable.
 * @return the result; NULL for NULL, and in a forked child.
 * Ownership: free it with celery_result_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_result_t *celery_result_ref(const celery_result_t *result);

/**
 * Gives a reference back. NULL is fine. A call that is running on another thread keeps its own and
 * goes on; no network I/O is done. In a forked child it does nothing.
 *
 * @param result nullable.
 * Ownership: the reference is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_result_free(celery_result_t *result);

/**
 * Gives the id of the task or group.
 *
 * @param result not nullable.
 * @return the id; NULL for NULL, for a set, which has none, and in a forked child.
 * Ownership: borrowed, until the result is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_result_id(const celery_result_t *result);

/**
 * Tells which class of `celery.result` this is.
 *
 * @param result not nullable.
 * @return CELERY_RESULT_ASYNC, CELERY_RESULT_EAGER, CELERY_RESULT_SET or CELERY_RESULT_GROUP; 0 for
 * NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API int32_t celery_result_kind(const celery_result_t *result);

/**
 * Tells whether two results are equal as Celery's are: results of tasks by their ids, sets by their
 * members in order, groups by id, members and parent.
 *
 * @param left not nullable.
 * @param right not nullable.
 * @return true if so; false where one is NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_result_equal(const celery_result_t *left, const celery_result_t *right);

/**
 * Gives a number that equal results share, for hash tables. It may differ between versions of the
 * library.
 *
 * @param result not nullable.
 * @return the number; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API uint64_t celery_result_hash(const celery_result_t *result);

/**
 * Marks the result as ignored (`ignored = True`): nobody will store a record, and nobody is to wait for
 * one. From now on the result counts as finished, with null as its value and without a record, for
 * everything that waits or gives values: celery_result_get(), celery_result_wait(),
 * celery_result_then(), celery_wait_any(), celery_wait_all(), celery_wait_some(), queues, and joining,
 * waiting for and iterating over a set that it is in. None of these looks at the store for it.
 *
 * What asks for the state or the record looks at the store as ever, where an ignored result is PENDING:
 * celery_result_state(), celery_result_ready(), celery_result_meta(), celery_result_exists(),
 * celery_result_maybe_throw() and the like, also those of a set that it is in. A wait that has begun
 * goes on.
 *
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_ignore(const celery_result_t *result,
                                     celery_error_t **err);

/**
 * Tells whether the result was marked as ignored.
 *
 * @param result not nullable.
 * @return true if so; false for NULL, for other kinds than ASYNC, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_result_is_ignored(const celery_result_t *result);

/**
 * Drops the record that a finished result keeps, and keeps its state: for garbage-collected languages
 * that have copied it. Later calls that need more than the state (get, meta, children) give
 * CELERY_ERR_RELEASED; values and metas already taken stay valid, and another handle for the same id
 * reads the record again. Does nothing to a result that has not been seen finished.
 *
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_release_payload(const celery_result_t *result,
                                              celery_error_t **err);

/**
 * Denies or allows waiting on the calling thread (Celery's `denied_join_result`): while it is
 * denied, celery_result_get() gives CELERY_ERR_JOIN_DENIED. Celery keeps one flag per process;
 * here each thread has its own.
 *
 * @return the flag as it was, to be put back.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_join_deny(bool deny);

/**
 * Waits until the task has finished, or all members of a set or group have, whatever the outcome:
 * waiting for a failed task succeeds. Members that are added meanwhile are waited for too. A result
 * that is ignored has finished.
 *
 * @param result not nullable.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param cancel nullable.
 * @param err nullable.
 * @return CELERY_OK when it has; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * where a state cannot be read; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_wait(const celery_result_t *result,
                                   int64_t timeout_ms,
                                   const celery_cancel_t *cancel,
                                   celery_error_t **err);

/**
 * Waits for the task and gives its value: Celery's `get` with its defaults. A task that failed, or
 * that has a failed ancestor, makes the call fail with the exception in *err. Of a set or group it is
 * celery_result_join_native(): the array of its members' values, or the first failure.
 *
 * @param result not nullable.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
 * CELERY_ERR_TIMEOUT; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for this record; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_get(const celery_result_t *result,
                                  int64_t timeout_ms,
                                  celery_value_t **value,
                                  celery_error_t **err);

/**
 * Waits for the task, or the members of a set or group, and gives the value, with every argument of
 * `get`. The options may be changed or freed meanwhile.
 *
 * @param result not nullable.
 * @param options nullable: every default.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
 * CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED;
 * CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_LIMIT;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_get_with(const celery_result_t *result,
                                       const celery_get_options_t *options,
                                       celery_value_t **value,
                                       celery_error_t **err);

/**
 * Gives what is stored now, without waiting (`maybe_throw`): fails as celery_result_get_with() does
 * where the task has failed, and gives the value in every other state, PROGRESS and the like included.
 * Of a set or group it looks at all members at once and fails with the first failure in their order.
 * Of the options only propagate, callback and the two sets of states matter.
 *
 * @param result not nullable.
 * @param options nullable: every default.
 * @param value not nullable: NULL comes out where there is no record, and for sets and groups.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
 * CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_maybe_throw(const celery_result_t *result,
                                          const celery_get_options_t *options,
                                          celery_value_t **value,
                                          celery_error_t **err);

/**
 * Makes arguments with the defaults of Celery's `get`: no timeout, propagate, follow_parents,
 * disable_sync_subtasks, an interval of 500 ms.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *options with celery_get_options_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_new(celery_get_options_t **options,
                                       celery_error_t **err);

/**
 * Frees arguments. NULL is fine. A call that uses them goes on with its own copy.
 *
 * @param options nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_get_options_free(celery_get_options_t *options);

/**
 * Sets the budget of the whole call (`timeout`).
 *
 * @param options not nullable.
 * @param timeout_ms < 0 for ever, the default; 0 one look.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_timeout_ms(celery_get_options_t *options,
                                                  int64_t timeout_ms,
                                                  celery_error_t **err);

/**
 * Sets whether a failed task makes `get` fail (`propagate`, default true). Without it the exception is
 * the value.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_propagate(celery_get_options_t *options,
                                                 bool propagate,
                                                 celery_error_t **err);

/**
 * Sets how often the interval callback is called, and how often a store that cannot push is read
 * (`interval`, default 500). For the latter 50 ms is the least.
 *
 * @param options not nullable.
 * @param interval_ms at least 1.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_interval_ms(celery_get_options_t *options,
                                                   int64_t interval_ms,
                                                   celery_error_t **err);

/**
 * Sets `no_ack` (default true). Accepted for Celery's sake: only AMQP knows acknowledgements.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_no_ack(celery_get_options_t *options,
                                              bool no_ack,
                                              celery_error_t **err);

/**
 * Sets whether a failed ancestor makes `get` fail, the first ancestor first (`follow_parents`, default
 * true).
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_follow_parents(celery_get_options_t *options,
                                                      bool follow_parents,
                                                      celery_error_t **err);

/**
 * Sets whether celery_join_deny() applies (`disable_sync_subtasks`, default true).
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_disable_sync_subtasks(celery_get_options_t *options,
                                                             bool disable,
                                                             celery_error_t **err);

/**
 * Sets whether, of a set or group with propagate, the first failure ends the call at once (default
 * true). Without it the call waits for all members and then fails with that first failure.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_fail_fast(celery_get_options_t *options,
                                                 bool fail_fast,
                                                 celery_error_t **err);

/**
 * Sets the states whose value is taken for an exception (`EXCEPTION_STATES`).
 *
 * @param options not nullable.
 * @param names nullable: Celery's own set.
 * @param count the number of names; none with an array that is not NULL is the empty set.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT where names, or one of them, is NULL but count is not 0;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_exception_states(celery_get_options_t *options,
                                                        const char *const *names,
                                                        size_t count,
                                                        celery_error_t **err);

/**
 * Sets the states that make `get` fail (`PROPAGATE_STATES`).
 *
 * @param options not nullable.
 * @param names nullable: Celery's own set.
 * @param count the number of names; none with an array that is not NULL is the empty set.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT where names, or one of them, is NULL but count is not 0;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_propagate_states(celery_get_options_t *options,
                                                        const char *const *names,
                                                        size_t count,
                                                        celery_error_t **err);

/**
 * Sets the token that stops the wait.
 *
 * @param options not nullable.
 * @param cancel nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the options hold a reference of their own; free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_cancel(celery_get_options_t *options,
                                              const celery_cancel_t *cancel,
                                              celery_error_t **err);

/**
 * Sets after which time `get` fails with CELERY_ERR_NOT_FOUND if no record has appeared: the task may
 * be unknown, expired, or its result ignored.
 *
 * @param options not nullable.
 * @param absent_timeout_ms < 0 never, the default.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_absent_timeout_ms(celery_get_options_t *options,
                                                         int64_t absent_timeout_ms,
                                                         celery_error_t **err);

/**
 * Sets the function that gets the value before `get` returns it (`callback`).
 *
 * It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
 * this library.
 *
 * @param options not nullable.
 * @param callback nullable: none.
 * @param env nullable: handed to the callback.
 * @param env_free nullable: frees env.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
 * after the last call, when the options are freed or get another callback; free *err with
 * celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_callback(celery_get_options_t *options,
                                                celery_get_callback_t callback,
                                                void *env,
                                                celery_env_free_t env_free,
                                                celery_error_t **err);

/**
 * Sets the function that gets each record of the task that arrives meanwhile (`on_message`), states of
 * the user's own included.
 *
 * It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
 * this library.
 *
 * @param options not nullable.
 * @param callback nullable: none.
 * @param env nullable: handed to the callback.
 * @param env_free nullable: frees env.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
 * after the last call, when the options are freed or get another callback; free *err with
 * celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_on_message(celery_get_options_t *options,
                                                  celery_message_callback_t callback,
                                                  void *env,
                                                  celery_env_free_t env_free,
                                                  celery_error_t **err);

/**
 * Sets the function that is called after each interval of waiting (`on_interval`).
 *
 * It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
 * this library.
 *
 * @param options not nullable.
 * @param callback nullable: none.
 * @param env nullable: handed to the callback.
 * @param env_free nullable: frees env.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
 * after the last call, when the options are freed or get another callback; free *err with
 * celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_get_options_set_on_interval(celery_get_options_t *options,
                                                   celery_interval_callback_t callback,
                                                   void *env,
                                                   celery_env_free_t env_free,
                                                   celery_error_t **err);

/**
 * Reads the state (`state`). A finished result does not look again. An unknown id is PENDING, as in
 * Celery: see celery_result_exists().
 *
 * @param result not nullable.
 * @param state not nullable: CELERY_STATE_PENDING to CELERY_STATE_CUSTOM.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_state(const celery_result_t *result,
                                    int32_t *state,
                                    celery_error_t **err);

/**
 * Reads the whole record once: state, value, traceback and the rest of one moment.
 *
 * @param result not nullable.
 * @param meta not nullable.
 * @param err nullable.
 * @return CELERY_OK, also where there is no record; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for this record; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *meta with celery_meta_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_meta(const celery_result_t *result,
                                   celery_meta_t **meta,
                                   celery_error_t **err);

/**
 * Gives the record of the finished task if this handle has seen it, and has not released it. Does no
 * I/O.
 *
 * @param result not nullable.
 * @param meta not nullable: NULL comes out where it has not.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *meta with celery_meta_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_peek(const celery_result_t *result,
                                   celery_meta_t **meta,
                                   celery_error_t **err);

/**
 * Tells whether the task has finished: SUCCESS, FAILURE or REVOKED (`ready()`). Of a set or group:
 * whether all members have, by one batched read; true for none.
 *
 * @param result not nullable.
 * @param ready not nullable: true if so.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_ready(const celery_result_t *result,
                                    bool *ready,
                                    celery_error_t **err);

/**
 * Tells whether the task has returned a value (`successful()`). Of a set or group: whether all members
 * have, by one batched read; true for none.
 *
 * @param result not nullable.
 * @param successful not nullable: true if so.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_successful(const celery_result_t *result,
                                         bool *successful,
                                         celery_error_t **err);

/**
 * Tells whether the task has raised an exception (`failed()`); a revoked task has not. Of a set or
 * group: whether any member has, by one batched read; false for none.
 *
 * @param result not nullable.
 * @param failed not nullable: true if so.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_failed(const celery_result_t *result,
                                     bool *failed,
                                     celery_error_t **err);

/**
 * Tells whether there is a record, be it of state PENDING (`exists()`).
 *
 * @param result not nullable.
 * @param exists not nullable: false for unknown, expired, forgotten and ignored results.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_exists(const celery_result_t *result,
                                     bool *exists,
                                     celery_error_t **err);

/**
 * Deletes the record, and the records of the parents first (`forget()`). Afterwards the state is
 * PENDING. Of a set or group: that of all members, in one batch; what celery_group_result_save() saved
 * stays. Does nothing to an EAGER result.
 *
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK, also where there was no record; CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_forget(const celery_result_t *result,
                                     celery_error_t **err);

/**
 * Calls a function once when the task has finished, also when it has failed (`then`), and also when it
 * has finished already. Of a set or group: when all members have finished; when the app that it was
 * made for is closed before, on_error is called at once, whatever the apps of its members.
 *
 * For an EAGER result, which has no app, the calling thread calls it at once. All others run on the
 * one thread named celery-callback that an app has for them, one at a time. They must not unwind or
 * longjmp, and should be short: the next ones wait for them. The result may be freed meanwhile.
 *
 * They may look, store, forget, send, and revoke without waiting for answers. What may wait is refused
 * there with CELERY_ERR_RECURSIVE, whatever its timeout: celery_app_connect(), celery_app_close_wait(),
 * what waits for answers of workers, and, unless the handles know already that all has finished,
 * celery_result_wait(), celery_result_get(), celery_result_get_with(), celery_result_join(),
 * celery_result_join_native(), celery_result_iter_next(),
 * celery_dependencies_collect(), celery_result_get_leaf(), celery_wait_any(), celery_wait_all() and
 * celery_wait_some(). celery_queue_next() gives the events that are there, and is refused where it
 * would wait for one.
 *
 * @param result not nullable.
 * @param callback not nullable.
 * @param on_error nullable: called instead when the wait ends in another way.
 * @param env nullable: handed to the functions.
 * @param env_free nullable: frees env.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_CLOSED; CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
 * after the call; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_then(const celery_result_t *result,
                                   celery_then_callback_t callback,
                                   celery_then_error_t on_error,
                                   void *env,
                                   celery_env_free_t env_free,
                                   celery_error_t **err);

/**
 * Gives the result whose task started this one (`parent`), as far as the handle was told.
 *
 * @param result not nullable.
 * @param parent not nullable: NULL comes out where none is known.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *parent with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_parent(const celery_result_t *result,
                                     celery_result_t **parent,
                                     celery_error_t **err);

/**
 * Gives the results of the tasks that the task has started (`children`), or the members of a group
 * (`results`). An EAGER result has none.
 *
 * @param result not nullable.
 * @param children not nullable: NULL comes out where the record has none or null; an empty list stays
 * one.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED,
 * CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
 * CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *children with celery_result_list_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_children(const celery_result_t *result,
                                       celery_result_list_t **children,
                                       celery_error_t **err);

/**
 * Gives the result as plain data, with its parents and members (`as_tuple()`): what
 * celery_result_from_tuple() and Python's `result_from_tuple` read.
 *
 * @param result not nullable.
 * @param tuple not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND for a set, which has no id, and for a
 * group with a set among its members; CELERY_ERR_TOO_LARGE where the text is larger than
 * max_payload_bytes allows; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *tuple with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_as_tuple(const celery_result_t *result,
                                       celery_value_t **tuple,
                                       celery_error_t **err);

/**
 * Gives the ids of the result and of its ancestors as a JSON array, its own first (`as_list()`).
 *
 * @param result not nullable.
 * @param list not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *list with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_as_list(const celery_result_t *result,
                                      celery_value_t **list,
                                      celery_error_t **err);

/**
 * Makes a result of plain data: the JSON text of `as_tuple()`, of this library's or of Python's.
 *
 * @param app not nullable.
 * @param json nullable where len is 0.
 * @param len the length of json in bytes.
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, also for an id that is empty or longer than 16384 bytes;
 * CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *result with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_from_tuple(celery_app_t *app,
                                         const char *json,
                                         size_t len,
                                         celery_result_t **result,
                                         celery_error_t **err);

/**
 * Gives the number of results in a list.
 *
 * @param list not nullable.
 * @return how many indexes celery_result_list_at() knows; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_result_list_count(const celery_result_list_t *list);

/**
 * Gives one result of a list.
 *
 * @param list not nullable.
 * @param index from 0.
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *result with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_list_at(const celery_result_list_t *list,
                                      size_t index,
                                      celery_result_t **result,
                                      celery_error_t **err);

/**
 * Frees a list. NULL is fine. Results taken from it stay. In a forked child it does nothing.
 *
 * @param list nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_result_list_free(celery_result_list_t *list);

/**
 * Makes the result of a task that this program has run itself (`EagerResult`): always ready, without a
 * store. The record's id, state, value, traceback and name matter. Where the state is FAILURE or
 * REVOKED and the value no exception, what celery_result_get() fails with is an `Exception` of Python's
 * module builtins, with the value, null where there is none, as its only argument.
 *
 * @param record not nullable.
 * @param result not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_ENCODE and CELERY_ERR_TOO_DEEP where the value of the record cannot be
 * stored; CELERY_ERR_TOO_LARGE; CELERY_ERR_INVALID_ARGUMENT for an id longer than 16384 bytes;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *result with celery_result_free(); the record stays yours; free *err with
 * celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_eager_result_new(const celery_record_t *record,
                                        celery_result_t **result,
                                        celery_error_t **err);

/**
 * Makes a set of results (`ResultSet(results)`). Does no I/O and subscribes to nothing. A result may
 * stand in it twice: Celery's constructor keeps duplicates. Members may be of any kind, sets and
 * groups included, and of any app.
 *
 * @param app not nullable: what the set itself belongs to.
 * @param members nullable where count is 0.
 * @param count the number of members.
 * @param set not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TOO_DEEP where more than a thousand sets are nested;
 * CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT, also for a member that is NULL.
 * Ownership: free *set with celery_result_free(); it holds references of its own to the members; free
 * *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_new(celery_app_t *app,
                                      celery_result_t *const *members,
                                      size_t count,
                                      celery_result_t **set,
                                      celery_error_t **err);

/**
 * Adds a member at the end, unless an equal one is there (`add`). Waits for the set that are in
 * progress wait for it too.
 *
 * @param set not nullable: a SET or GROUP.
 * @param member not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where the set would come to hold itself;
 * CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_add(const celery_result_t *set,
                                      const celery_result_t *member,
                                      celery_error_t **err);

/**
 * Adds those members that have no equal in the set yet (`update`), all or, where one cannot be added,
 * none. Unlike in Celery, waits that are in progress wait for them too.
 *
 * @param set not nullable: a SET or GROUP.
 * @param members nullable where count is 0.
 * @param count the number of members.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where the set would come to hold itself;
 * CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT, also for a
 * member that is NULL.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_update(const celery_result_t *set,
                                         celery_result_t *const *members,
                                         size_t count,
                                         celery_error_t **err);

/**
 * Takes out the first member that is equal to this one (`remove`). Waits that are in progress no
 * longer wait for it.
 *
 * @param set not nullable: a SET or GROUP.
 * @param member not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE where there is none; CELERY_ERR_WRONG_KIND;
 * CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_remove(const celery_result_t *set,
                                         const celery_result_t *member,
                                         celery_error_t **err);

/**
 * Takes out the first member with this id (`remove` with a text).
 *
 * @param set not nullable: a SET or GROUP.
 * @param task_id not nullable: the id of a task or group.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE where there is none; CELERY_ERR_WRONG_KIND;
 * CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_remove_id(const celery_result_t *set,
                                            const char *task_id,
                                            celery_error_t **err);

/**
 * Takes out the first member that is equal to this one, if there is one (`discard`).
 *
 * @param set not nullable: a SET or GROUP.
 * @param member not nullable.
 * @param err nullable.
 * @return CELERY_OK, also where there is none; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_discard(const celery_result_t *set,
                                          const celery_result_t *member,
                                          celery_error_t **err);

/**
 * Takes out all members (`clear`). Waits that are in progress end: nothing is left to wait for.
 *
 * @param set not nullable: a SET or GROUP.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_set_clear(const celery_result_t *set,
                                        celery_error_t **err);

/**
 * Gives the number of members of a set or group (`len(set.results)`).
 *
 * @param set not nullable: a SET or GROUP.
 * @param count not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_member_count(const celery_result_t *set,
                                           size_t *count,
                                           celery_error_t **err);

/**
 * Gives one member of a set or group (`set.results[index]`). While other threads change the set,
 * celery_result_members() is the way to walk it.
 *
 * @param set not nullable: a SET or GROUP.
 * @param index from 0.
 * @param member not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *member with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_member(const celery_result_t *set,
                                     size_t index,
                                     celery_result_t **member,
                                     celery_error_t **err);

/**
 * Gives all members as they are now (`results`). The list does not change when the set does, and costs
 * nothing to take, however many there are.
 *
 * @param set not nullable: a SET or GROUP.
 * @param list not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *list with celery_result_list_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_members(const celery_result_t *set,
                                      celery_result_list_t **list,
                                      celery_error_t **err);

/**
 * Tells whether any member has not finished (`waiting()`), by one batched read; false for none.
 * celery_result_ready(), celery_result_successful() and celery_result_failed() work on sets too.
 *
 * @param set not nullable: a SET or GROUP.
 * @param waiting not nullable: true if so.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state of a member cannot be read;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
 * CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_waiting(const celery_result_t *set,
                                      bool *waiting,
                                      celery_error_t **err);

/**
 * Counts the members that have returned a value (`completed_count()`), by one batched read. As in
 * Celery those that failed do not count.
 *
 * @param set not nullable: a SET or GROUP.
 * @param count not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state of a member cannot be read;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
 * CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_completed_count(const celery_result_t *set,
                                              size_t *count,
                                              celery_error_t **err);

/**
 * Gets the values of all members (`join_native`), as an array in member order. A nested group is a
 * nested array, an ignored result null; elements that celery_value_index() and iteration give keep
 * their exception.
 *
 * With propagate, the first member to fail makes the call fail at once; with fail_fast off the call
 * waits for the others first. Without propagate, exceptions are values. A callback gets ids and values
 * in the order of completion, and the value is null then.
 *
 * @param set not nullable: a SET or GROUP; of no members the value is [].
 * @param options nullable: every default.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception, the task
 * id and the index of the member in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
 * CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for the record of a member; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_join_native(const celery_result_t *set,
                                          const celery_get_options_t *options,
                                          celery_value_t **value,
                                          celery_error_t **err);

/**
 * Gets the values of all members one after the other (`join`), as an array in member order: as
 * celery_result_get_with() on each, with one budget of time for all, and failing with the first
 * failure in that order, whatever later members do. All are watched from the start, so where all have
 * finished it costs one batched read. A callback gets ids and values in member order, and the value is
 * [] then.
 *
 * @param set not nullable: a SET or GROUP; of no members the value is [].
 * @param options nullable: every default.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception, the task
 * id and the index of the member in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
 * CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for the record of a member; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_join(const celery_result_t *set,
                                   const celery_get_options_t *options,
                                   celery_value_t **value,
                                   celery_error_t **err);

/**
 * Begins a walk over the members in the order in which they finish (`iter_native`), those that have
 * finished first. A nested group comes once, when all its members have finished. Nothing is asked or
 * subscribed before the first celery_result_iter_next().
 *
 * @param set not nullable: a SET or GROUP.
 * @param options nullable: every default. The timeout is one budget for the whole walk and begins with
 * the first step; propagate and the callback do not matter.
 * @param iter not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_LIMIT; CELERY_ERR_FORKED;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *iter with celery_result_iter_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_iter_native(const celery_result_t *set,
                                          const celery_get_options_t *options,
                                          celery_result_iter_t **iter,
                                          celery_error_t **err);

/**
 * Gives the next member that has finished, waiting for it if need be. A failed task is no failure of
 * waiting for it: its state is in the meta.
 *
 * @param iter not nullable.
 * @param index nullable: gets the member's position in the set.
 * @param member not nullable: NULL comes out at the end.
 * @param meta nullable: gets the member's record; NULL comes out for a set or group, for an ignored
 * result, and at the end.
 * @param err nullable.
 * @return CELERY_OK, also at the end; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND;
 * CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for the record of a member; CELERY_ERR_LIMIT;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *member with celery_result_free() and *meta with celery_meta_free(); free *err with
 * celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: up to what is left of the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_iter_next(celery_result_iter_t *iter,
                                        size_t *index,
                                        celery_result_t **member,
                                        celery_meta_t **meta,
                                        celery_error_t **err);

/**
 * Ends a walk. NULL is fine. What it still waited for is no longer subscribed to. In a forked child it
 * does nothing.
 *
 * @param iter nullable.
 * Ownership: the handle is gone; results and metas taken from it stay.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
void celery_result_iter_free(celery_result_iter_t *iter);

/**
 * Makes the results of a group (`GroupResult(id, results, parent=…)`). Does no I/O and subscribes to
 * nothing. Every function for sets applies to it too.
 *
 * @param app not nullable.
 * @param group_id not nullable.
 * @param members nullable where count is 0.
 * @param count the number of members.
 * @param parent nullable: no parent.
 * @param group not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
 * CELERY_ERR_TOO_DEEP where more than a thousand sets are nested; CELERY_ERR_FORKED;
 * CELERY_ERR_NULL_ARGUMENT, also for a member that is NULL; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *group with celery_result_free(); it holds references of its own to the members and
 * the parent; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_group_result_new(celery_app_t *app,
                                        const char *group_id,
                                        celery_result_t *const *members,
                                        size_t count,
                                        const celery_result_t *parent,
                                        celery_result_t **group,
                                        celery_error_t **err);

/**
 * Reads a group that celery_group_result_save(), or Python's `GroupResult.save()`, has saved
 * (`GroupResult.restore`). Subscribes to nothing.
 *
 * @param app not nullable.
 * @param group_id not nullable.
 * @param group not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NOT_FOUND where no group is saved under this id; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for this record; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
 * CELERY_ERR_UNSUPPORTED where the backend keeps no groups; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *group with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_group_result_restore(celery_app_t *app,
                                            const char *group_id,
                                            celery_result_t **group,
                                            celery_error_t **err);

/**
 * Saves the ids of the group's members (`save()`), for celery_group_result_restore() and for Python.
 * They expire as results do.
 *
 * @param group not nullable: a GROUP.
 * @param app nullable: where to save it, instead of in the group's own app.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND, also where a member is a set, which has no id;
 * CELERY_ERR_TOO_DEEP; CELERY_ERR_ENCODE; CELERY_ERR_UNSUPPORTED where the backend keeps no groups;
 * CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_group_result_save(const celery_result_t *group,
                                         celery_app_t *app,
                                         celery_error_t **err);

/**
 * Deletes what celery_group_result_save() has saved (`delete()`). The results of the members stay.
 *
 * @param group not nullable: a GROUP.
 * @param app nullable: where it was saved, if not in the group's own app.
 * @param err nullable.
 * @return CELERY_OK, also where nothing was saved; CELERY_ERR_WRONG_KIND; CELERY_ERR_UNSUPPORTED where
 * the backend keeps no groups; CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_group_result_delete(const celery_result_t *group,
                                           celery_app_t *app,
                                           celery_error_t **err);

/**
 * Begins a walk over a result and all that hangs on it: the tasks that it has started, what they have
 * started, and the members of groups, breadth first (`iterdeps`). Every result is expanded once, so
 * that cycles end. Does no I/O yet.
 *
 * @param result not nullable.
 * @param intermediate whether results that are not ready may come: their children are not followed.
 * Without it the walk fails after one.
 * @param dependencies not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *dependencies with celery_dependencies_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_iterdeps(const celery_result_t *result,
                                       bool intermediate,
                                       celery_dependencies_t **dependencies,
                                       celery_error_t **err);

/**
 * Gives the next result of the walk and the one on which it hangs. A result that is met again comes
 * again. A call that fails changes nothing and may be made again.
 *
 * @param dependencies not nullable.
 * @param parent nullable: not wanted. NULL comes out for the first result, and at the end.
 * @param node not nullable: NULL comes out at the end.
 * @param err nullable.
 * @return CELERY_OK, also at the end; CELERY_ERR_INCOMPLETE after a result that is not ready, with its
 * id in *err; CELERY_ERR_WRONG_KIND where a member of a group is a set; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for the record of one of them; CELERY_ERR_RELEASED; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *parent and *node with celery_result_free(); free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_dependencies_next(celery_dependencies_t *dependencies,
                                         celery_result_t **parent,
                                         celery_result_t **node,
                                         celery_error_t **err);

/**
 * Gives the next result of the walk with its value, waiting for it (`collect`). A call that fails
 * changes nothing: it may be made again, and celery_dependencies_next() passes the result over.
 *
 * @param dependencies not nullable.
 * @param options nullable: every default; for each result anew.
 * @param node not nullable: NULL comes out at the end.
 * @param value not nullable: NULL comes out at the end.
 * @param err nullable.
 * @return CELERY_OK, also at the end; CELERY_ERR_INCOMPLETE after a result that is not ready;
 * CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err; CELERY_ERR_TIMEOUT;
 * CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED;
 * CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and
 * CELERY_ERR_TOO_DEEP for the record of one of them; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *node with celery_result_free() and *value with celery_value_free(); free *err with
 * celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: up to the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_dependencies_collect(celery_dependencies_t *dependencies,
                                            const celery_get_options_t *options,
                                            celery_result_t **node,
                                            celery_value_t **value,
                                            celery_error_t **err);

/**
 * Ends a walk. NULL is fine. In a forked child it does nothing.
 *
 * @param dependencies nullable.
 * Ownership: the handle is gone; results and values taken from it stay.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_dependencies_free(celery_dependencies_t *dependencies);

/**
 * Waits for the task and all that hangs on it and gives the value of the last result of the walk
 * (`get_leaf`): of a chain that was sent by its first task, the last task's.
 *
 * @param result not nullable.
 * @param options nullable: every default; for each result anew.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INCOMPLETE where one of them is not ready; CELERY_ERR_TASK_FAILED and
 * CELERY_ERR_TASK_REVOKED, with the exception in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
 * CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * for the record of one of them; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the timeout in the options.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_get_leaf(const celery_result_t *result,
                                       const celery_get_options_t *options,
                                       celery_value_t **value,
                                       celery_error_t **err);

/**
 * Walks a result and all that hangs on it, and keeps what it met (`build_graph`). Equal results are
 * one node.
 *
 * @param result not nullable.
 * @param intermediate whether results that are not ready may be in it: their children are not
 * followed.
 * @param graph not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INCOMPLETE where, without intermediate, a result is not ready, with
 * its id in *err; CELERY_ERR_WRONG_KIND; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED,
 * CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for the record of one of them;
 * CELERY_ERR_RELEASED; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
 * CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
 * CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *graph with celery_graph_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms for each level of the graph.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_build_graph(const celery_result_t *result,
                                          bool intermediate,
                                          celery_graph_t **graph,
                                          celery_error_t **err);

/**
 * Gives the number of results in a graph.
 *
 * @param graph not nullable.
 * @return how many indexes celery_graph_node() knows; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_graph_node_count(const celery_graph_t *graph);

/**
 * Gives one result of a graph, in the order of the walk: the first is where it began.
 *
 * @param graph not nullable.
 * @param index from 0.
 * @param node not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *node with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_graph_node(const celery_graph_t *graph,
                                  size_t index,
                                  celery_result_t **node,
                                  celery_error_t **err);

/**
 * Gives the number of edges of a graph.
 *
 * @param graph not nullable.
 * @return how many indexes celery_graph_edge() knows; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_graph_edge_count(const celery_graph_t *graph);

/**
 * Gives one edge of a graph: the result at to hangs on that at from. It points as
 * in Celery's graph.
 *
 * @param graph not nullable.
 * @param index from 0.
 * @param from not nullable: gets the index of a node.
 * @param to not nullable: gets the index of a node.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_graph_edge(const celery_graph_t *graph,
                                  size_t index,
                                  size_t *from,
                                  size_t *to,
                                  celery_error_t **err);

/**
 * Gives the graph as text for Graphviz, as Celery's `graph.to_dot()` writes it.
 *
 * @param graph not nullable.
 * @param len nullable: gets the length in bytes.
 * @return the text; NULL for NULL, and in a forked child.
 * Ownership: borrowed, until the graph is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_graph_dot(const celery_graph_t *graph, size_t *len);

/**
 * Frees a graph. NULL is fine. Results taken from it stay. In a forked child it does nothing.
 *
 * @param graph nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_graph_free(celery_graph_t *graph);

/**
 * Waits until one of the results has finished, whatever the outcome, and tells which: where several
 * have finished already, the first of them. A result that cannot be waited for, as its app is closed or
 * its record cannot be read, is passed over; it is an error only where none of the others has finished
 * at that time, and the error names its index as the member.
 *
 * @param results nullable where count is 0: results of any kinds and apps.
 * @param count the number of results.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param cancel nullable.
 * @param index not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_INVALID_ARGUMENT where count
 * is 0; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where a state cannot be read; CELERY_ERR_LIMIT;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT, also for a result that is NULL.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_wait_any(celery_result_t *const *results,
                                size_t count,
                                int64_t timeout_ms,
                                const celery_cancel_t *cancel,
                                size_t *index,
                                celery_error_t **err);

/**
 * Waits until all of the results have finished, whatever the outcome; of none they have. It is an error
 * at once where one cannot be waited for, as its app is closed or its record cannot be read; it names
 * the index as the member.
 *
 * @param results nullable where count is 0: results of any kinds and apps.
 * @param count the number of results.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param cancel nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_DECODE,
 * CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
 * where a state cannot be read; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT, also for a
 * result that is NULL.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_wait_all(celery_result_t *const *results,
                                size_t count,
                                int64_t timeout_ms,
                                const celery_cancel_t *cancel,
                                celery_error_t **err);

/**
 * Waits until at least so many of the results have finished, whatever the outcome, and tells which
 * have, in the order in which that became known. Results that cannot be waited for are passed over, as
 * by celery_wait_any(): they are an error where too few of the others have finished at that time.
 *
 * @param results nullable where count is 0: results of any kinds and apps.
 * @param count the number of results.
 * @param least how many at least, from 1 to count.
 * @param timeout_ms < 0 for ever, 0 one look.
 * @param cancel nullable.
 * @param indices not nullable: room for count numbers.
 * @param ready not nullable: gets how many of them were written.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_INVALID_ARGUMENT where least
 * is not from 1 to count; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where a state cannot be read; CELERY_ERR_LIMIT;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
 * CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT, also for a result that is NULL.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_wait_some(celery_result_t *const *results,
                                 size_t count,
                                 size_t least,
                                 int64_t timeout_ms,
                                 const celery_cancel_t *cancel,
                                 size_t *indices,
                                 size_t *ready,
                                 celery_error_t **err);

/**
 * Makes a queue. It belongs to no app and takes one file descriptor, and no thread.
 *
 * @param queue not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_LIMIT when the process has no file descriptor left;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *queue with celery_queue_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_status_t celery_queue_new(celery_queue_t **queue, celery_error_t **err);

/**
 * Gives another reference to the same queue.
 *
 * @param queue not nullable.
 * @return the queue; NULL for NULL, and in a forked child.
 * Ownership: free it with celery_queue_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_queue_t *celery_queue_ref(const celery_queue_t *queue);

/**
 * Gives a reference back. NULL is fine. With the last one the queue no longer waits for anything,
 * which takes time in proportion to what it waited for; a call that is running on another thread
 * keeps its own and goes on. In a forked child it does nothing.
 *
 * @param queue nullable.
 * Ownership: the reference is gone; batches taken from the queue stay.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_queue_free(celery_queue_t *queue);

/**
 * Adds a result of any kind and app: when it has finished, an event with this tag comes. One that has
 * finished already queues its event at once. A set or group has one event, when all its members have
 * finished. The same result may be added again, also with the same tag: each has its own event.
 *
 * @param queue not nullable.
 * @param result not nullable.
 * @param tag any number: it comes back in the event.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_CLOSED where the app is closed and the handle has not seen the task
 * finished: a set or group has the event CLOSED instead; CELERY_ERR_LIMIT; CELERY_ERR_FORKED;
 * CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
 * once; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_add(celery_queue_t *queue,
                                 const celery_result_t *result,
                                 uint64_t tag,
                                 celery_error_t **err);

/**
 * Adds the results of many tasks by their ids, all of them or, where one cannot be added, none. No
 * handle is needed; it is the way to add a million.
 *
 * @param queue not nullable.
 * @param app not nullable.
 * @param ids nullable where count is 0.
 * @param tags nullable: the tags are 0, 1, 2 and so on; else as many as there are ids.
 * @param count the number of ids.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
 * CELERY_ERR_CLOSED; CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT,
 * also for an id that is NULL; CELERY_ERR_INVALID_UTF8.
 * Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
 * once; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_add_ids(celery_queue_t *queue,
                                     celery_app_t *app,
                                     const char *const *ids,
                                     const uint64_t *tags,
                                     size_t count,
                                     celery_error_t **err);

/**
 * Adds the members of a set or group as it is now, each with its own event: the tag of a member is
 * first_tag plus its index. Members that are sets have one event each. All of them are added or, where
 * one cannot be added, none: of two apps of which one is closed, too.
 *
 * @param queue not nullable.
 * @param set not nullable: a SET or GROUP.
 * @param first_tag the tag of the first member.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_INVALID_ARGUMENT where first_tag leaves too few
 * tags, of which UINT64_MAX is the last; CELERY_ERR_CLOSED where the app of a member is closed that is
 * no set and whose handle has not seen the task finished: celery_error_member() tells the first;
 * CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
 * once; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_add_members(celery_queue_t *queue,
                                         const celery_result_t *set,
                                         uint64_t first_tag,
                                         celery_error_t **err);

/**
 * Takes out everything that was added with this tag: it is no longer waited for, and its events that
 * are still queued are dropped. What another thread is adding at this moment, in a call that has not
 * returned, stays.
 *
 * @param queue not nullable.
 * @param tag as it was given when something was added.
 * @param removed nullable: gets how many were taken out whose last event was not yet taken.
 * @param err nullable.
 * @return CELERY_OK, also where there is none; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_remove(celery_queue_t *queue,
                                    uint64_t tag,
                                    size_t *removed,
                                    celery_error_t **err);

/**
 * Makes the queue report intermediate states too, as STARTED, PROGRESS and the program's own: from now
 * on, of everything in it. Each that is stored while the queue waits comes, in order and none after a
 * newer one; of what is added later, the state found at first comes once too. After the connection was
 * lost, the first that comes is the state stored then, for which celery_batch_after_gap() is true. Of one
 * result at most so many are kept until they are taken, the newest; the last event has room always.
 *
 * @param queue not nullable.
 * @param history 0 turns it off, states that are queued stay; 1 keeps the newest state of each result; a
 * larger number that many.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_report_progress(celery_queue_t *queue,
                                             size_t history,
                                             celery_error_t **err);

/**
 * Makes the queue report the connection of an app to its store: CELERY_EVENT_CONNECTED at once where
 * there is one, then an event each time that it comes or goes; of several changes that were not taken
 * the last one counts. Whatever is waited for goes on by itself. The last event is
 * CELERY_EVENT_CLOSED, when the app is closed; celery_queue_remove() ends it before. Stores without
 * connections (memory://) have nothing else to report.
 *
 * @param queue not nullable.
 * @param app not nullable: it is not kept open by this.
 * @param tag comes with the events.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_report_connection(celery_queue_t *queue,
                                               celery_app_t *app,
                                               uint64_t tag,
                                               celery_error_t **err);

/**
 * Takes events, waiting for the first one if need be.
 *
 * Waiting, and nothing else, is refused on the callback thread of an app. Of several threads that
 * wait, one gets each event.
 *
 * @param queue not nullable.
 * @param timeout_ms < 0 for ever, 0 only what is queued.
 * @param cancel nullable.
 * @param max how many events at most, at least 1.
 * @param batch not nullable: at least one event comes out with CELERY_OK, NULL otherwise.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_TIMEOUT where no event came; CELERY_ERR_WAKEUP after
 * celery_queue_wakeup(), before events; CELERY_ERR_CANCELLED, after the events that are queued;
 * CELERY_ERR_INVALID_ARGUMENT where max is 0; CELERY_ERR_RECURSIVE; CELERY_ERR_LIMIT;
 * CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *batch with celery_batch_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_queue_next(celery_queue_t *queue,
                                  int64_t timeout_ms,
                                  const celery_cancel_t *cancel,
                                  size_t max,
                                  celery_batch_t **batch,
                                  celery_error_t **err);

/**
 * Makes one celery_queue_next(), the one that waits or else the next one, return CELERY_ERR_WAKEUP. It
 * does not make the descriptor readable.
 *
 * @param queue not nullable: NULL does nothing.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
void celery_queue_wakeup(celery_queue_t *queue);

/**
 * Counts the events that are queued.
 *
 * @param queue not nullable.
 * @return how many; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_queue_length(const celery_queue_t *queue);

/**
 * Counts what has been added and has not finished yet.
 *
 * @param queue not nullable.
 * @return how many; 0 for NULL, and in a forked child.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_queue_pending(const celery_queue_t *queue);

/**
 * Gives a file descriptor for poll, select or epoll. It is readable exactly while events are queued:
 * whoever polls it, level-triggered, and calls celery_queue_next() with a timeout of 0 misses none.
 * Edge-triggered polling must take events until CELERY_ERR_TIMEOUT. It is non-blocking and closed on
 * exec. Never read, write or close it.
 *
 * @param queue not nullable.
 * @return the descriptor, always the same; -1 for NULL, and in a forked child.
 * Ownership: the queue's; it is closed when the queue is gone: take it out of the poll set before
 * celery_queue_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
int32_t celery_queue_fd(const celery_queue_t *queue);

/**
 * Gives the number of events in a batch.
 *
 * @param batch not nullable.
 * @return how many indexes there are; 0 for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API size_t celery_batch_count(const celery_batch_t *batch);

/**
 * Gives the tag with which the result was added.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return the tag; 0 for NULL, and where there is no such index.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API uint64_t celery_batch_tag(const celery_batch_t *batch, size_t index);

/**
 * Tells what has happened.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return one of the constants CELERY_EVENT_READY to CELERY_EVENT_DISCONNECTED; later versions may have
 * more, which a program must ignore; 0 for NULL, and where there is no such index.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
int32_t celery_batch_kind(const celery_batch_t *batch,
                          size_t index);

/**
 * Gives the state of the task, for the events READY and PROGRESS of the result of one task.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return CELERY_STATE_PENDING to CELERY_STATE_CUSTOM; -1 for NULL, for the events of sets and groups,
 * for those without a record, and where there is no such index.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
int32_t celery_batch_state(const celery_batch_t *batch,
                           size_t index);

/**
 * Tells why the result cannot be waited for, for the events FAILED and CLOSED: the queue has dropped
 * it. For DISCONNECTED it tells why there is no connection.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return the reason; CELERY_OK for all other events; CELERY_ERR_NO_SUCH_VALUE where there is no such
 * index; CELERY_ERR_NULL_ARGUMENT for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_batch_status(const celery_batch_t *batch,
                                    size_t index);

/**
 * Gives a sentence for people about celery_batch_status().
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return the text; NULL for NULL, for all other events, and where there is no such index.
 * Ownership: borrowed, until the batch is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_batch_message(const celery_batch_t *batch, size_t index);

/**
 * Gives the id of the task or group.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return the id; NULL for NULL, for a set, which has none, and where there is no such index.
 * Ownership: borrowed, until the batch is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_batch_id(const celery_batch_t *batch, size_t index);

/**
 * Tells whether intermediate states may have been missed before this event, because the connection to
 * the store was lost meanwhile.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @return true if so; false for NULL, and where there is no such index.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
bool celery_batch_after_gap(const celery_batch_t *batch,
                            size_t index);

/**
 * Gives the record of the task as it was when the event arose.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @param meta not nullable: NULL comes out for the events of sets, groups, ignored results and
 * connections, FAILED and CLOSED.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *meta with celery_meta_free(); it outlives the batch; free *err with
 * celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_batch_meta(const celery_batch_t *batch,
                                  size_t index,
                                  celery_meta_t **meta,
                                  celery_error_t **err);

/**
 * Gives the bytes of the record as it was when the event arose, as the worker stored them; no NUL follows
 * them. Unlike celery_batch_meta() it gives them also where FAILED says that they cannot be read; of a
 * set or group they are those of the member that celery_batch_message() is about.
 *
 * @param batch not nullable.
 * @param index from 0.
 * @param len not nullable: gets the number of bytes.
 * @return the bytes; NULL for NULL, for events without a record, where the stored bytes alone are more
 * than max_payload_bytes allows, and where there is no such index; then nothing is written.
 * Ownership: borrowed, until the batch is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const uint8_t *celery_batch_raw(const celery_batch_t *batch,
                                size_t index,
                                size_t *len);

/**
 * Frees a batch. NULL is fine. Metas taken from it stay.
 *
 * @param batch nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_batch_free(celery_batch_t *batch);

/**
 * Tells whether there was a record. Without one the state is PENDING.
 *
 * @param meta not nullable.
 * @return true if there was; false for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_meta_exists(const celery_meta_t *meta);

/**
 * Gives the state as a number.
 *
 * @param meta not nullable.
 * @return CELERY_STATE_PENDING to CELERY_STATE_CUSTOM; -1 for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API int32_t celery_meta_state(const celery_meta_t *meta);

/**
 * Gives the state as text (`status`), also where it is of the user's own.
 *
 * @param meta not nullable.
 * @return the text; NULL for NULL.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_state_text(const celery_meta_t *meta);

/**
 * Gives the id of the task that was asked for.
 *
 * @param meta not nullable.
 * @return the id; NULL for NULL.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_task_id(const celery_meta_t *meta);

/**
 * Decodes the value (`result`). In an EXCEPTION state it is the exception, with the exception view of
 * celery_value_is_exception().
 *
 * @param meta not nullable.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NOT_FOUND where there was no record; CELERY_ERR_DECODE,
 * CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP, with key and position in the message;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_value(const celery_meta_t *meta,
                                  celery_value_t **value,
                                  celery_error_t **err);

/**
 * Gives the traceback text that the worker stored (`traceback`).
 *
 * @param meta not nullable.
 * @return the text; NULL where null or absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_traceback(const celery_meta_t *meta);

/**
 * Gives the time when the task finished, as stored: ISO 8601 text (`date_done`).
 *
 * @param meta not nullable.
 * @return the text; NULL where null or absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_date_done(const celery_meta_t *meta);

/**
 * Gives the time when the task finished as a number. Celery before 5.5 wrote no offset; such a time is
 * taken for UTC.
 *
 * @param meta not nullable.
 * @param micros not nullable: microseconds since 1970-01-01 UTC.
 * @return true where there is one; false otherwise, with nothing written.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
bool celery_meta_date_done_micros(const celery_meta_t *meta,
                                  int64_t *micros);

/**
 * Gives the bytes of the record as the worker stored them; no NUL follows them. Of a record that cannot
 * be read at all, so that there is no meta, they are celery_error_raw()'s and celery_batch_raw()'s.
 *
 * @param meta not nullable.
 * @param len not nullable: gets the number of bytes.
 * @return the bytes; NULL where there was no record, with nothing written.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const uint8_t *celery_meta_raw(const celery_meta_t *meta,
                               size_t *len);

/**
 * Gives another reference to the same meta.
 *
 * @param meta not nullable.
 * @return the meta; NULL for NULL.
 * Ownership: free it with celery_meta_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_meta_t *celery_meta_ref(const celery_meta_t *meta);

/**
 * Gives a reference back. NULL is fine.
 *
 * @param meta nullable.
 * Ownership: the reference is gone, and with the last one every text borrowed from the meta.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_meta_free(celery_meta_t *meta);

/**
 * Gives the name of the task (`name`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @return the text; NULL where null or absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_name(const celery_meta_t *meta);

/**
 * Gives the positional arguments (`args`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @param args not nullable: NULL comes out where null or absent.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *args with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_args(const celery_meta_t *meta,
                                 celery_value_t **args,
                                 celery_error_t **err);

/**
 * Gives the keyword arguments (`kwargs`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @param kwargs not nullable: NULL comes out where null or absent.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *kwargs with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_kwargs(const celery_meta_t *meta,
                                   celery_value_t **kwargs,
                                   celery_error_t **err);

/**
 * Gives the host name of the worker (`worker`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @return the text; NULL where null or absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_worker(const celery_meta_t *meta);

/**
 * Gives how often the task was retried (`retries`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @param retries not nullable.
 * @return true where there is one; false otherwise, with nothing written.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_meta_retries(const celery_meta_t *meta, int64_t *retries);

/**
 * Gives the routing key of the delivery (`queue`, written by workers with `result_extended`).
 *
 * @param meta not nullable.
 * @return the text; NULL where null or absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_queue(const celery_meta_t *meta);

/**
 * Gives the id of the task that sent this one (`parent_id`).
 *
 * @param meta not nullable.
 * @return the id; NULL where absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_parent_id(const celery_meta_t *meta);

/**
 * Gives the id of the group that the task is part of (`group_id`); for a chord's body that of its
 * header.
 *
 * @param meta not nullable.
 * @return the id; NULL where absent.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_group_id(const celery_meta_t *meta);

/**
 * Gives the results of the tasks that the task has started, as plain data (`children`);
 * celery_result_from_tuple() and celery_result_children() make handles of them.
 *
 * @param meta not nullable.
 * @param children not nullable: NULL comes out where null or absent.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *children with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_children(const celery_meta_t *meta,
                                     celery_value_t **children,
                                     celery_error_t **err);

/**
 * Gives any key of the record, those included that have no function of their own (the headers that a
 * program stamped on the task).
 *
 * @param meta not nullable.
 * @param name not nullable.
 * @param value not nullable: NULL comes out where the key is absent.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *value with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_field(const celery_meta_t *meta,
                                  const char *name,
                                  celery_value_t **value,
                                  celery_error_t **err);

/**
 * Gives the class name of the exception of a failed, revoked or retried task: `exc_type`, as
 * "Outer.InnerError".
 *
 * @param meta not nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_meta_exception_type(const celery_meta_t *meta);

/**
 * Gives the module of the class of the exception of a failed, revoked or retried task: `exc_module`.
 *
 * @param meta not nullable.
 * @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_meta_exception_module(const celery_meta_t *meta);

/**
 * Gives the exception of a failed, revoked or retried task in one line, as the last line of a Python
 * traceback: "ValueError: x".
 *
 * @param meta not nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_meta_exception_message(const celery_meta_t *meta);

/**
 * Gives the traceback that the worker stored with the exception of a failed, revoked or retried task.
 *
 * @param meta not nullable.
 * @return the text; NULL where there is no exception, or no traceback was stored.
 * Ownership: borrowed, until the meta is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_meta_exception_traceback(const celery_meta_t *meta);

/**
 * Tells whether the worker could not store the exception of a failed, revoked or retried task itself:
 * it came in Celery's `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
 *
 * @param meta not nullable.
 * @return true where type and arguments may be less than what was raised; false where there is no
 * exception.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
bool celery_meta_exception_is_degraded(const celery_meta_t *meta);

/**
 * Gives the arguments of the exception of a failed, revoked or retried task: `exc_message`, an array,
 * or what an old worker stored instead of one.
 *
 * @param meta not nullable.
 * @param args not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
 * where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *args with celery_value_free(), *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_meta_exception_args(const celery_meta_t *meta,
                                           celery_value_t **args,
                                           celery_error_t **err);

/**
 * Gives the value as JSON text, that of json records as it is stored: in Python's dialect, so NaN,
 * Infinity, -Infinity, integers of any size and lone surrogates (halves of UTF-16 pairs, as in "\ud800") are possible.
 *
 * @param value not nullable.
 * @param len nullable: gets the length in bytes.
 * @return the text; NULL for NULL.
 * Ownership: borrowed, until the value is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_value_json(const celery_value_t *value,
                              size_t *len);

/**
 * Gives the value as JSON that every reader understands (RFC 8259).
 *
 * @param value not nullable.
 * @param json not nullable.
 * @param len nullable: gets the length in bytes.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NOT_JSON where NaN, an infinity or a lone surrogate stands in the
 * value, with its path in the message; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: *json is borrowed, until the value is freed; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_json_strict(const celery_value_t *value,
                                         const char **json,
                                         size_t *len,
                                         celery_error_t **err);

/**
 * Gives another reference to the same value.
 *
 * @param value not nullable.
 * @return the value; NULL for NULL.
 * Ownership: free it with celery_value_free(), as often as it was referenced.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API celery_value_t *celery_value_ref(const celery_value_t *value);

/**
 * Gives a reference back. NULL is fine.
 *
 * @param value nullable.
 * Ownership: the reference is gone, and with the last one every text borrowed from the value.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_value_free(celery_value_t *value);

/**
 * Tells what the value is. The typed forms ({"__type__": "datetime", "__value__": …}) are recognised,
 * those of kombu, the library in which Celery encodes data, and ours: see VALUES above. Damaged and
 * unknown ones are objects.
 *
 * @param value not nullable.
 * @return CELERY_KIND_NULL to CELERY_KIND_EXCEPTION; -1 for NULL. New kinds may come.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
int32_t celery_value_kind(const celery_value_t *value);

/**
 * Gives the boolean.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param out not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
 * a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_bool(const celery_value_t *value,
                                  const char *json_pointer,
                                  bool *out,
                                  celery_error_t **err);

/**
 * Gives the integer.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param out not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW; CELERY_ERR_NO_SUCH_VALUE;
 * CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_int64(const celery_value_t *value,
                                   const char *json_pointer,
                                   int64_t *out,
                                   celery_error_t **err);

/**
 * Gives the integer as an unsigned one.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param out not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW; CELERY_ERR_NO_SUCH_VALUE;
 * CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_uint64(const celery_value_t *value,
                                    const char *json_pointer,
                                    uint64_t *out,
                                    celery_error_t **err);

/**
 * Gives the number: NaN and infinities too, of an integer the nearest double.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param out not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW for an integer beyond every double;
 * CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_double(const celery_value_t *value,
                                    const char *json_pointer,
                                    double *out,
                                    celery_error_t **err);

/**
 * Gives the timedelta in microseconds.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param micros not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW beyond some 292 thousand years;
 * CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_timedelta_micros(const celery_value_t *value,
                                              const char *json_pointer,
                                              int64_t *micros,
                                              celery_error_t **err);

/**
 * Gives the text; of a datetime, date, time, decimal or uuid its canonical text, of a timedelta what
 * Python's `str` shows ("1 day, 0:00:02.000003"), of a class or function its name. It may contain NUL.
 *
 * What is lent out under a JSON Pointer stays with this handle: in long loops take a handle for each
 * element instead, with celery_value_iter_next() or celery_value_index().
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param text not nullable.
 * @param len nullable: gets the length in bytes.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NOT_UTF8 where it holds a lone surrogate:
 * celery_value_wtf8() gives such text; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a
 * misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: *text is borrowed, until the value is freed; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_string(const celery_value_t *value,
                                    const char *json_pointer,
                                    const char **text,
                                    size_t *len,
                                    celery_error_t **err);

/**
 * Gives any text as WTF-8: UTF-8 in which lone surrogates are encoded like other characters.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param text not nullable.
 * @param len nullable: gets the length in bytes.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
 * a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: *text is borrowed, until the value is freed; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_wtf8(const celery_value_t *value,
                                  const char *json_pointer,
                                  const uint8_t **text,
                                  size_t *len,
                                  celery_error_t **err);

/**
 * Gives the bytes, or text as UTF-8.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param bytes not nullable.
 * @param len nullable: gets the length in bytes.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NOT_UTF8 where text holds a lone surrogate;
 * CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: *bytes is borrowed, until the value is freed; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_bytes(const celery_value_t *value,
                                   const char *json_pointer,
                                   const uint8_t **bytes,
                                   size_t *len,
                                   celery_error_t **err);

/**
 * Gives the number of elements of an array or set, or of members of an object, map, Python object or
 * exception.
 *
 * @param value not nullable.
 * @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
 * itself.
 * @param length not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
 * a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_length(const celery_value_t *value,
                                    const char *json_pointer,
                                    size_t *length,
                                    celery_error_t **err);

/**
 * Gives the value that a JSON Pointer names: "/0" an element of an array or set, "/k" the value under a
 * text key of an object or map, "/args/0" an argument of a Python object, "/exc_message/0" one of an
 * exception.
 *
 * @param value not nullable.
 * @param json_pointer not nullable: RFC 6901, as "/items/0/name"; "" is the value itself.
 * @param found not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON
 * Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *found with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_get(const celery_value_t *value,
                                 const char *json_pointer,
                                 celery_value_t **found,
                                 celery_error_t **err);

/**
 * Gives the value under one text key of an object, map, Python object or exception; of a key that
 * stands there twice the last, as in Python.
 *
 * @param value not nullable.
 * @param key not nullable.
 * @param found not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_INVALID_UTF8;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *found with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_get_key(const celery_value_t *value,
                                     const char *key,
                                     celery_value_t **found,
                                     celery_error_t **err);

/**
 * Gives one element of an array or set, or the value of one member of an object, map, Python object or
 * exception, in stored order.
 *
 * @param value not nullable.
 * @param index from 0.
 * @param found not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *found with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_index(const celery_value_t *value,
                                   size_t index,
                                   celery_value_t **found,
                                   celery_error_t **err);

/**
 * Gives the key of one member of an object, Python object or exception in stored order, as a text
 * value; of a map, whose keys may be any values.
 *
 * @param value not nullable.
 * @param index from 0.
 * @param key not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *key with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_key_at(const celery_value_t *value,
                                    size_t index,
                                    celery_value_t **key,
                                    celery_error_t **err);

/**
 * Begins a walk over the elements of an array or set, or over the members of an object, map, Python
 * object or exception, in stored order.
 *
 * @param value not nullable.
 * @param iter not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *iter with celery_value_iter_free(); it keeps the record alive, the value may be
 * freed; free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_iter_new(const celery_value_t *value,
                                      celery_value_iter_t **iter,
                                      celery_error_t **err);

/**
 * Gives the next element. After the last one *value is NULL, with CELERY_OK.
 *
 * @param iter not nullable.
 * @param key nullable: gets the member's key, a text value, of a map any value; NULL comes out for
 * elements of arrays and sets.
 * @param value not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *key and *value with celery_value_free(); free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_iter_next(celery_value_iter_t *iter,
                                       celery_value_t **key,
                                       celery_value_t **value,
                                       celery_error_t **err);

/**
 * Ends a walk. NULL is fine. The values it gave stay.
 *
 * @param iter nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_value_iter_free(celery_value_iter_t *iter);

/**
 * Tells whether the value is an exception: that of a task, the `result` of a record in one of the
 * states FAILURE, RETRY and REVOKED, or one of the kind CELERY_KIND_EXCEPTION inside of a value, as
 * among the arguments of an ExceptionGroup. Its JSON accessors give what is stored.
 *
 * The functions below also read an object that is Celery's map of an exception (`exc_type`,
 * `exc_message` and nothing foreign), as it stands in a record. This one does not: a task may have
 * returned such a map.
 *
 * @param value not nullable.
 * @return true for an exception; false for NULL.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_value_is_exception(const celery_value_t *value);

/**
 * Gives the class name of the exception in this value: `exc_type`, as "Outer.InnerError".
 *
 * @param value not nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the value is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_value_exception_type(const celery_value_t *value);

/**
 * Gives the module of the class of the exception in this value: `exc_module`.
 *
 * @param value not nullable.
 * @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
 * Ownership: borrowed, until the value is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_value_exception_module(const celery_value_t *value);

/**
 * Gives the exception in this value in one line, as the last line of a Python traceback: "ValueError:
 * x".
 *
 * @param value not nullable.
 * @return the text; NULL where there is no exception.
 * Ownership: borrowed, until the value is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
const char *celery_value_exception_message(const celery_value_t *value);

/**
 * Gives the traceback that the worker stored with the exception in this value.
 *
 * @param value not nullable.
 * @return the text; NULL where there is no exception, or no traceback was stored.
 * Ownership: borrowed, until the value is freed.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API const char *celery_value_exception_traceback(const celery_value_t *value);

/**
 * Tells whether the worker could not store the exception in this value itself: it came in Celery's
 * `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
 *
 * @param value not nullable.
 * @return true where type and arguments may be less than what was raised; false where there is no
 * exception.
 * Ownership: nothing to free.
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API bool celery_value_exception_is_degraded(const celery_value_t *value);

/**
 * Gives the arguments of the exception in this value: `exc_message`, an array, or what an old worker
 * stored instead of one.
 *
 * @param value not nullable.
 * @param args not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
 * where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *args with celery_value_free(), *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_value_exception_args(const celery_value_t *value,
                                            celery_value_t **args,
                                            celery_error_t **err);

/**
 * Makes a record with a null value. celery_app_store() does what Celery's `mark_as_started`,
 * `mark_as_done`, `mark_as_failure`, `mark_as_retry`, `mark_as_revoked` and `update_state` do, by the
 * state; a FAILURE or REVOKED needs celery_record_set_exception() before it can be stored.
 *
 * @param task_id not nullable.
 * @param state not nullable: SUCCESS, FAILURE, a state of the user's own such as PROGRESS.
 * @param record not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an empty id or state; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *record with celery_record_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_new(const char *task_id,
                                  const char *state,
                                  celery_record_t **record,
                                  celery_error_t **err);

/**
 * Frees a record. NULL is fine.
 *
 * @param record nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_record_free(celery_record_t *record);

/**
 * Sets the value (`result`). The text is checked when the record is stored; NaN, Infinity and integers
 * of any size are allowed.
 *
 * @param record not nullable.
 * @param json nullable where len is 0.
 * @param len the length of json in bytes; 0 is null.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_value_json(celery_record_t *record,
                                             const char *json,
                                             size_t len,
                                             celery_error_t **err);

/**
 * Makes the value an exception, as Celery's serializers other than pickle store it.
 *
 * @param record not nullable.
 * @param class_name not nullable: `exc_type`, the qualified class name.
 * @param module not nullable: `exc_module`, "builtins" for Python's own.
 * @param args_json nullable where len is 0: `exc_message`, a JSON array of the arguments.
 * @param len the length of args_json in bytes; 0 is no argument.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an empty class name; CELERY_ERR_NULL_ARGUMENT;
 * CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_exception(celery_record_t *record,
                                            const char *class_name,
                                            const char *module,
                                            const char *args_json,
                                            size_t len,
                                            celery_error_t **err);

/**
 * Sets the traceback text (`traceback`).
 *
 * @param record not nullable.
 * @param traceback nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_traceback(celery_record_t *record,
                                            const char *traceback,
                                            celery_error_t **err);

/**
 * Adds the result of a task that this one has started (`children`), with its parents and members.
 *
 * @param record not nullable.
 * @param child not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_WRONG_KIND for a set, which has no id, and for a group with a set among
 * its members; CELERY_ERR_TOO_DEEP; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the child stays the caller's; free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_add_child(celery_record_t *record,
                                        const celery_result_t *child,
                                        celery_error_t **err);

/**
 * Sets the children to the empty list, as a worker stores it for a task that has started none. Without
 * this they are null.
 *
 * @param record not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_clear_children(celery_record_t *record,
                                             celery_error_t **err);

/**
 * Sets the id of the group that the task is part of (`group_id`).
 *
 * @param record not nullable.
 * @param group_id nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_group_id(celery_record_t *record,
                                           const char *group_id,
                                           celery_error_t **err);

/**
 * Sets the id of the task that sent this one (`parent_id`).
 *
 * @param record not nullable.
 * @param parent_id nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_parent_id(celery_record_t *record,
                                            const char *parent_id,
                                            celery_error_t **err);

/**
 * Sets the name of the task (`name`); stored where the option `result_extended` is on.
 *
 * @param record not nullable.
 * @param name nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_name(celery_record_t *record,
                                       const char *name,
                                       celery_error_t **err);

/**
 * Sets the positional arguments (`args`), JSON text; checked and stored where the option
 * `result_extended` is on.
 *
 * @param record not nullable.
 * @param args nullable where len is 0.
 * @param len the length of args in bytes; 0 is null.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_args(celery_record_t *record,
                                       const char *args,
                                       size_t len,
                                       celery_error_t **err);

/**
 * Sets the keyword arguments (`kwargs`), JSON text; checked and stored where the option
 * `result_extended` is on.
 *
 * @param record not nullable.
 * @param kwargs nullable where len is 0.
 * @param len the length of kwargs in bytes; 0 is null.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_kwargs(celery_record_t *record,
                                         const char *kwargs,
                                         size_t len,
                                         celery_error_t **err);

/**
 * Sets the host name of the worker (`worker`); stored where the option `result_extended` is on.
 *
 * @param record not nullable.
 * @param worker nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_worker(celery_record_t *record,
                                         const char *worker,
                                         celery_error_t **err);

/**
 * Sets how often the task was retried (`retries`); stored where the option `result_extended` is on.
 *
 * @param record not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_retries(celery_record_t *record,
                                          int64_t retries,
                                          celery_error_t **err);

/**
 * Sets the routing key of the delivery (`queue`); stored where the option `result_extended` is on.
 *
 * @param record not nullable.
 * @param queue nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_record_set_queue(celery_record_t *record,
                                        const char *queue,
                                        celery_error_t **err);

/**
 * Makes options that say nothing: the app's settings apply.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *options with celery_send_options_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_send_options_new(celery_send_options_t **options,
                                        celery_error_t **err);

/**
 * Frees options. NULL is fine. A call that uses them goes on with its own copy.
 *
 * @param options nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_send_options_free(celery_send_options_t *options);

/**
 * Sets an option by the name that it has in Python, where it is a keyword argument of `send_task` and
 * `apply_async`, to the value of a JSON text: name "queue" and value_json "\"video\"", or "countdown" and
 * "2.5".
 *
 * Where to: queue; or exchange and routing_key, which count only both together; priority, 0 to 255, of
 * which a Redis serves 0 first and takes more than 9 for 9; delivery_mode.
 *
 * When: countdown, seconds; eta, ISO text or seconds of Unix time; expires, seconds or ISO text. ISO
 * text without an offset is in UTC.
 *
 * How: time_limit, soft_time_limit, seconds; ignore_result; retries; serializer, compression; shadow,
 * argsrepr, kwargsrepr.
 *
 * Who: task_id, without which each task gets a new one; root_id, parent_id, group_id, group_index,
 * replaced_task_nesting; reply_to; headers, an object; stamped_headers, an array of names, with stamps,
 * an object of their values.
 *
 * What then: link and link_error, a signature ({"task": "proj.tasks.add", "args": [1]}) or an array of
 * them; chain, an array, the last one first; chord, a signature. add_to_parent is accepted and means
 * nothing here.
 *
 * @param options not nullable.
 * @param name not nullable.
 * @param value_json not nullable: null takes the option back.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name; CELERY_ERR_INVALID_OPTION where
 * the value is no JSON or none for this option; CELERY_ERR_TOO_DEEP; CELERY_ERR_TOO_LARGE;
 * CELERY_ERR_NOT_BUILT_IN for a serializer or compression; CELERY_ERR_INVALID_UTF8;
 * CELERY_ERR_NULL_ARGUMENT. A failed call changes nothing.
 * Ownership: nothing is kept of the texts; free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_send_options_set(celery_send_options_t *options,
                                        const char *name,
                                        const char *value_json,
                                        celery_error_t **err);

/**
 * Sends a task by its name (`app.send_task`) and gives its result. Nothing is subscribed to: a wait does
 * that, and then reads, so that nothing is missed however long after the sending it begins. Without a
 * serializer in options the app's task_serializer is used; the queue is task_default_queue.
 *
 * @param app not nullable.
 * @param name not nullable: the name that the task has in Python, such as proj.tasks.add.
 * @param args_json nullable: none; a JSON array.
 * @param kwargs_json nullable: none; a JSON object.
 * @param options nullable: the app's settings.
 * @param result nullable: not wanted.
 * @param err nullable.
 * @return CELERY_OK when it is in its queue. Nothing was sent: CELERY_ERR_INVALID_ARGUMENT where the name is
 * empty or the arguments are no JSON array or object; CELERY_ERR_INVALID_OPTION, also where no queue is
 * bound to exchange and routing_key; CELERY_ERR_UNKNOWN_OPTION for one in task_routes; CELERY_ERR_ENCODE
 * where the serializer cannot hold the arguments; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_UNSUPPORTED where the app has no broker, or the queue an exchange that
 * is neither direct nor topic; CELERY_ERR_NOT_BUILT_IN where it has a broker that this library cannot speak
 * to; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
 * CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_LIMIT; CELERY_ERR_CLOSED;
 * CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_NULL_ARGUMENT. It may or may not have been sent:
 * CELERY_ERR_UNCERTAIN, CELERY_ERR_PANIC.
 * Ownership: free *result with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_send_task(const celery_app_t *app,
                                     const char *name,
                                     const char *args_json,
                                     const char *kwargs_json,
                                     const celery_send_options_t *options,
                                     celery_result_t **result,
                                     celery_error_t **err);

/**
 * Sends tasks as a group (`group(...).apply_async()`) and gives its result, whose members are in the
 * order of the tasks. All of them are checked before the first is sent.
 *
 * @param app not nullable.
 * @param tasks_json not nullable: a JSON array of signatures, as Celery's canvas writes them:
 * {"task": "proj.tasks.add", "args": [1, 2], "kwargs": {}, "options": {"queue": "video"}}; all but the
 * task may be left out. A chain, group or chord among them is refused.
 * @param options nullable: what each is sent with where its own options say nothing else; task_id, or else
 * group_id, is the id of the group, a new one where both are missing.
 * @param group nullable: not wanted.
 * @param err nullable.
 * @return as celery_app_send_task(): CELERY_OK; CELERY_ERR_INVALID_ARGUMENT; CELERY_ERR_UNKNOWN_OPTION;
 * CELERY_ERR_INVALID_OPTION; CELERY_ERR_ENCODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_UNSUPPORTED, also for a signature that is no plain task; CELERY_ERR_NOT_BUILT_IN;
 * CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN, whose message tells how many were sent for certain;
 * CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_LIMIT;
 * CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT. What is wrong with one task bears its index as the member.
 * Ownership: free *group with celery_result_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the option operation_timeout_ms, for every 1 MiB of messages where there are more.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_send_group(const celery_app_t *app,
                                      const char *tasks_json,
                                      const celery_send_options_t *options,
                                      celery_result_t **group,
                                      celery_error_t **err);

/**
 * Makes arguments with the defaults of Celery's `revoke`: a task that runs is left alone, all workers are
 * told, no answers are waited for.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *options with celery_revoke_options_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_new(celery_revoke_options_t **options,
                                          celery_error_t **err);

/**
 * Frees arguments. NULL is fine. A call that uses them goes on with its own copy.
 *
 * @param options nullable.
 * Ownership: the handle is gone.
 * Threads: one thread, once.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API void celery_revoke_options_free(celery_revoke_options_t *options);

/**
 * Sets whether a task that runs is ended, by a signal to the process that runs it (`terminate`, default
 * false). Not every worker can: one with threads answers an error. A process may have begun another task
 * by then; Celery recommends it for what is stuck.
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_terminate(celery_revoke_options_t *options,
                                                    bool terminate,
                                                    celery_error_t **err);

/**
 * Sets which signal ends the process (`signal`), where terminate is on.
 *
 * @param options not nullable.
 * @param signal nullable: SIGTERM; a name with or without SIG, or a number, as text.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where it can be no signal; CELERY_ERR_INVALID_UTF8;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_signal(celery_revoke_options_t *options,
                                                 const char *signal,
                                                 celery_error_t **err);

/**
 * Sets whether the workers answer and their answers are waited for (`wait`, default false).
 *
 * @param options not nullable.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_wait(celery_revoke_options_t *options,
                                               bool wait,
                                               celery_error_t **err);

/**
 * Sets how long answers are waited for at most (`timeout`, default 1000); where all who heard have
 * answered, it is over at once. Python's default waits for ever; here that cannot be asked for.
 *
 * @param options not nullable.
 * @param timeout_ms 0 or more.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where it is negative; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_timeout_ms(celery_revoke_options_t *options,
                                                     int64_t timeout_ms,
                                                     celery_error_t **err);

/**
 * Sets which workers obey, by their names (`destination`); all others ignore the message.
 *
 * @param options not nullable.
 * @param nodes nullable where count is 0: names such as celery@host. They are copied.
 * @param count the number of names; 0 is all workers.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT, also for a name that is NULL.
 * Ownership: free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_destination(celery_revoke_options_t *options,
                                                      const char *const *nodes,
                                                      size_t count,
                                                      celery_error_t **err);

/**
 * Sets what stops the wait; the message may have been sent by then.
 *
 * @param options not nullable.
 * @param cancel nullable: none.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_FORKED for a token made before fork; CELERY_ERR_NULL_ARGUMENT.
 * Ownership: the options keep their own reference to the token; free *err with celery_error_free().
 * Threads: one thread at a time per handle.
 * Blocks: never.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_revoke_options_set_cancel(celery_revoke_options_t *options,
                                                 const celery_cancel_t *cancel,
                                                 celery_error_t **err);

/**
 * Has the workers ignore the task (`revoke`), and end it where the arguments say so; of a set or group all
 * tasks in it, by one message for each app. What a worker runs already goes on, unless terminate is on. A
 * worker of Celery 5.6.2 or later stores REVOKED at once, also for an id that never was; older ones when
 * the task's turn comes. An EAGER result becomes REVOKED itself, with the exception `TaskRevokedError`.
 *
 * The answers are an object: "heard", how many listened when the message was sent, workers as a rule, or null
 * where the connection broke before the server said so and answers show that it was sent; "complete",
 * whether answers were waited for and all of them have come; "nodes", from the name of each worker that
 * answered to its answer: {"ok": ...}, or {"error": ...} where it could not do it.
 *
 * @param result not nullable.
 * @param options nullable: every default; no answers are waited for.
 * @param replies nullable: not wanted. NULL comes out for an EAGER result, which has nobody to answer.
 * @param err nullable.
 * @return CELERY_OK, also where nobody heard or answered; CELERY_ERR_UNSUPPORTED where the app has no
 * broker; CELERY_ERR_NOT_BUILT_IN where it has one that this library cannot speak to;
 * CELERY_ERR_UNREACHABLE where nothing was sent; CELERY_ERR_UNCERTAIN where it may or may not have been, and
 * nobody has answered; CELERY_ERR_CANCELLED; CELERY_ERR_ENCODE and CELERY_ERR_TOO_LARGE where so many ids
 * are no message; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
 * CELERY_ERR_LIMIT; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
 * CELERY_ERR_NULL_ARGUMENT.
 * Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to the arguments' timeout where answers are waited for, otherwise up to the option
 * operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_revoke(const celery_result_t *result,
                                     const celery_revoke_options_t *options,
                                     celery_value_t **replies,
                                     celery_error_t **err);

/**
 * Has the workers ignore every task that bears one of these stamps (`revoke_by_stamped_headers`), and end
 * those that run where the arguments say so. Each worker remembers the stamps for as long as it lives; a
 * task's state changes when its turn comes. Celery's answers to this are texts for people.
 *
 * @param app not nullable.
 * @param headers_json not nullable: a JSON object, from the name of a stamp to its value or an array of
 * values, any of which counts.
 * @param options nullable: every default.
 * @param replies nullable: not wanted; as of celery_result_revoke().
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where headers_json is no JSON object with members;
 * CELERY_ERR_TOO_DEEP; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT; all others of
 * celery_result_revoke().
 * Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: as celery_result_revoke().
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_revoke_by_stamped_headers(const celery_app_t *app,
                                                     const char *headers_json,
                                                     const celery_revoke_options_t *options,
                                                     celery_value_t **replies,
                                                     celery_error_t **err);

/**
 * Sends any command of Celery's remote control to the workers (`app.control.broadcast`), such as ping,
 * active, reserved, scheduled, revoked, registered, stats, report, query_task, rate_limit or shutdown, and
 * gives what they answer. It is over when all who heard have answered, or at the timeout. A command that
 * asks (active, stats and the like) is answered with what was asked for, one that does something with
 * {"ok": ...}, and both with {"error": ...} where the worker could not.
 *
 * @param app not nullable.
 * @param method not nullable: the name of the command.
 * @param arguments_json nullable: none; a JSON object of the command's keyword arguments.
 * @param nodes nullable where count is 0: names of the workers that are to obey.
 * @param count the number of names; 0 is all workers.
 * @param timeout_ms 0 waits for no answers.
 * @param cancel nullable.
 * @param replies nullable: not wanted; an object, as of celery_result_revoke().
 * @param err nullable.
 * @return CELERY_OK, also where nobody heard or answered; CELERY_ERR_INVALID_ARGUMENT where the method is
 * empty, the arguments are no JSON object or timeout_ms is negative; CELERY_ERR_TOO_DEEP;
 * CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT, also for a name that is NULL; all others of
 * celery_result_revoke().
 * Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms; where that is 0, up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_app_control(const celery_app_t *app,
                                   const char *method,
                                   const char *arguments_json,
                                   const char *const *nodes,
                                   size_t count,
                                   int64_t timeout_ms,
                                   const celery_cancel_t *cancel,
                                   celery_value_t **replies,
                                   celery_error_t **err);

/**
 * Tells where a task is: looks at its record, asks the workers (`query_task`) where that does not say that
 * it has finished, and looks again where none of them has it. So one can tell a task that runs from one
 * that has vanished. A worker that runs it is believed at once, and "complete" is false then where others
 * have not answered; one that only holds it is not enough, as a task that was delivered twice may run
 * elsewhere.
 *
 * What it cannot know: a task that waits in a queue and no worker has taken is UNKNOWN, and so is one
 * whose worker does not answer in time or has remote control turned off; "heard", "complete" and "nodes"
 * of the answers show who was asked. "node" there is the name of the worker that has it.
 *
 * @param result not nullable.
 * @param timeout_ms 0 or more: how long answers are waited for at most.
 * @param cancel nullable.
 * @param place not nullable: one of CELERY_PLACE_....
 * @param replies nullable: not wanted; an object, as of celery_result_revoke(), with "node" where the
 * place is a worker. NULL comes out where the record told.
 * @param err nullable.
 * @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where timeout_ms is negative; CELERY_ERR_WRONG_KIND for a
 * set or group; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED and CELERY_ERR_TOO_DEEP where the
 * state cannot be read; CELERY_ERR_NULL_ARGUMENT; all others of celery_result_revoke().
 * Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
 * Threads: any number of threads at once.
 * Blocks: up to timeout_ms, and twice up to the option operation_timeout_ms.
 * Since: 0.1
 */
CELERY_API
celery_status_t celery_result_locate(const celery_result_t *result,
                                     int64_t timeout_ms,
                                     const celery_cancel_t *cancel,
                                     int32_t *place,
                                     celery_value_t **replies,
                                     celery_error_t **err);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* CELERY_RESULT_H */

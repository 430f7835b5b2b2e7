#!/usr/bin/env python3
"""Prints null_table.c: calls of every function of the C layer with what it must refuse or accept.

The marks `@param name nullable` and `not nullable` in src/ffi are the source: a pointer marked
`not nullable` is NULL once, in a call where everything else is right, and must give
CELERY_ERR_NULL_ARGUMENT or the neutral value that @return names; one marked `nullable` is NULL
and must be accepted. Text is once no UTF-8; a payload is once NULL with length 0, once NULL with
length 1.

    python3 tests/c/gen_null_table.py > tests/c/null_table.c
"""

import pathlib
import re
import sys

FFI = pathlib.Path(__file__).resolve().parents[2] / "src/ffi"
FUNCTION = re.compile(
    r'((?:^///.*\n)+)#\[unsafe\(no_mangle\)\]\npub unsafe extern "C" fn (celery_\w+)\(([^)]*)\)(?: -> ([^{]+))? \{',
    re.M)

# What is right for a text parameter; by function where the name alone does not tell.
TEXTS = {
    "backend_url": '"memory://"', "task_id": '"task"', "state": '"PROGRESS"', "key": '"result_expires"',
    "value": '"60"', "name": '"waiters"', "json_pointer": '""', "value_json": '"1"', "json": '"1"',
    "args_json": '"[]"', "args": '"[]"', "kwargs": '"{}"', "class_name": '"ValueError"', "module": '"builtins"',
    "traceback": '"text"', "method": '"ping"', "arguments_json": '"{}"', "headers_json": r'"{\"stamp\": 1}"',
    "kwargs_json": '"{}"', "tasks_json": r'"[{\"task\": \"t\"}]"', "signal": '"KILL"', "group_id": '"group"', "parent_id": '"parent"', "worker": '"worker"', "queue": '"queue"',
    ("celery_value_get_key", "key"): '"a"', ("celery_meta_field", "name"): '"status"', ("celery_send_options_set", "name"): '"countdown"',
    ("celery_result_from_tuple", "json"): r'"[[\"t\", null], null]"', ("celery_state_from_name", "name"): '"RETRY"',
}
NUMBERS = {"least": "1", "max": "1", "timeout_ms": "0", "level": "CELERY_LOG_ERROR", "interval_ms": "500", "header_number": "CELERY_VERSION_NUMBER"}
HANDLES = {
    "celery_app_t": "app", "celery_options_t": "options", "celery_get_options_t": "get_options",
    "celery_result_t": "result", "celery_result_list_t": "list", "celery_meta_t": "meta", "celery_value_t": "value",
    "celery_value_iter_t": "iter", "celery_error_t": "error", "celery_cancel_t": "cancel",
    "celery_record_t": "record", "celery_stats_t": "stats", "celery_result_iter_t": "result_iter",
    "celery_dependencies_t": "dependencies", "celery_graph_t": "graph", "celery_queue_t": "queue",
    "celery_batch_t": "batch", "celery_revoke_options_t": "revoke_options",
    "celery_send_options_t": "send_options",
}
CALLBACKS = {
    "celery_env_free_t": "on_env_free", "celery_log_callback_t": "on_log", "celery_get_callback_t": "on_get",
    "celery_message_callback_t": "on_message", "celery_interval_callback_t": "on_interval",
    "celery_then_callback_t": "on_then", "celery_then_error_t": "on_then_error",
}
# What is right for a result that is not just any.
KINDS = {"set": "group", "group": "group", ("celery_result_revoke", "result"): "eager"}
ARRAYS = {"*const *const c_char": "names", "*const *mut celery_result_t": "results", "*const u64": "tags"}
# Called with a valid handle they end what the other calls need.
ENDS = {"celery_app_close", "celery_app_close_wait"}
PAYLOADS = {"json", "value_json", "args_json", "args", "kwargs"}


class Parameter:
    def __init__(self, function, name, kind, mark):
        self.function, self.name = function, name
        self.kind = kind.split("::")[-1] if "::" in kind and not kind.startswith("*") else kind
        self.kind = re.sub(r"(\w+::)+", "", self.kind)
        self.nullable = {"nullable": True, "not nullable": False}.get(mark)
        self.is_text = self.kind == "*const c_char"
        self.out = re.fullmatch(r"\*mut \*mut (celery_\w+_t)", self.kind)
        # A parent comes out beside another result.
        self.place = self.out and f"out_{'parent' if name == 'parent' else HANDLES[self.out[1]]}"

    @property
    def is_pointer(self):
        return self.kind.startswith("*") or self.kind in CALLBACKS

    def right(self):
        """A C expression that the function accepts."""
        if self.name == "err":
            return "&err"
        if self.out:
            return f"&{self.place}"
        if self.is_text:
            return TEXTS.get((self.function, self.name)) or TEXTS[self.name]
        if self.kind in CALLBACKS:
            return CALLBACKS[self.kind]
        if handle := re.fullmatch(r"\*(?:mut|const) (celery_\w+_t)", self.kind):
            return KINDS.get((self.function, self.name)) or KINDS.get(self.name) or HANDLES[handle[1]]
        if self.kind in ARRAYS:
            return ARRAYS[self.kind]
        if self.kind == "*mut c_void":
            return "&env"
        if self.kind.startswith("*mut "):
            return "&number_" + re.sub(r"\W+", "_", self.kind[5:]).strip("_")
        if self.name == "count" or self.name == "len":
            return "1"
        return NUMBERS.get(self.name, "0")


def functions():
    for file in sorted(FFI.glob("*.rs")):
        for comment, name, parameters, returns in FUNCTION.findall(file.read_text()):
            if name == "celery_test_panic":
                continue
            comment = comment.replace("/// ", " ").replace("///", " ").replace("\n", "")
            marks = dict(re.findall(r"@param (\w+) (nullable|not nullable)", comment))
            found = [Parameter(name, *map(str.strip, part.split(":", 1)), marks.get(part.split(":")[0].strip()))
                     for part in parameters.split(",") if part.strip()]
            returned = re.search(r"@return (.*?) Ownership:", comment)
            yield name, found, (returns or "").strip(), returned[1] if returned else ""


def length_of(parameters, at):
    """The index of the length that belongs to a pointer, if it is a payload or an array."""
    parameter = parameters[at]
    if parameter.is_text and parameter.name in PAYLOADS and parameters[at + 1].name.endswith("len"):
        return at + 1
    if parameter.kind in ("*const *const c_char", "*const *mut celery_result_t"):
        return next(index for index in range(at, len(parameters)) if parameters[index].name == "count")
    return None


def neutral(name, returns, returned):
    if returns in ("i32", "i64"):
        found = re.search(r"(-?\d+) (?:for|when)[^;]*NULL", returned)
        if not found:
            sys.exit(f"{name}: @return names no number for NULL")
        return found[1]
    if returns == "celery_status_t":
        return "CELERY_ERR_NULL_ARGUMENT"
    return {"bool": "0", "usize": "0", "u64": "0"}.get(returns, "NULL")


def cases():
    for name, parameters, returns, returned in functions():
        fallible = bool(parameters) and parameters[-1].name == "err"
        right = [parameter.right() for parameter in parameters]

        def call(*changes, err=True):
            arguments = list(right)
            for at, value in changes:
                arguments[at] = value
            if fallible and not err:
                arguments[-1] = "NULL"
            return f"{name}({', '.join(arguments)})"

        def outputs(null_at=None):
            return [p.place for at, p in enumerate(parameters)
                    if p.out and p.name != "err" and at != null_at]

        def refuse(what, status, null_at, *changes):
            for out in outputs(null_at):
                yield f"POISON({out});"
            yield f'REFUSES("{name}: {what}", {call(*changes)}, {status});'
            for out in outputs(null_at):
                yield f'IS_NULL("{name}: {what}: {out}", {out});'
            yield f'EQUALS("{name}: {what}, err NULL", {call(*changes, err=False)}, {status});'

        for at, parameter in enumerate(parameters):
            if parameter.name == "err" or not parameter.is_pointer:
                continue
            length = length_of(parameters, at)
            what = f"{parameter.name} NULL"
            if name.endswith("_free"):
                yield f"{call((at, 'NULL'))};"
            elif length is not None:
                yield f'ACCEPTS("{name}: {what} of length 0", {call((at, "NULL"), (length, "0"))});'
                yield from refuse(f"{what} of length 1", "CELERY_ERR_NULL_ARGUMENT", None, (at, "NULL"), (length, "1"))
            elif parameter.nullable and fallible and name not in ENDS:
                yield f'ACCEPTS("{name}: {what}", {call((at, "NULL"))});'
            elif parameter.nullable and name not in ENDS:
                yield f"(void){call((at, 'NULL'))}; tidy();"
            elif fallible:
                yield from refuse(what, "CELERY_ERR_NULL_ARGUMENT", at if parameter.out else None, (at, "NULL"))
            elif returns:
                yield f'EQUALS("{name}: {what}", {call((at, "NULL"))}, {neutral(name, returns, returned)});'
            else:
                yield f"{call((at, 'NULL'))};"
            if parameter.is_text and fallible:
                yield from refuse(f"{parameter.name} is no UTF-8", "CELERY_ERR_INVALID_UTF8", None, (at, '"\\xff"'))


def main():
    lines = list(cases())
    half = [f"    {line}" for line in lines]
    chunks = [half[start:start + 100] for start in range(0, len(half), 100)]
    print("/* Generated from the marks in src/ffi by gen_null_table.py: do not edit, run it again. */")
    print('#include "null_table.h"')
    for number, chunk in enumerate(chunks):
        print(f"\nstatic void part_{number}(void)\n{{")
        print("\n".join(chunk))
        print("}")
    print("\nint main(void)\n{\n    begin();")
    for number in range(len(chunks)):
        print(f"    part_{number}();")
    print(f"    return end();\n}}")


if __name__ == "__main__":
    main()

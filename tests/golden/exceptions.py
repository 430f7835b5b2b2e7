#!/usr/bin/env python3
"""What Python shows of the exceptions below -> exceptions.json.

Run:  target/venv/bin/python tests/golden/exceptions.py     (with the environment that tests/setup makes)

Output {"raised": {case: view}, "stored": {case: view}}
  raised  exceptions as pickle keeps them: what `__reduce__` gives, spelled in the typed forms of a value's JSON text
  stored  maps as old and foreign writers leave them in a record, read by Celery's own `exception_to_python`
  view    {"map": exception map, "class", "module", "text": str, "repr": of a class without a __repr__ of its own,
          "line": last line of a traceback, "degraded"}
No argument here is a tuple: those come as lists from every serializer and are shown as such.
"""
import binascii
import datetime
import decimal
import json
import os
import pathlib
import socket
import uuid

from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from celery import Celery
from celery.exceptions import MaxRetriesExceededError, NotRegistered, TaskRevokedError
from celery.utils.serialization import UnpickleableExceptionWrapper, get_pickleable_exception

HERE = os.path.dirname(os.path.abspath(__file__))


def raised(function, *args):
    """The exception that a call raises."""
    try:
        function(*args)
    except BaseException as exception:
        return exception
    raise AssertionError(f'{function} raises nothing')


class Outer:
    class InnerError(Exception):
        pass


class Coded(Exception):
    pass


def with_attributes(exception, **attributes):
    vars(exception).update(attributes)
    return exception


def local():
    class LocalError(Exception):
        pass
    return LocalError('local', 1)


GROUP = ExceptionGroup('grp', [ValueError('a'), ExceptionGroup('sub', [TypeError(1)])])
RAISED = {
    'value_error': ValueError('x'), 'no_args': ValueError(), 'empty_text': ValueError(''), 'none': ValueError(None),
    'many_args': ValueError('a', 2, None, [1, 'b'], {'k': 'v'}, 1.5), 'multiline': ValueError('line1\nline2'),
    'quotes': ValueError("it's"), 'list': ValueError(['a']), 'nan': ValueError(float('nan')), 'big': ValueError(2 ** 70),
    'bytes': ValueError(b'\xff\x00'), 'set': ValueError({1}), 'empty_set': ValueError(set()),
    'frozenset': ValueError(frozenset({'a'})), 'map': ValueError({(1, 2): 'x', b'k': [None]}),
    'nested_keys': ValueError({(1, (2,), frozenset({3})): {(): 0}}),
    'timedelta': ValueError(datetime.timedelta(days=1, seconds=2, microseconds=3)),
    'timedelta_negative': ValueError(-datetime.timedelta(microseconds=1)), 'timedelta_zero': ValueError(datetime.timedelta()),
    'timedeltas': ValueError(datetime.timedelta(2), datetime.timedelta(hours=1)),
    'datetime': ValueError(datetime.datetime(2024, 1, 2, 3, 4, 5)), 'date': ValueError(datetime.date(2024, 1, 2)),
    'decimal': ValueError(decimal.Decimal('1.10')), 'uuid': ValueError(uuid.UUID(int=5)),
    'key_error': KeyError('k'), 'key_error_number': KeyError(1), 'key_error_many': KeyError('a', 'b'), 'key_error_empty': KeyError(),
    'not_registered': NotRegistered('tasks.gone'), 'index_error': raised([].pop), 'zero_division': raised(divmod, 1, 0),
    'attribute_error': raised(getattr, 1, 'gone'), 'import_error': raised(__import__, 'no_such_module'),
    'file_not_found': raised(open, '/no/such/file'), 'os_error_text': OSError('text'), 'os_error_two': OSError(5, 'io'),
    'os_error_bytes_name': OSError(2, 'No such file', b'name'), 'os_error_two_names': raised(os.rename, '/no/such', '/no/such2'),
    'os_error_none_name': OSError(2, 'text', None), 'os_error_many': OSError(1, 2, 3, 4, 5, 6), 'os_error_path': OSError(2, 'text', pathlib.PurePath('a').name),
    'os_error_none': OSError(None, None), 'os_error_descriptor': OSError(9, 'Bad file descriptor', 5), 'blocking_written': BlockingIOError(11, 'would block', 5), 'permission': PermissionError(13, 'Permission denied', '/srv/x'),
    'blocking': BlockingIOError(11, 'would block'), 'timeout': TimeoutError('builtin'), 'connection': ConnectionRefusedError(111, 'Connection refused'),
    'gaierror': socket.gaierror(-2, 'Name or service not known'), 'interrupted': InterruptedError(),
    'unicode_decode': raised(b'a\xff'.decode, 'utf-8'), 'unicode_decode_many': raised(b'\xe2\x82'.decode, 'utf-8'),
    'unicode_decode_out_of_range': UnicodeDecodeError('x', b'ab', 5, 6, 'why'),
    'unicode_encode_latin': raised('\xe9'.encode, 'ascii'), 'unicode_encode_bmp': raised('a\u017c'.encode, 'ascii'),
    'unicode_encode_astral': raised('\U0001f600'.encode, 'ascii'), 'unicode_encode_many': raised('\u017c\u017c'.encode, 'ascii'),
    'unicode_encode_surrogate': raised('x\ud800'.encode, 'utf-8'), 'unicode_translate': UnicodeTranslateError('a\u017c', 1, 2, 'why'),
    'unicode_error': UnicodeError('plain'),
    'stop_iteration': StopIteration(3), 'system_exit': SystemExit(1), 'system_exit_empty': SystemExit(), 'keyboard_interrupt': KeyboardInterrupt(),
    'assertion': AssertionError(), 'recursion': RecursionError('maximum recursion depth exceeded'), 'overflow': OverflowError(34, 'Numerical result out of range'),
    'syntax': raised(compile, 'a b', 'dir/file.py', 'exec'), 'syntax_plain': SyntaxError('plain'), 'indentation': raised(compile, ' a\nb', '<string>', 'exec'),
    'json_decode': raised(json.loads, '{'), 'json_decode_line': raised(json.loads, '["\u017c",\n\n 1, \u017c]'), 'binascii': raised(binascii.unhexlify, 'x'),
    'group': GROUP, 'group_of_one': ExceptionGroup('one', [ValueError()]), 'base_group': BaseExceptionGroup('base', [SystemExit(1), KeyError('k')]),
    'group_as_argument': ValueError(GROUP), 'nested': ValueError(KeyError('inner')), 'nested_twice': RuntimeError(ValueError(OSError(2, 'no', 'f'))),
    'nested_beside': ValueError('text', KeyError('inner')), 'nested_in_key_error': KeyError(ValueError('v')),
    'nested_class': Outer.InnerError('in'), 'nested_class_as_argument': ValueError([Outer.InnerError('in')]),
    'attributes': with_attributes(Coded('text'), code=404, tags={'a'}),
    'revoked': TaskRevokedError('terminated'), 'max_retries': MaxRetriesExceededError('give up'),
    'soft_time_limit': SoftTimeLimitExceeded(), 'time_limit': TimeLimitExceeded(1), 'time_limit_two': TimeLimitExceeded(1, 'a'),
    'wrapped': local(),
}
STORED = {
    'plain': {'exc_type': 'ValueError', 'exc_message': ['x'], 'exc_module': 'builtins'},
    'no_module': {'exc_type': 'ValueError', 'exc_message': ['x']},
    'null_module': {'exc_type': 'ValueError', 'exc_message': ['x'], 'exc_module': None},
    'text_message': {'exc_type': 'ValueError', 'exc_message': 'x', 'exc_module': 'builtins'},
    'text_message_no_module': {'exc_type': 'CustomError', 'exc_message': 'x'},
    'text_message_key_error': {'exc_type': 'KeyError', 'exc_message': 'x', 'exc_module': 'builtins'},
    'number_message': {'exc_type': 'ValueError', 'exc_message': 5, 'exc_module': 'builtins'},
    'unknown_class': {'exc_type': 'Gone', 'exc_message': ['a', 1], 'exc_module': 'no.such.module'},
    'more_keys': {'exc_type': 'ValueError', 'exc_message': ['x'], 'exc_module': 'builtins', 'more': 1},
}


def typed(name, value):
    return {'__type__': name, '__value__': value}


def exception_map(exception):
    """Class, arguments and attributes, as pickle keeps them."""
    cls, args, *rest = exception.__reduce__()
    state = {'exc_state': spelled(rest[0])} if rest and rest[0] else {}
    return {'exc_type': cls.__qualname__, 'exc_message': [spelled(arg) for arg in args], 'exc_module': cls.__module__, **state}


def spelled(value):
    """The value as the JSON text of a record spells it."""
    if isinstance(value, BaseException):
        return typed('exception', exception_map(value))
    if isinstance(value, (list, tuple)):
        return [spelled(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return typed(type(value).__name__, [spelled(item) for item in value])
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: spelled(item) for key, item in value.items()}
        return typed('map', [[spelled(key), spelled(item)] for key, item in value.items()])
    if isinstance(value, datetime.timedelta):
        return typed('timedelta', {'days': value.days, 'seconds': value.seconds, 'microseconds': value.microseconds})
    if isinstance(value, bytes):
        return typed('base64', binascii.b2a_base64(value, newline=False).decode())
    if isinstance(value, uuid.UUID):
        return typed('uuid', {'hex': value.hex})
    for cls, name in [(datetime.datetime, 'datetime'), (datetime.date, 'date'), (decimal.Decimal, 'decimal')]:
        if isinstance(value, cls):
            return typed(name, str(value) if name == 'decimal' else value.isoformat())
    return value


def view(stored, exception, degraded=False):
    cls = type(exception)
    name = cls.__qualname__ if cls.__module__ in ('builtins', '__main__') else f'{cls.__module__}.{cls.__qualname__}'
    text = str(exception).encode(errors='backslashreplace').decode()
    return {'map': json.dumps(stored), 'class': cls.__qualname__, 'module': cls.__module__, 'text': text,
            'repr': BaseException.__repr__(exception), 'line': f'{name}: {text}' if text else name, 'degraded': degraded}


def raised_view(exception):
    kept = get_pickleable_exception(exception)
    if isinstance(kept, UnpickleableExceptionWrapper):
        # `from_exception` takes the short name; so does the reader.
        exception.__class__.__qualname__ = exception.__class__.__name__
        return view(exception_map(kept), exception, degraded=True)
    return view(exception_map(exception), exception)


backend = Celery('exceptions', backend='cache+memory://').backend
views = {
    'raised': {case: raised_view(exception) for case, exception in RAISED.items()},
    'stored': {case: view(stored, backend.exception_to_python(dict(stored))) for case, stored in STORED.items()},
}
with open(os.path.join(HERE, 'exceptions.json'), 'w') as file:
    file.write('{\n' + ',\n'.join(
        f'"{kind}": {{\n' + ',\n'.join(f'{json.dumps(case)}: {json.dumps(one)}' for case, one in cases.items()) + '\n}'
        for kind, cases in views.items()) + '\n}\n')

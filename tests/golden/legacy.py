# -*- coding: utf-8 -*-
"""Records of old Celery versions: real app + real worker -> $GOLDEN_OUT/<version>-py<python>-<set>.json, in the form
of gen.py's, which compact.py makes the checked-in files from. Runs on Python 2.7 to 3.11, from Celery 4.4 on.

Run:  GOLDEN_OUT=DIR python legacy.py [json-ext json-noext pickle-ext yaml-ext msgpack-ext]
      (needs celery[redis,msgpack,yaml] and a scratch redis on $GOLDEN_REDIS, which it flushes; README.md has the versions)
The same file is the module the worker imports. Config of one run comes from the environment:
  GOLDEN_SER   json|pickle|yaml|msgpack      GOLDEN_EXT 0|1      GOLDEN_REDIS host:port (default 127.0.0.1:6399)

The view is what the AsyncResult of that version says. Of Python 2 it is spelled as Python 3 spells it: `str` that is
UTF-8 is text, no u'' and no L; the order of a map's keys is lost there, so the keys of a record are given sorted.
"""
from __future__ import unicode_literals

import base64
import datetime as dt
import decimal
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import OrderedDict, namedtuple

import celery
import kombu
import kombu.serialization
from celery import Celery, chain, chord, group
from celery.exceptions import Ignore
from celery.result import GroupResult, ResultBase

PY2 = sys.version_info[0] == 2
SER = os.environ.get('GOLDEN_SER', 'json')
EXT = os.environ.get('GOLDEN_EXT', '1') == '1'
HOSTPORT = os.environ.get('GOLDEN_REDIS', '127.0.0.1:6399')
BROKER, BACKEND = 'redis://%s/0' % HOSTPORT, 'redis://%s/1' % HOSTPORT
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.abspath(os.environ.get('GOLDEN_OUT', os.path.join(HERE, '../../target/golden')))
PREFIX = 'celery-task-meta-'
SETTINGS = dict(
    task_serializer='json', result_serializer=SER, result_extended=EXT,
    accept_content=['json', 'pickle', 'yaml', 'msgpack'], result_accept_content=['json', 'pickle', 'yaml', 'msgpack'],
    worker_hijack_root_logger=False, worker_prefetch_multiplier=1,
)

app = Celery('legacy', broker=BROKER, backend=BACKEND)
app.conf.update(SETTINGS)


# ------------------------------------------------------------------ values
class Plain(object):
    def __init__(self):
        self.x, self.y = 1, [2]


Point = namedtuple(str('Point'), 'x y')


def deep(n):
    v = 'leaf'
    for i in range(n):
        v = [v] if i % 2 else {'k': v}
    return v


class Hours(dt.tzinfo):
    """a time zone that Python 2 has as well."""

    def utcoffset(self, when):
        return dt.timedelta(hours=2)

    def dst(self, when):
        return dt.timedelta(0)


VALUES = {
    'none': lambda: None, 'true': lambda: True, 'int': lambda: -42, 'int_2_31': lambda: 2**31, 'int_2_63': lambda: 2**63,
    'int_10_40': lambda: 10**40, 'float': lambda: 0.1, 'float_nan': lambda: float('nan'), 'float_inf': lambda: float('-inf'),
    'str_native': lambda: str('native'), 'str_unicode': lambda: 'zażółć ☃ 😀 "q" \\ \n', 'str_empty': lambda: '',
    'str_yamlish': lambda: 'yes', 'bytes_text': lambda: b'ascii', 'bytes_utf8': lambda: 'zażółć'.encode('utf-8'),
    'bytes_bin': lambda: b'\xff\x00\xfe', 'list': lambda: [1, 'two', [3]], 'tuple': lambda: (1, 'two', (3,)),
    'dict': lambda: {'é': {'a': [None]}}, 'dict_int_key': lambda: {1: 'a'}, 'dict_bytes_key': lambda: {b'\xff': 1},
    'dict_tuple_key': lambda: {(1, 2): 1}, 'ordered_dict': lambda: OrderedDict([('b', 1), ('a', 2)]),
    'set': lambda: {1}, 'frozenset': lambda: frozenset(['a']), 'named_tuple': lambda: Point(1, 2), 'complex': lambda: 1j,
    'datetime': lambda: dt.datetime(2020, 2, 29, 23, 59, 58, 123456), 'datetime_whole': lambda: dt.datetime(2020, 2, 29, 23, 59, 58),
    'datetime_offset': lambda: dt.datetime(2020, 2, 29, 23, 59, 58, tzinfo=Hours()), 'date': lambda: dt.date(2020, 2, 29),
    'time': lambda: dt.time(23, 59, 58, 5), 'timedelta': lambda: dt.timedelta(1, 2, 3), 'decimal': lambda: decimal.Decimal('1.10'),
    'uuid': lambda: uuid.UUID('12345678-1234-5678-1234-567812345678'), 'object': Plain, 'class': lambda: Plain,
    'lookalike': lambda: {'exc_type': 'ValueError'}, 'deep_100': lambda: deep(100), 'exception': lambda: ValueError('returned', 1),
}


# -------------------------------------------------------------- exceptions
class CustomError(Exception):
    pass


class TwoArgInit(Exception):
    """args differ from the __init__ signature, so it does not round trip."""

    def __init__(self, code, detail):
        self.code, self.detail = code, detail
        super(TwoArgInit, self).__init__('%s: %s' % (code, detail))


class ValueTwoArg(ValueError):
    def __init__(self, code, detail):
        super(ValueTwoArg, self).__init__('%s: %s' % (code, detail))


class WithState(Exception):
    def __init__(self, message):
        super(WithState, self).__init__(message)
        self.hint = {'retry': True}


class Outer(object):
    class InnerError(Exception):
        pass


def raise_local():
    class LocalError(Exception):
        pass
    raise LocalError('local', 1)


def raise_context():
    try:
        1 / 0
    except ZeroDivisionError:
        raise RuntimeError('during handling')


def _r(e):
    raise e


EXCS = {
    'value_error': lambda: _r(ValueError('x')), 'key_error': lambda: _r(KeyError('k')), 'no_args': lambda: _r(ValueError()),
    'many_args': lambda: _r(ValueError('a', 2, None, [1, 'b'], {'k': 'v'}, 1.5)), 'tuple_arg': lambda: _r(ValueError((1, 2))),
    'native_text': lambda: _r(ValueError(str('native'))), 'unicode': lambda: _r(ValueError('zażółć ☃ 😀')),
    'bytes_utf8': lambda: _r(ValueError('zażółć'.encode('utf-8'))), 'bytes_arg': lambda: _r(ValueError(b'\xff\x00')),
    'custom_args': lambda: _r(CustomError('msg', 42, {'k': [1, 2]})), 'two_arg_init': lambda: _r(TwoArgInit(404, 'nope')),
    'value_two_arg_init': lambda: _r(ValueTwoArg(404, 'nope')), 'with_state': lambda: _r(WithState('w')),
    'nested_class': lambda: _r(Outer.InnerError('in')), 'local_class': raise_local, 'context': raise_context,
    'lambda_arg': lambda: _r(ValueError('has lambda', lambda: 1)), 'lock_arg': lambda: _r(CustomError('has lock', threading.Lock())),
    'set_arg': lambda: _r(ValueError({1})), 'class_arg': lambda: _r(ValueError(CustomError)),
    'datetime_arg': lambda: _r(ValueError(dt.datetime(2020, 1, 2, 3, 4, 5))), 'exception_arg': lambda: _r(ValueError(KeyError('inner'))),
    'os_error': lambda: io.open('/no/such/file'), 'unicode_decode': lambda: b'\xff'.decode('utf-8'),
    'zero_div': lambda: 1 / 0, 'multiline': lambda: _r(ValueError('line1\nline2')),
}


# ------------------------------------------------------------------- tasks
@app.task
def value(case):
    return VALUES[case]()


@app.task
def fail(case):
    return EXCS[case]()


@app.task
def add(x, y):
    return x + y


@app.task
def tsum(xs):
    return sum(xs)


@app.task
def boom(*a):
    raise ValueError('boom')


@app.task(bind=True, max_retries=5)
def retrying(self, exc=None):
    raise self.retry(exc=exc and ValueError(exc), countdown=900)


@app.task(bind=True, max_retries=0)
def retry_exhausted(self):
    raise self.retry(exc=ValueError('last'))


@app.task(track_started=True)
def started():
    time.sleep(60)


@app.task(bind=True)
def custom_state(self, state, meta):
    self.update_state(state=state, meta=meta)
    raise Ignore()


@app.task(bind=True)
def custom_exc_state(self, state):
    self.update_state(state=state, meta=ValueError('set by update_state'))
    raise Ignore()


@app.task(soft_time_limit=1)
def soft_limit():
    time.sleep(20)


@app.task(time_limit=1)
def hard_limit():
    time.sleep(20)


@app.task
def spawn(n):
    return [add.delay(i, i).id for i in range(n)]


@app.task
def spawn_return_result():
    return add.delay(1, 2)


@app.task
def spawn_return_group():
    return group(add.s(i, 1) for i in range(2))()


# -------------------------------------------------------------------- view
def shown(v):
    """repr as Python 3 gives it."""
    if not PY2:
        return repr(v)
    if type(v) is bytes:
        try:
            v = v.decode('utf-8')
        except UnicodeDecodeError:
            return 'b' + repr(v).decode('ascii')
    if type(v) is type(''):
        quote = '"' if "'" in v and '"' not in v else "'"
        text = ''.join(c if ord(c) > 126 else c.encode('unicode_escape').decode('ascii') for c in v)
        return quote + (text.replace("'", "\\'") if quote == "'" else text) + quote
    if type(v) in (list, tuple):
        inner = ', '.join(shown(x) for x in v)
        return '[%s]' % inner if type(v) is list else '(%s%s)' % (inner, ',' if len(v) == 1 else '')
    if type(v) is dict:
        return '{%s}' % ', '.join('%s: %s' % (shown(k), shown(v[k])) for k in v)
    if isinstance(v, int) and type(v) is not bool or type(v).__name__ == 'long':
        return str(v).decode('ascii')
    return repr(v).decode('utf-8')


def text_of(e):
    if not PY2:
        return str(e)
    if type(e).__str__ == KeyError.__str__ and len(e.args) == 1:
        return shown(e.args[0])
    if type(e).__str__ == BaseException.__str__ and len(e.args) > 1:
        return shown(e.args)
    try:
        return type('')(e)
    except UnicodeError:
        return bytes(e).decode('utf-8', 'replace')


def enc(b):
    return b if b is None else {'b64': base64.b64encode(b).decode('ascii'), 'len': len(b)}


def jsonable(v):
    try:
        return {'kombu_json': json.dumps(v)}
    except Exception as e:
        return {'error': type(e).__name__}


def exc_view(e):
    kind = type(e)
    return {'qualname': getattr(kind, '__qualname__', kind.__name__), 'module': kind.__module__, 'args_repr': shown(e.args),
            'str': shown(text_of(e))}


def tup(r):
    return r.as_tuple() if isinstance(r, ResultBase) else r


def view(tid):
    a = Celery('legacy', broker=BROKER, backend=BACKEND, set_as_current=False)
    a.conf.update(SETTINGS)
    r = a.AsyncResult(tid)
    out = {'id': tid}
    try:
        v = r.result
        out['state'] = r.state
        out['result_repr'] = shown(v)
        if isinstance(v, BaseException):
            out['exception'] = exc_view(v)
        else:
            out['result_json'] = jsonable(v)
        out['traceback'] = r.traceback
        if isinstance(r.traceback, bytes):
            out['traceback'] = r.traceback.decode('utf-8', 'replace')
        out['children'] = None if r.children is None else [tup(c) for c in r.children]
        meta = r._get_task_meta()
        out['meta_keys'] = sorted(meta) if PY2 else list(meta)
        for k in ('parent_id', 'group_id', 'retries', 'queue', 'worker', 'name', 'task_id'):
            out[k] = meta.get(k)
        out['args_repr'], out['kwargs_repr'] = shown(meta.get('args')), shown(meta.get('kwargs'))
        out['date_done_raw'], out['date_done'] = meta.get('date_done'), str(r.date_done)
        out['flags'] = {'ready': r.ready(), 'successful': r.successful(), 'failed': r.failed(), 'exists': True}
    except Exception as e:
        return {'id': tid, 'view_raised': exc_view(e)}
    return out


# ------------------------------------------------------------------ driver
def is_held(v):
    """whether the serializer has the value; of those that it has not, one is enough."""
    try:
        kombu.serialization.dumps(v, SER)
    except Exception:
        return False
    return True


def wait_for(f, t=25):
    end = time.time() + t
    while time.time() < end:
        if f():
            return True
        time.sleep(0.05)
    return False


def scenarios(r1):
    import redis
    doc = {'meta': {'celery': celery.__version__, 'kombu': kombu.__version__, 'redis-py': redis.__version__,
                    'python': '%d.%d.%d' % sys.version_info[:3], 'result_serializer': SER, 'result_extended': EXT,
                    'result_compression': None, 'global_keyprefix': ''},
           'success': OrderedDict(), 'failure': OrderedDict(), 'states': OrderedDict(), 'canvas': OrderedDict()}

    def stored(tid):
        return r1.get(PREFIX + tid)

    def state(tid):
        try:
            return stored(tid) and app.AsyncResult(tid).state
        except Exception:
            return 'unreadable'

    def is_done(tid):
        return lambda: state(tid) in ('SUCCESS', 'FAILURE', 'REVOKED', 'unreadable')

    def case(part, name, tid, met):
        if not wait_for(met):
            sys.stderr.write('nothing stored: %s/%s %s\n' % (part, name, tid))
        # What cannot be pickled is stored again by the worker's main process, as another exception.
        before, seen = None, view(tid)
        while before != stored(tid):
            before = stored(tid)
            time.sleep(0 if part == 'success' else 0.3)
            seen = view(tid)
        doc[part][name] = {'redis': {'stored': enc(before), 'published': []}, 'view': seen}

    def cv(name, sig):
        before = set(r1.keys('*'))
        res = sig.apply_async()
        d = {'as_tuple': res.as_tuple()}
        try:
            d['get'] = {'returned_repr': shown(res.get(timeout=25))}
        except Exception as e:
            d['get'] = {'raised': exc_view(e)}
        wait_for(lambda: res.ready())
        time.sleep(0.4)
        if isinstance(res, GroupResult):
            res.save()
            d['group_key'] = {'stored': enc(r1.get('celery-taskset-meta-' + res.id))}
        keys = sorted(k.decode() for k in set(r1.keys('*')) - before if r1.type(k) == b'string' and k.startswith(PREFIX.encode()))
        d['redis'] = dict((k, {'value': enc(r1.get(k))}) for k in keys)
        d['views'] = OrderedDict((k[len(PREFIX):], view(k[len(PREFIX):])) for k in keys)
        doc['canvas'][name] = d

    # First, because a get() meets the messages of every task that was sent before it, unreadable ones too.
    cv('chain3', chain(add.s(1, 2), add.s(3), add.s(4)))
    cv('group3', group([add.s(i, i) for i in range(3)]))
    cv('chord', chord([add.s(1, 1), add.s(2, 2)], tsum.s()))
    cv('chain_fail_mid', chain(add.s(1, 2), boom.s(), add.s(4)))
    cv('group_of_chains', group([chain(add.s(1, 1), add.s(2)), chain(add.s(3, 3), add.s(4))]))

    for name in sorted(VALUES):
        if name != 'object' and not is_held(VALUES[name]()):
            continue
        tid = str(uuid.uuid3(uuid.NAMESPACE_OID, str('value ' + name)))
        value.apply_async((name,), task_id=tid)
        case('success', name, tid, is_done(tid))
    for name in sorted(EXCS):
        tid = str(uuid.uuid3(uuid.NAMESPACE_OID, str('exception ' + name)))
        fail.apply_async((name,), task_id=tid)
        case('failure', name, tid, is_done(tid))

    def st(name, res, met=None):
        case('states', name, res.id, met or is_done(res.id))

    def here(res):
        return lambda: stored(res.id) is not None

    res = retrying.delay('db down'); st('RETRY_with_exc', res, here(res))
    res = retrying.delay(); st('RETRY_no_exc', res, here(res))
    st('retry_exhausted', retry_exhausted.delay())
    res = started.delay(); st('STARTED', res, here(res))
    app.control.revoke(res.id, terminate=True); st('REVOKED_terminated', res)
    res = add.apply_async((1, 1), countdown=2); app.control.revoke(res.id); st('REVOKED_before_run', res)
    st('REVOKED_expired', add.apply_async((1, 1), expires=dt.datetime.utcnow() - dt.timedelta(seconds=5)))
    for name, meta in (('PROGRESS', {'done': 3}), ('CUSTOM', [1, 'ż']), ('lower', 'x'), ('FAILURE', {'not': 'an exception'}),
                       ('REVOKED', None)):
        res = custom_state.delay(name, meta); st('update_state_' + name, res, here(res))
    for name in ('FAILURE', 'RETRY'):
        res = custom_exc_state.delay(name); st('update_state_exc_' + name, res, here(res))
    st('soft_time_limit', soft_limit.delay())
    st('hard_time_limit', hard_limit.delay())
    st('not_registered', app.send_task('legacy.no_such_task', (1,)))
    st('bad_signature', app.send_task('legacy.add', (1,)))
    st('children_two', spawn.delay(2))
    st('returns_AsyncResult', spawn_return_result.delay())
    st('returns_GroupResult', spawn_return_group.delay())
    st('with_link_callback', add.apply_async((1, 1), link=add.s(10)))
    return doc


def run_one(path):
    import redis
    host, port = HOSTPORT.split(':')
    r0, r1 = redis.Redis(host, int(port), 0), redis.Redis(host, int(port), 1)
    r0.flushdb(), r1.flushdb()
    env = dict(os.environ, C_FORCE_ROOT='1', PYTHONDONTWRITEBYTECODE='1')
    with open(path + '.worker.log', 'w') as log:
        worker = subprocess.Popen([sys.executable, '-m', 'celery', '-A', 'legacy', 'worker', '--pool=prefork', '-c', '2', '-n',
                                   'golden@host', '-l', 'INFO', '--without-gossip', '--without-mingle'],
                                  cwd=HERE, env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: app.control.ping(timeout=0.3))
        doc = scenarios(r1)
    finally:
        worker.send_signal(signal.SIGTERM)
        wait_for(lambda: worker.poll() is not None, 15)
        if worker.poll() is None:
            worker.kill()
    with open(path, 'w') as f:
        json.dump(doc, f)


SETS = ('json-ext', 'json-noext', 'pickle-ext', 'yaml-ext', 'msgpack-ext')


def main():
    for name in sys.argv[1:] or SETS:
        ser, ext = name.split('-')
        path = os.path.join(OUT, '%s-py%d.%d-%s.json' % ((celery.__version__,) + sys.version_info[:2] + (name,)))
        env = dict(os.environ, GOLDEN_SER=str(ser), GOLDEN_EXT=str(int(ext == 'ext')),
                   PYTHONPATH=os.pathsep.join([HERE] + [p for p in os.environ.get('PYTHONPATH', '').split(os.pathsep) if p]),
                   PYTHONDONTWRITEBYTECODE='1')
        code = subprocess.call([sys.executable, '-c', str('import legacy; legacy.run_one(%r)' % str(path))], env=env, cwd=HERE)
        print('%s rc %s' % (path, code))


if __name__ == '__main__':
    main()

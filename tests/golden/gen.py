#!/usr/bin/env python3
"""Golden-fixture generator: real Celery app + real worker -> $GOLDEN_OUT/*.json, which compact.py
makes the checked-in files from.

Run:  GOLDEN_OUT=DIR python gen.py [json-ext json-noext json-ext-myapp]
      (needs celery[redis,msgpack,yaml] and a scratch redis on $GOLDEN_REDIS, which it flushes)
The same file is the module the worker imports (celery -A gen worker).
Config of one run comes from the environment:
  GOLDEN_SER   json|pickle|yaml|msgpack      GOLDEN_EXT 0|1
  GOLDEN_COMP  ''|gzip|bzip2|lzma            GOLDEN_PREFIX '' | text
  GOLDEN_REDIS host:port (default 127.0.0.1:6399)

Output <ser>-<ext|noext>[-<compression>][-<prefix>].json:
  meta     versions and settings of the run; drain_errors = what the sending process's own get() raised
  success/failure/states {case: {redis, view, source_repr}}, canvas {case: {as_tuple, parents, get, redis, views, group_key, restored}}
  redis    key, ttl, stored bytes, published payloads that differ from the stored one (older states), and
           whether the last publish equals the stored bytes. Bytes: {"b64"} or, above 16 KiB, {"zlib_b64", "len", "sha256"}
  view     what a fresh Python AsyncResult(id) says (state, result repr, exception, children, flags, get with propagate on/off);
           view_raised = reading the record raised in Python
"""
import base64, datetime as dt, decimal, enum, hashlib, json, math, os, signal, subprocess, sys
import threading, time, traceback, uuid, zlib

from celery import Celery, chain, chord, group, states
from celery.exceptions import (Ignore, MaxRetriesExceededError, Reject, SoftTimeLimitExceeded,
                               TaskRevokedError)
from celery.result import GroupResult, ResultBase, allow_join_result

SER = os.environ.get('GOLDEN_SER', 'json')
EXT = os.environ.get('GOLDEN_EXT', '1') == '1'
COMP = os.environ.get('GOLDEN_COMP', '') or None
PREFIX = os.environ.get('GOLDEN_PREFIX', '')
HOSTPORT = os.environ.get('GOLDEN_REDIS', '127.0.0.1:6399')
BROKER, BACKEND = f'redis://{HOSTPORT}/0', f'redis://{HOSTPORT}/1'
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.abspath(os.environ.get('GOLDEN_OUT', os.path.join(HERE, '../../target/golden')))

app = Celery('gen', broker=BROKER, backend=BACKEND)
app.conf.update(
    task_serializer='json', result_serializer=SER, result_extended=EXT,
    accept_content=['json', 'pickle', 'yaml', 'msgpack'],
    result_accept_content=['json', 'pickle', 'yaml', 'msgpack'],
    result_compression=COMP, worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1,
    task_acks_late=False,
)
if PREFIX:
    app.conf.result_backend_transport_options = {'global_keyprefix': PREFIX}


# ------------------------------------------------------------------ values
class Color(enum.IntEnum):
    RED = 1


class WithJson:
    def __json__(self):
        return {'via': '__json__'}


def deep(n):
    v = 'leaf'
    for i in range(n):
        v = [v] if i % 2 else {'k': v}
    return v


def big():
    row = {'id': 0, 'name': 'zażółć gęślą jaźń', 'tags': ['a', 'b', 'c'], 'f': 1.25, 'ok': True, 'n': None}
    return {'rows': [dict(row, id=i, sub={'x': [i, i + 1], 'y': {'z': 'q' * 24}}) for i in range(5200)]}


TZ2 = dt.timezone(dt.timedelta(hours=2))
VALUES = {
    'none': lambda: None, 'true': lambda: True, 'false': lambda: False,
    'int_zero': lambda: 0, 'int_neg': lambda: -42, 'int_2_31': lambda: 2**31, 'int_2_53p1': lambda: 2**53 + 1,
    'int_2_63': lambda: 2**63, 'int_2_64m1': lambda: 2**64 - 1, 'int_2_64p12345': lambda: 2**64 + 12345,
    'int_neg_2_63': lambda: -2**63, 'int_neg_2_63m1': lambda: -2**63 - 1, 'int_10_40': lambda: 10**40,
    'float_15': lambda: 1.5, 'float_01_02': lambda: 0.1 + 0.2, 'float_min': lambda: 5e-324,
    'float_max': lambda: 1.7976931348623157e308, 'float_1e16': lambda: 1e16, 'float_negzero': lambda: -0.0,
    'float_nan': lambda: math.nan, 'float_inf': lambda: math.inf, 'float_neginf': lambda: -math.inf,
    'str_empty': lambda: '', 'str_unicode': lambda: 'zażółć ☃ 😀 "q" \\ / \n\t\r\b\f \u2028\u2029 \x7f é',
    'str_nul': lambda: 'a\x00b', 'str_lone_surrogate': lambda: 'x\ud800y',
    'str_yamlish': lambda: 'yes', 'str_numberlike': lambda: '0123', 'str_multiline': lambda: 'a: b\n- c\n  d\n',
    'bytes_empty': lambda: b'', 'bytes_utf8': lambda: 'héllo'.encode(), 'bytes_bin': lambda: bytes(range(256)),
    'list_empty': lambda: [], 'dict_empty': lambda: {}, 'tuple': lambda: (1, 'two', (3,)), 'set': lambda: {1},
    'frozenset': lambda: frozenset(['a']), 'dict_nested': lambda: {'b': {'a': [1, 2, {'c': None}]}, 'a': 1, 'é': 'ü'},
    'dict_int_keys': lambda: {1: 'a', 2: 'b'}, 'dict_mixed_scalar_keys': lambda: {None: 0, True: 1, 1.5: 2, 'x': 3},
    'datetime_naive': lambda: dt.datetime(2024, 2, 29, 23, 59, 58),
    'datetime_naive_us': lambda: dt.datetime(2024, 2, 29, 23, 59, 58, 123456),
    'datetime_utc': lambda: dt.datetime(2024, 2, 29, 23, 59, 58, 1, tzinfo=dt.timezone.utc),
    'datetime_p2': lambda: dt.datetime(2024, 2, 29, 23, 59, 58, tzinfo=TZ2), 'date': lambda: dt.date(2024, 2, 29),
    'time': lambda: dt.time(23, 59, 58, 5), 'time_tz': lambda: dt.time(23, 59, 58, tzinfo=TZ2),
    'timedelta': lambda: dt.timedelta(days=1, seconds=2, microseconds=3),
    'decimal': lambda: decimal.Decimal('1.10'), 'decimal_nan': lambda: decimal.Decimal('NaN'),
    'uuid': lambda: uuid.UUID('12345678-1234-5678-1234-567812345678'),
    'int_enum': lambda: Color.RED, 'has___json__': lambda: WithJson(),
    'mixed_typed': lambda: {'when': dt.datetime(2020, 1, 1), 'amt': [decimal.Decimal('0.1')], 'raw': b'\xff\xfe'},
    'lookalike_unknown': lambda: {'__type__': 'nope', '__value__': 1},
    'lookalike_known': lambda: {'__type__': 'date', '__value__': '2020-01-02'},
    'lookalike_extra': lambda: {'__type__': 'date', '__value__': '2020-01-02', 'x': 1},
    'lookalike_jsonpickle': lambda: {'py/object': 'os.system'},
    'deep_200': lambda: deep(200), 'deep_120': lambda: deep(120), 'payload_1mb': big,
    'exception_as_value': lambda: ValueError('returned not raised'),
    'looks_like_failure': lambda: {'exc_type': 'ValueError', 'exc_message': ['x'], 'exc_module': 'builtins'},
}


# -------------------------------------------------------------- exceptions
class CustomError(Exception):
    pass


class TwoArgInit(Exception):
    """args differ from the __init__ signature, so it does not round trip."""

    def __init__(self, code, detail):
        self.code, self.detail = code, detail
        super().__init__(f'{code}: {detail}')


class ValueTwoArg(ValueError):
    def __init__(self, code, detail):
        super().__init__(f'{code}: {detail}')


class Outer:
    class InnerError(Exception):
        pass


def _raise_local():
    class LocalError(Exception):
        pass
    raise LocalError('local', 1)


def _raise_cause():
    try:
        {}['missing']
    except KeyError as e:
        raise RuntimeError('outer') from e


def _raise_context():
    try:
        1 / 0
    except ZeroDivisionError:
        raise RuntimeError('during handling')


def _r(e):
    raise e


EXCS = {
    'value_error': lambda: _r(ValueError('x')), 'key_error': lambda: _r(KeyError('k')),
    'no_args': lambda: _r(ValueError()), 'many_args': lambda: _r(ValueError('a', 2, None, [1, 'b'], {'k': 'v'}, 1.5)),
    'tuple_arg': lambda: _r(ValueError((1, 2))), 'custom_args': lambda: _r(CustomError('msg', 42, {'k': [1, 2]})),
    'custom_two_arg_init': lambda: _r(TwoArgInit(404, 'nope')), 'value_two_arg_init': lambda: _r(ValueTwoArg(404, 'nope')),
    'nested_class': lambda: _r(Outer.InnerError('in')), 'local_class': _raise_local,
    'nonserialisable_arg': lambda: _r(ValueError('has object', Color)),
    'unpicklable_arg_lambda': lambda: _r(ValueError('has lambda', lambda: 1)),
    'unpicklable_arg_lock': lambda: _r(CustomError('has lock', threading.Lock())),
    'set_arg': lambda: _r(ValueError({1})), 'bytes_arg': lambda: _r(ValueError(b'\xff\x00')),
    'datetime_arg': lambda: _r(ValueError(dt.datetime(2024, 1, 2, 3, 4, 5))), 'uuid_arg': lambda: _r(ValueError(uuid.UUID(int=5))),
    'exception_arg': lambda: _r(ValueError(KeyError('inner'))), 'unicode': lambda: _r(ValueError('zażółć ☃ 😀')),
    'lone_surrogate': lambda: _r(ValueError('x\ud800y')), 'multiline': lambda: _r(ValueError('line1\nline2')),
    'long_message': lambda: _r(ValueError('m' * 5000)), 'cause': _raise_cause, 'context': _raise_context,
    'exception_group': lambda: _r(ExceptionGroup('grp', [ValueError('a'), ExceptionGroup('sub', [TypeError(1)])])),
    'os_error': lambda: open('/no/such/file'), 'unicode_decode': lambda: b'\xff'.decode('utf-8'),
    'json_decode': lambda: json.loads('{'), 'zero_div': lambda: 1 / 0, 'assertion': lambda: _r(AssertionError('no')),
    'stop_iteration': lambda: _r(StopIteration(3)), 'system_like_name': lambda: _r(TimeoutError('builtin')),
    'task_revoked_error': lambda: _r(TaskRevokedError('revoked')), 'soft_time_limit_raised': lambda: _r(SoftTimeLimitExceeded()),
    'max_retries': lambda: _r(MaxRetriesExceededError('give up')), 'nan_arg': lambda: _r(ValueError(math.nan)),
    'bigint_arg': lambda: _r(ValueError(2**70)),
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
    return sum(x if isinstance(x, int) else sum(x) for x in xs)


@app.task
def boom(*a):
    raise ValueError('boom')


@app.task(bind=True, max_retries=5)
def retrying(self):
    try:
        raise ConnectionError('db down')
    except ConnectionError as e:
        raise self.retry(exc=e, countdown=900)


@app.task(bind=True, max_retries=5)
def retrying_noexc(self):
    raise self.retry(countdown=900)


@app.task(bind=True, max_retries=0)
def retry_exhausted(self):
    raise self.retry(exc=ValueError('last'))


@app.task(bind=True, track_started=True)
def started(self, secs=30):
    time.sleep(secs)
    return 'done'


@app.task(bind=True)
def sleeper(self, secs=30):
    time.sleep(secs)
    return 'slept'


@app.task(bind=True)
def progress(self):
    self.update_state(state='PROGRESS', meta={'done': 3, 'total': 10, 'note': 'ż'})
    time.sleep(1.0)
    return 'ok'


@app.task(bind=True)
def custom_state(self, state, meta):
    self.update_state(state=state, meta=meta)
    raise Ignore()


@app.task(bind=True)
def custom_exc_state(self, state):
    self.update_state(state=state, meta=ValueError('set by update_state'))
    raise Ignore()


@app.task
def ignore():
    raise Ignore()


@app.task
def reject():
    raise Reject('bad', requeue=False)


@app.task(ignore_result=True)
def ignored_result():
    return 1


@app.task(soft_time_limit=1)
def soft_limit():
    time.sleep(20)


@app.task(time_limit=1)
def hard_limit():
    time.sleep(20)


@app.task
def die():
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(bind=True)
def spawn(self, n=2):
    return [add.delay(i, i).id for i in range(n)]


@app.task(bind=True)
def spawn_return_result(self):
    return add.delay(1, 2)


@app.task(bind=True)
def spawn_return_group(self):
    return group(add.s(i, 1) for i in range(2))()


@app.task
def get_inside():
    return add.delay(1, 1).get(timeout=3)


@app.task
def get_inside_allowed():
    with allow_join_result():
        return add.delay(1, 1).get(timeout=10)


# ------------------------------------------------------------------ driver
def enc(b):
    if b is None:
        return None
    if isinstance(b, str):
        b = b.encode()
    if len(b) > 16384:
        return {'zlib_b64': base64.b64encode(zlib.compress(b, 9)).decode(), 'len': len(b),
                'sha256': hashlib.sha256(b).hexdigest()}
    return {'b64': base64.b64encode(b).decode(), 'len': len(b)}


def jsonable(v):
    """plain JSON of a Python value or None if there is none that is exact."""
    try:
        if len(repr(v)) > 20000:
            return {'omitted': 'large', 'repr_sha256': hashlib.sha256(repr(v).encode('utf-8', 'surrogatepass')).hexdigest()}
        from kombu.utils.json import dumps
        return {'kombu_json': dumps(v)}
    except Exception as e:
        return {'error': f'{type(e).__name__}: {e}'[:300]}


def srepr(v, n=4000):
    s = repr(v)
    return s if len(s) <= n else s[:200] + f'...<{len(s)} chars>'


def exc_view(e):
    d = {'type': type(e).__name__, 'qualname': type(e).__qualname__, 'module': type(e).__module__,
         'args_repr': srepr(e.args), 'str': srepr(str(e)), 'mro': [c.__module__ + '.' + c.__qualname__ for c in type(e).__mro__[:6]]}
    return d


def safe(f):
    try:
        return f()
    except Exception as e:
        return {'raised': f'{type(e).__name__}: {e}'}


def tup(r):
    return r.as_tuple() if isinstance(r, ResultBase) else r


def fresh_app():
    """a reader with no subscriptions: one undecodable message on a channel the
    process is subscribed to would otherwise raise in an unrelated get()."""
    a = Celery('gen', broker=BROKER, backend=BACKEND, set_as_current=False)
    a.conf.update({k: app.conf[k] for k in ('result_serializer', 'result_extended', 'accept_content', 'result_accept_content')})
    if PREFIX:
        a.conf.result_backend_transport_options = {'global_keyprefix': PREFIX}
    return a


def view(tid):
    a = fresh_app()
    try:
        return _view(a, tid)
    finally:
        a.backend.result_consumer.stop()
        a.backend.client.connection_pool.disconnect()


def _view(app, tid):
    r = app.AsyncResult(tid)
    out = {'id': tid}
    try:
        out['state'] = r.state
        v = r.result
        out['result_repr'] = srepr(v)
        out['result_type'] = type(v).__module__ + '.' + type(v).__qualname__
        if isinstance(v, BaseException):
            out['exception'] = exc_view(v)
        else:
            out['result_json'] = jsonable(v)
        out['traceback'] = r.traceback
        out['children'] = None if r.children is None else [tup(c) for c in r.children]
        meta = r._get_task_meta()
        out['meta_keys'] = list(meta)
        for k in ('parent_id', 'group_id', 'retries', 'queue', 'worker', 'name', 'task_id'):
            out[k] = meta.get(k)
        out['args_repr'], out['kwargs_repr'] = srepr(r.args), srepr(r.kwargs)
        out['date_done_raw'], out['date_done'] = meta.get('date_done'), str(r.date_done)
        out['flags'] = {'ready': r.ready(), 'successful': r.successful(), 'failed': r.failed(), 'exists': r.exists()}
    except Exception as e:
        out['view_raised'] = exc_view(e)
        return out
    for prop in (True, False):
        r2 = app.AsyncResult(tid)
        try:
            out[f'get_propagate_{prop}'.lower()] = {'returned_repr': srepr(r2.get(timeout=0.2, propagate=prop))}
        except Exception as e:
            out[f'get_propagate_{prop}'.lower()] = {'raised': exc_view(e)}
    return out


class Tap(threading.Thread):
    """records every PUBLISH on the result channels."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.ps = client.pubsub(ignore_subscribe_messages=True)
        self.ps.psubscribe(PREFIX_ENC() + '*')
        self.seen = {}

    def run(self):
        while True:
            m = self.ps.get_message(timeout=1)
            if m is None:
                continue
            if m["type"] == "pmessage":
                self.seen.setdefault(m['channel'].decode(), []).append(m['data'])


def PREFIX_ENC():
    return app.backend.task_keyprefix.decode()


def run_one():
    import redis
    host, port = HOSTPORT.split(':')
    r0, r1 = redis.Redis(host, int(port), 0), redis.Redis(host, int(port), 1)
    r0.flushdb(), r1.flushdb()
    tap = Tap(r1)
    tap.start()
    env = dict(os.environ, C_FORCE_ROOT='1', PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE='1')
    log = open(os.path.join(OUT, f'worker_{SER}_{int(EXT)}.log'), 'w')
    w = subprocess.Popen([sys.executable, '-m', 'celery', '-A', 'gen', 'worker', '--pool=prefork', '-c', '2',
                          '-n', 'golden@host', '-l', 'INFO', '--without-gossip', '--without-mingle'],
                         cwd=HERE, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(100):
            if app.control.ping(timeout=0.3):
                break
        out = scenarios(r1, tap, os.environ.get('GOLDEN_SUBSET') == '1')
    finally:
        w.send_signal(signal.SIGTERM)
        try:
            w.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(w.pid, signal.SIGKILL)
            w.wait()
    return out


def raw(r1, tap, tid, pfx=None):
    key = (pfx or PREFIX_ENC()) + tid
    val = r1.get(key)
    pubs = tap.seen.get(key, [])
    return {'key': key, 'stored': enc(val), 'ttl': r1.ttl(key), 'n_published': len(pubs),
            'last_published_equals_stored': bool(pubs) and pubs[-1] == val,
            'published': [enc(p) for p in pubs if p != val]}


def wait_for(f, t=25):
    end = time.time() + t
    while time.time() < end:
        if f():
            return True
        time.sleep(0.05)
    return False


def scenarios(r1, tap, subset):
    from celery import __version__
    import kombu, redis
    doc = {'meta': {'celery': __version__, 'kombu': kombu.__version__, 'redis-py': redis.__version__,
                    'python': sys.version.split()[0], 'result_serializer': SER, 'result_extended': EXT,
                    'result_compression': COMP, 'global_keyprefix': PREFIX},
           'success': {}, 'failure': {}, 'states': {}, 'canvas': {}}

    def ready(res, t=25):
        return wait_for(lambda: r1.exists(PREFIX_ENC() + res.id) and app.AsyncResult(res.id).ready(), t)

    small = ['none', 'int_neg', 'float_15', 'str_unicode', 'dict_nested', 'datetime_utc', 'bytes_bin', 'list_empty']
    sent = {c: value.apply_async((c,), task_id=f'00000000-0000-4000-8000-{i:012d}')
            for i, c in enumerate(VALUES) if not subset or c in small}
    for c, res in sent.items():
        tid = res.id
        wait_for(lambda: r1.exists(PREFIX_ENC() + tid))
        doc['success'][c] = dict(source_repr=srepr(VALUES[c]()), redis=raw(r1, tap, tid), view=view(tid))
    sent = {c: fail.apply_async((c,), task_id=f'00000000-0000-4000-9000-{i:012d}')
            for i, c in enumerate(EXCS) if not subset or c in ('value_error', 'cause')}
    for c, res in sent.items():
        tid = res.id
        wait_for(lambda: r1.exists(PREFIX_ENC() + tid))
        doc['failure'][c] = dict(redis=raw(r1, tap, tid), view=view(tid))

    S = doc['states']

    def st(name, res, cond=None, t=25):
        tid = res if isinstance(res, str) else res.id
        ok = wait_for(cond, t) if cond else True
        S[name] = dict(condition_met=ok, redis=raw(r1, tap, tid), view=view(tid))

    def has(tid):
        return lambda: r1.exists(PREFIX_ENC() + tid)

    st('PENDING_unknown', str(uuid.UUID(int=7)))
    if not subset:
        res = retrying.delay(); st('RETRY', res, has(res.id))
        res = retrying_noexc.delay(); st('RETRY_noexc', res, has(res.id))
        res = retry_exhausted.delay(); st('retry_exhausted_FAILURE', res, has(res.id))
        res = started.delay(30); st('STARTED', res, has(res.id))
        app.control.revoke(res.id, terminate=True)
        st('REVOKED_terminated', res, lambda: app.AsyncResult(res.id).state == 'REVOKED')
        res = progress.delay(); st('PROGRESS_custom', res, has(res.id))
        st('PROGRESS_then_SUCCESS', res, lambda: ready(res))
        res = sleeper.apply_async((1,), countdown=600); time.sleep(0.5)
        app.control.revoke(res.id); st('REVOKED_before_run', res, has(res.id))
        u = str(uuid.UUID(int=99)); app.control.revoke(u); st('REVOKED_unknown_id', u, has(u), 5)
        res = add.apply_async((1, 1), expires=dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=5))
        st('REVOKED_expired', res, has(res.id), 8)
        res = ignore.delay(); st('Ignore_raised', res, has(res.id), 2)
        res = reject.delay(); st('Reject_raised', res, has(res.id), 2)
        res = ignored_result.delay(); st('ignore_result_true', res, has(res.id), 2)
        for s, m in (('IGNORED', {'a': 1}), ('RECEIVED', None), ('PENDING', {'z': 1}), ('REJECTED', None), ('CUSTOM', [1, 2]),
                     ('SUCCESS', {'early': True}), ('FAILURE', {'not': 'an exception'}), ('REVOKED', None), ('RETRY', 'text'), ('lower', 'x')):
            res = custom_state.delay(s, m); st(f'update_state_{s}', res, has(res.id), 5)
        for s in ('FAILURE', 'RETRY', 'REVOKED', 'PROGRESS'):
            res = custom_exc_state.delay(s); st(f'update_state_exc_{s}', res, has(res.id), 5)
        res = soft_limit.delay(); st('soft_time_limit', res, lambda: ready(res))
        res = hard_limit.delay(); st('hard_time_limit', res, lambda: ready(res))
        res = die.delay(); st('worker_lost', res, lambda: ready(res), 30)
        res = app.send_task('gen.no_such_task', (1,)); st('not_registered', res, has(res.id), 5)
        res = app.send_task('gen.add', (1,)); st('bad_signature_TypeError', res, lambda: ready(res))
        res = get_inside.delay(); st('get_inside_task', res, lambda: ready(res))
        res = get_inside_allowed.delay(); st('get_inside_task_allowed', res, lambda: ready(res))
    res = spawn.delay(2); st('children_two', res, lambda: ready(res))
    res = spawn_return_result.delay(); st('returns_AsyncResult', res, lambda: ready(res))
    res = spawn_return_group.delay(); st('returns_GroupResult', res, lambda: ready(res))
    res = add.apply_async((1, 1), link=add.s(10)); st('with_link_callback', res, lambda: ready(res))
    res = app.send_task('gen.value', ('none',), {}, task_id='custom-id/with:odd chars é'); st('odd_task_id', res, lambda: ready(res))

    # drain what this process is subscribed to: the undecodable payloads among
    # the success cases would otherwise surface in the first canvas get().
    quiet = 0
    while quiet < 4:
        try:
            app.AsyncResult('drain').get(timeout=0.5)
        except app.AsyncResult.TimeoutError:
            quiet += 1
        except Exception as e:
            quiet = 0
            doc['meta'].setdefault('drain_errors', []).append(exc_view(e))
    C = doc['canvas']

    def cv(name, sig, save=True, t=25, prop=True):
        before = set(r1.keys('*'))
        res = sig.apply_async() if hasattr(sig, 'apply_async') else sig
        d = {'type': type(res).__name__, 'as_tuple': res.as_tuple(), 'as_list': safe(lambda: res.as_list()),
             'repr': repr(res), 'id': res.id}
        p, node = [], res.parent
        while node is not None:
            p.append({'type': type(node).__name__, 'id': node.id})
            node = node.parent
        d['parents'] = p
        try:
            d['get'] = {'returned_repr': repr(res.get(timeout=t, propagate=prop))}
        except Exception as e:
            d['get'] = {'raised': exc_view(e)}
        time.sleep(0.4)
        if isinstance(res, GroupResult) and save:
            res.save()
            d['group_key'] = raw(r1, tap, res.id, app.backend.group_keyprefix.decode())
            back = GroupResult.restore(res.id, app=app)
            d['restored'] = {'repr': repr(back), 'as_tuple': back.as_tuple(), 'equal': back == res}
        d['redis'] = {}
        for k in sorted(set(r1.keys('*')) - before):
            typ = r1.type(k).decode()
            if typ == 'string':
                d['redis'][k.decode()] = {'type': typ, 'ttl': r1.ttl(k), 'value': enc(r1.get(k))}
            else:
                d['redis'][k.decode()] = {'type': typ, 'ttl': r1.ttl(k)}
        d['views'] = {k[len(PREFIX_ENC()):]: view(k[len(PREFIX_ENC()):]) for k in d['redis'] if k.startswith(PREFIX_ENC())}
        C[name] = d

    cv('chain3', chain(add.s(1, 2), add.s(3), add.s(4)))
    cv('group3', group(add.s(i, i) for i in range(3)))
    cv('chord', chord([add.s(1, 1), add.s(2, 2)], tsum.s()))
    if not subset:
        cv('chain_fail_mid', chain(add.s(1, 2), boom.s(), add.s(4)))
        cv('group_empty', group([]))
        cv('group_single', group([add.s(1, 1)]))
        cv('group_with_failure', group(add.s(1, 1), boom.s()))
        cv('group_with_failure_noprop', group(add.s(1, 1), boom.s()), prop=False)
        cv('group_of_groups', group(group(add.s(1, 1), add.s(2, 2)), group(add.s(3, 3), add.s(4, 4))))
        cv('group_of_chains', group(chain(add.s(1, 1), add.s(2)), chain(add.s(3, 3), add.s(4))))
        cv('group_of_chain_of_group', group(chain(add.s(1, 1), group(add.s(1), add.s(2))), add.s(9, 9)))
        cv('chain_group_tail', chain(add.s(1, 1), group(add.s(1), add.s(2))))
        cv('chain_group_middle', chain(add.s(1, 1), group(add.s(1), add.s(2)), tsum.s()))
        cv('chord_fail', chord([add.s(1, 1), boom.s()], tsum.s()))
        cv('chord_nested_group_header', chord(group(group(add.s(1, 1), add.s(2, 2)), add.s(3, 3)), tsum.s()))
        cv('chord_chain_header', chord([chain(add.s(1, 1), add.s(1)), add.s(2, 2)], tsum.s()))
        cv('chord_body_chain', chord([add.s(1, 1), add.s(2, 2)], chain(tsum.s(), add.s(100))))
        cv('chord_in_chain', chain(add.s(1, 1), chord([add.s(1), add.s(2)], tsum.s()), add.s(1000)))
    return doc


RUNS = [('json', '1', '', '', 0), ('json', '0', '', '', 0), ('pickle', '1', '', '', 0), ('yaml', '1', '', '', 0),
        ('msgpack', '1', '', '', 0), ('json', '1', 'gzip', '', 1), ('json', '1', 'bzip2', '', 1), ('json', '1', 'lzma', '', 1),
        ('json', '1', '', 'myapp', 1), ('pickle', '0', 'gzip', 'p:', 1)]


def main():
    os.makedirs(OUT, exist_ok=True)
    only = sys.argv[1:]
    for ser, ext, comp, pfx, subset in RUNS:
        name = '-'.join(x for x in (ser, 'ext' if ext == '1' else 'noext', comp, pfx.strip(':')) if x)
        if only and name not in only:
            continue
        env = dict(os.environ, GOLDEN_SER=ser, GOLDEN_EXT=ext, GOLDEN_COMP=comp, GOLDEN_PREFIX=pfx,
                   GOLDEN_SUBSET=str(subset), PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE='1')
        code = ("import gen,json;d=gen.run_one();"
                f"json.dump(d,open({os.path.join(OUT, name + '.json')!r},'w'),indent=1,ensure_ascii=True)")
        t = time.time()
        p = subprocess.run([sys.executable, '-c', code], env=env, cwd=HERE)
        print(name, 'rc', p.returncode, f'{time.time() - t:.0f}s', flush=True)


if __name__ == '__main__':
    main()

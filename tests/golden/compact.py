#!/usr/bin/env python3
"""What gen.py writes -> the checked-in json-*.json: minified, without what tests/golden.rs does not read.

Run:  python compact.py DIR     (DIR holds the json-*.json of gen.py; only the standard library is needed)

Output {"meta", "records": {case: {"stored", "published", "view"}}, "tuples": {case: {"as_tuple", "group_key", "get"}}}
  stored   the record's bytes as text (json is ASCII), or {"head", "row", "rows", "tail", "len"} for the
           1 MB record: head + rows times row joined by ", " (N and M in it: the row's number and the next) + tail
  view     Python's answers. Long reprs are {"start", "chars"}; `str` of an exception is plain text;
           lone surrogates in plain text are written out, as Python's log does; date_done_micros is since 1970
  get      what `get` gave right after the canvas ran: its repr, or the repr of the exception in {"raised"}
"""
import ast, base64, datetime as dt, hashlib, json, os, re, sys, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = ('json-ext', 'json-noext', 'json-ext-myapp')
KEEP = ('state', 'traceback', 'children', 'meta_keys', 'parent_id', 'group_id', 'retries', 'queue', 'worker',
        'name', 'task_id', 'date_done_raw', 'flags')
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def decode(blob):
    data = base64.b64decode(blob['b64']) if 'b64' in blob else zlib.decompress(base64.b64decode(blob['zlib_b64']))
    assert len(data) == blob['len']
    assert 'sha256' not in blob or hashlib.sha256(data).hexdigest() == blob['sha256']
    return data.decode('ascii')


def stored(blob):
    text = decode(blob)
    return recipe(text) if len(text) > 200000 else text


def recipe(text):
    """the rows of payload_1mb differ in their numbers only."""
    first, second = [text.index('{"id": %d, ' % i) for i in (0, 1)]
    row = text[first:second - 2]
    row = row.replace('"id": 0', '"id": N').replace('[0, 1]', '[N, M]')
    end = text.index(']}, "traceback"')
    made = {'head': text[:first], 'row': row, 'rows': json.loads(text)['result']['rows'][-1]['id'] + 1,
            'tail': text[end:], 'len': len(text)}
    rows = [row.replace('N,', f'{i},').replace('M]', f'{i + 1}]') for i in range(made['rows'])]
    assert made['head'] + ', '.join(rows) + made['tail'] == text
    return made


def plain(text):
    return text.encode('utf-8', 'backslashreplace').decode()


def long(text):
    cut = re.fullmatch(r'(.{200})\.\.\.<(\d+) chars>', text, re.S)
    return {'start': cut[1], 'chars': int(cut[2])} if cut else text


def exception(view):
    text = long(view['str'])
    # Of a long text only the start of its repr is known; it has the quote in front.
    text = plain(ast.literal_eval(text)) if isinstance(text, str) else {'start': text['start'][1:], 'chars': text['chars'] - 2}
    return {'class': view['qualname'], 'module': view['module'], 'args': long(view['args_repr']), 'str': text}


def shown(raised):
    args = raised['args_repr']
    return {'raised': raised['qualname'] + (args[:-2] + ')' if args.endswith(',)') else args)}


def compact(view):
    if 'view_raised' in view:
        raised = view['view_raised']
        return {'raised': raised['qualname'] + ': ' + plain(ast.literal_eval(raised['str']))}
    out = {k: view[k] for k in KEEP if view[k] not in (None, [])}
    if 'traceback' in out:
        out['traceback'] = plain(out['traceback'])
    if 'exception' in view:
        out['exception'] = exception(view['exception'])
    else:
        out['result'] = long(view['result_repr'])
        if 'kombu_json' in view['result_json']:
            out['json'] = view['result_json']['kombu_json']
    out['args'], out['kwargs'] = long(view['args_repr']), long(view['kwargs_repr'])
    if view['children'] == []:
        out['children'] = []
    if view['date_done'] != 'None':
        out['date_done_micros'] = (dt.datetime.fromisoformat(view['date_done']) - EPOCH) // dt.timedelta(microseconds=1)
    return out


def record(blob, published, view):
    out = {'stored': stored(blob), 'view': compact(view)}
    if published:
        out['published'] = [decode(p) for p in published]
    return out


def main():
    source, = sys.argv[1:]
    for name in SETS:
        with open(os.path.join(source, name + '.json')) as f:
            full = json.load(f)
        meta = {k: v for k, v in full['meta'].items() if k != 'drain_errors'}
        records, tuples = {}, {}
        for part in ('success', 'failure', 'states'):
            for case, c in full[part].items():
                if c['redis']['stored'] is not None:
                    records[f'{part}/{case}'] = record(c['redis']['stored'], c['redis']['published'], c['view'])
        for case, c in full['canvas'].items():
            for number, (tid, view) in enumerate(c['views'].items()):
                key, = [k for k in c['redis'] if k.endswith('celery-task-meta-' + tid)]
                records[f'canvas/{case}/{number}'] = record(c['redis'][key]['value'], [], view)
            raised = c['get'].get('raised')
            tuples[case] = {'as_tuple': c['as_tuple'], 'get': shown(raised) if raised else c['get']['returned_repr']}
            if 'group_key' in c:
                tuples[case]['group_key'] = decode(c['group_key']['stored'])
        with open(os.path.join(HERE, name + '.json'), 'w') as f:
            json.dump({'meta': meta, 'records': records, 'tuples': tuples}, f, separators=(',', ':'))
            f.write('\n')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""What gen.py and legacy.py write -> the checked-in sets of records: minified, without what main.rs does not read.

Run:  python compact.py DIR [OUT]     (DIR holds what gen.py or legacy.py wrote; only the standard library is needed)

Output {"meta", "records": {case: {"stored", "published", "view"}}, "tuples": {case: {"as_tuple", "group_key", "get"}}}
  stored   the record's bytes: {"zlib_b64", "len"} where they are many, else as text where they are ASCII, else {"b64"}
  view     Python's answers. Long reprs are {"start", "chars"}; `str` of an exception is plain text;
           a long traceback is as `stored`;
           lone surrogates in plain text are written out, as Python's log does; date_done_micros is since 1970
  get      what `get` gave right after the canvas ran: its repr, or the repr of the exception in {"raised"}
"""
import ast, base64, datetime as dt, hashlib, json, os, re, sys, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
KEEP = ('state', 'traceback', 'children', 'meta_keys', 'parent_id', 'group_id', 'retries', 'queue', 'worker',
        'name', 'task_id', 'date_done_raw', 'flags')
LONG = 1024
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def decode(blob):
    data = base64.b64decode(blob['b64']) if 'b64' in blob else zlib.decompress(base64.b64decode(blob['zlib_b64']))
    assert len(data) == blob['len']
    assert 'sha256' not in blob or hashlib.sha256(data).hexdigest() == blob['sha256']
    return data


def packed(data):
    return {'zlib_b64': base64.b64encode(zlib.compress(data, 9)).decode(), 'len': len(data)}


def stored(blob):
    data = decode(blob)
    if len(data) > LONG:
        return packed(data)
    return data.decode('ascii') if data.isascii() and b'\0' not in data else {'b64': base64.b64encode(data).decode()}


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
        text = plain(out['traceback'])
        out['traceback'] = text if len(text) < LONG else packed(text.encode())
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
        when = dt.datetime.fromisoformat(view['date_done'])
        # Old versions wrote no offset; it is UTC.
        when = when if when.tzinfo else when.replace(tzinfo=dt.timezone.utc)
        out['date_done_micros'] = (when - EPOCH) // dt.timedelta(microseconds=1)
    return out


def record(blob, published, view):
    out = {'stored': stored(blob), 'view': compact(view)}
    if published:
        out['published'] = [stored(p) for p in published]
    return out


def main():
    source, out = (sys.argv[1:] + [HERE])[:2]
    for name in sorted(name[:-5] for name in os.listdir(source) if name.endswith('.json')):
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
                tuples[case]['group_key'] = stored(c['group_key']['stored'])
        with open(os.path.join(out, name + '.json'), 'w') as f:
            json.dump({'meta': meta, 'records': records, 'tuples': tuples}, f, separators=(',', ':'))
            f.write('\n')


if __name__ == '__main__':
    main()

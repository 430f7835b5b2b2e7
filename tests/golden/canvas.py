#!/usr/bin/env python3
"""What Celery's own result classes say of every canvas of the sets -> canvas.json, legacy/canvas.json.

Run:  python tests/golden/canvas.py     (needs celery[yaml,msgpack]; the sets are those of gen.py and of legacy.py)

The records, and the saved groups, are those that the worker stored; they are put into a store in memory and
read back through `result_from_tuple`. Whether `get` gives what it gave when the canvas ran is checked on the way.

Output {set: {case: {"nodes": {path: answers}, "restored": answers of the restored group}}}
  path     how a result is reached from the canvas's: "result", "result.parent", "result.members[1].parent", ...
  answers  values and exceptions are given by their repr, a raised one as {"raised"}; "walk" is as in graph.json
"""
import base64
import json
import os
import zlib

from celery import Celery
from celery.result import GroupResult, result_from_tuple

from graph import known, walk

HERE = os.path.dirname(os.path.abspath(__file__))
ALL = ('json', 'pickle', 'yaml', 'msgpack')


def sets(folder):
    for name in sorted(os.listdir(os.path.join(HERE, folder))):
        if name.endswith('-ext.json') or '-ext-' in name or '-noext' in name:
            yield os.path.join(folder, name[:-5])


def stored(record):
    if isinstance(record, str):
        return record.encode()
    return base64.b64decode(record['b64']) if 'b64' in record else zlib.decompress(base64.b64decode(record['zlib_b64']))


def shown(ask):
    try:
        return repr(ask())
    except Exception as error:
        return {'raised': repr(error)}


def paths(path, result):
    yield path, result
    if result.parent:
        yield from paths(f'{path}.parent', result.parent)
    if isinstance(result, GroupResult):
        for index, member in enumerate(result.results):
            yield from paths(f'{path}.members[{index}]', member)


def answers(result):
    out = {
        'known': known(result),
        'as_tuple': result.as_tuple(),
        'ready': result.ready(),
        'successful': result.successful(),
        'failed': result.failed(),
        'get': shown(lambda: result.get(timeout=5)),
        'get without propagate': shown(lambda: result.get(timeout=5, propagate=False)),
        'children': result.children and [child.as_tuple() for child in result.children],
    }
    if isinstance(result, GroupResult):
        out['waiting'] = result.waiting()
        out['completed_count'] = result.completed_count()
        out['join'] = shown(lambda: result.join(timeout=5))
        out['join without propagate'] = shown(lambda: result.join(timeout=5, propagate=False))
        return out
    out['state'] = result.state
    out['walk'] = {key: value for key, value in walk(result, False).items() if key != 'dot'}
    out['collect'] = [[known(node), repr(value)] for node, value in result.collect(timeout=5, propagate=False)]
    out['get_leaf'] = shown(result.get_leaf)
    return out


def has_ended(case, full):
    """Old workers store nothing for the steps of a chain after one that failed; to wait for these has no end."""
    last, members = full['tuples'][case]['as_tuple']
    return members is not None or any(record['view'].get('task_id') == last[0] for record in full['records'].values())


def canvas(name, case, full):
    app = Celery(name, backend='cache+memory://', set_as_current=False)
    app.conf.update(result_serializer=full['meta']['result_serializer'], accept_content=ALL)
    backend, tuples = app.backend, full['tuples'][case]
    backend.client.cache.clear()
    for key, record in full['records'].items():
        if key.rsplit('/', 1)[0] == f'canvas/{case}':
            backend.set(backend.get_key_for_task(record['view']['task_id']), stored(record['stored']))
    root = result_from_tuple(tuples['as_tuple'], app)
    out = {'nodes': {path: answers(result) for path, result in paths('result', root)}}
    when_it_ran = 'get without propagate' if case.endswith('_noprop') else 'get'
    assert out['nodes']['result'][when_it_ran] == tuples['get'], (name, case)
    if 'group_key' in tuples:
        backend.set(backend.get_key_for_group(root.id), stored(tuples['group_key']))
        restored = GroupResult.restore(root.id, app=app)
        # A pickled group asks the store that it was pickled with.
        equal, restored = restored == root, result_from_tuple(restored.as_tuple(), app)
        out['restored'] = {'equal': equal, **answers(restored)}
    return out


def main():
    for folder in ('', 'legacy'):
        out = {}
        for name in sets(folder):
            # msgpack of Python 2 has bytes as ids, which Python 3 takes for other ids than the texts.
            if name == 'legacy/4.4.7-py2.7-msgpack-ext':
                continue
            with open(os.path.join(HERE, f'{name}.json')) as f:
                full = json.load(f)
            out[name] = {case: canvas(name, case, full) for case in full['tuples'] if has_ended(case, full)}
        with open(os.path.join(HERE, folder, 'canvas.json'), 'w') as f:
            json.dump(out, f, separators=(',', ':'))
            f.write('\n')


if __name__ == '__main__':
    main()

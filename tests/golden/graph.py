#!/usr/bin/env python3
"""What Celery's own `iterdeps` and `build_graph` make of the records below -> graph.json.

Run:  target/venv/bin/python tests/golden/graph.py     (with the environment that tests/setup makes)

Output {case: {"root": tuple form, "records": {id: [state, children]}, "walks": {"false"/"true" (intermediate): walk}}}
  walk   {"steps": [[parent, node], ...], "incomplete", "nodes", "edges", "dot"}; a result is ["task" or "group", id].
         Of an incomplete walk there are the steps only
Results that name each other in a circle are not here: Celery's walk of them has no end.
"""
import io
import json
import os

from celery import Celery
from celery.exceptions import IncompleteStream
from celery.result import GroupResult, result_from_tuple

HERE = os.path.dirname(os.path.abspath(__file__))


def task(name, parent=None):
    return [[name, parent], None]


def group(name, *members, parent=None):
    return [[name, parent], list(members)]


CASES = {
    'alone': (task('a'), {'a': ['SUCCESS', []]}),
    'children are null': (task('a'), {'a': ['REVOKED', None]}),
    'nothing is stored': (task('a'), {}),
    'a failure with children': (task('a'), {'a': ['FAILURE', [task('b')]], 'b': ['REVOKED', []]}),
    'chain': (task('a'), {'a': ['SUCCESS', [task('b', task('a'))]], 'b': ['SUCCESS', [task('c')]], 'c': ['SUCCESS', []]}),
    'tree': (task('a'), {'a': ['SUCCESS', [task('b'), task('c')]], 'b': ['SUCCESS', [task('d'), task('e')]],
                         'c': ['SUCCESS', [task('f')]], 'd': ['SUCCESS', []], 'e': ['SUCCESS', []], 'f': ['SUCCESS', []]}),
    'two ways to one leaf': (task('a'), {'a': ['SUCCESS', [task('b'), task('c')]], 'b': ['SUCCESS', [task('d')]],
                                         'c': ['SUCCESS', [task('d')]], 'd': ['SUCCESS', []]}),
    'the same leaf twice': (task('a'), {'a': ['SUCCESS', [task('b'), task('b')]], 'b': ['SUCCESS', []]}),
    'group': (task('a'), {'a': ['SUCCESS', [group('g', task('b'), task('c'), parent=task('a'))]],
                          'b': ['SUCCESS', []], 'c': ['FAILURE', [task('d')]], 'd': ['SUCCESS', []]}),
    'groups in groups': (task('a'), {'a': ['SUCCESS', [group('g', group('h', task('b')), task('c')), group('empty')]],
                                     'b': ['SUCCESS', []], 'c': ['SUCCESS', []]}),
    'a group and a task of one id': (task('a'), {'a': ['SUCCESS', [group('b', task('b'))]], 'b': ['SUCCESS', []]}),
    'a child is not ready': (task('a'), {'a': ['SUCCESS', [task('b'), task('c')]], 'b': ['STARTED', [task('never')]],
                                         'c': ['SUCCESS', [task('d')]], 'd': ['SUCCESS', []]}),
    'a member is not ready': (task('a'), {'a': ['SUCCESS', [group('g', task('b'), task('c')), task('d')]],
                                          'b': ['SUCCESS', []], 'd': ['SUCCESS', []]}),
    'ids of any kind': (task('root id/ż:1'), {'root id/ż:1': ['SUCCESS', [task("it's 'b' {0} %s")]],
                                              "it's 'b' {0} %s": ['SUCCESS', []]}),
}


def known(result):
    return result and ['group' if isinstance(result, GroupResult) else 'task', result.id]


def walk(root, intermediate):
    steps = []
    try:
        for parent, node in root.iterdeps(intermediate=intermediate):
            steps.append([known(parent), known(node)])
    except IncompleteStream:
        return {'steps': steps, 'incomplete': True}
    graph = root.build_graph(intermediate=intermediate)
    text = io.StringIO()
    graph.to_dot(text)
    nodes = list(graph)
    edges = [[nodes.index(a), nodes.index(b)] for a in nodes for b in graph[a]]
    return {'steps': steps, 'incomplete': False, 'nodes': [known(node) for node in nodes], 'edges': edges,
            'dot': text.getvalue()}


def main():
    out = {}
    for number, (name, (root, records)) in enumerate(CASES.items()):
        app = Celery(f'graph{number}', backend='cache+memory://', set_as_current=False)
        app.backend.client.cache.clear()
        for key, (state, children) in records.items():
            meta = {'status': state, 'result': None, 'traceback': None, 'children': children, 'date_done': None,
                    'task_id': key}
            app.backend.set(app.backend.get_key_for_task(key), app.backend.encode(meta))
        walks = {str(intermediate).lower(): walk(result_from_tuple(root, app), intermediate)
                 for intermediate in (False, True)}
        out[name] = {'root': root, 'records': records, 'walks': walks}
    with open(os.path.join(HERE, 'graph.json'), 'w') as f:
        f.write('{\n' + ',\n'.join(f'{json.dumps(name)}: {json.dumps(case)}' for name, case in out.items()) + '\n}\n')


if __name__ == '__main__':
    main()

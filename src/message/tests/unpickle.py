"""Reads pickles in hexadecimal, one a line, some of them in a zlib stream, and prints what Python makes of each as JSON,
which has one spelling for lists and tuples."""
import json
import pickle
import sys
import zlib

for line in sys.stdin:
    data = bytes.fromhex(line)
    print(json.dumps(pickle.loads(zlib.decompress(data) if data[:1] == b"x" else data), default=repr))

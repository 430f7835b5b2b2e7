"""Reads pickles in hexadecimal, one a line, and prints what Python makes of each."""
import pickle
import sys

for line in sys.stdin:
    print(ascii(pickle.loads(bytes.fromhex(line))))

"""Classes of an image take less RAM, and do what they did."""

import ast

import pytest
from lilong_simulator.fleet.classes import slim
from lilong_simulator.fleet.process import available
from micropython import run_micropython

LAMP = '''
class Lamp:
    """It shines.

    With all its might."""

    def __init__(self): self.level = 0
    def raise_to(self, level): self.level = level
    def lower_to(self, level): self.level = level


class Beacon(Lamp): BEAMS = 2; NAME = "beacon"


class Lantern(Lamp):
    KEEPS = 3
    def say(self): return self.KEEPS * 2


class Dark:
    def say(self): return 0
'''
SIZE = """
import gc
def size(text):
    code = compile(text, "", "exec")
    names = {}
    gc.collect()
    before = gc.mem_alloc()
    exec(code, names)
    gc.collect()
    return gc.mem_alloc() - before
"""


def test_classes_do_what_they_did_on_the_same_lines():
    slimmed = slim({"lilong.py": LAMP})["lilong.py"]
    names = {}
    exec(slimmed, names)
    assert slimmed.count("del __module__, __qualname__") == 3
    assert names["Lantern"]().say() == 6
    assert (names["Beacon"].BEAMS, names["Dark"]().say()) == (2, 0)
    trees = [ast.walk(ast.parse(text)) for text in (LAMP, slimmed)]
    lines = [[node.lineno for node in tree if isinstance(node, ast.FunctionDef)] for tree in trees]
    assert lines[0] == lines[1]


@pytest.mark.skipif(available() is not None, reason="no MicroPython")
def test_on_micropython_they_take_less():
    before, after = (SIZE + f"print(size({text!r}))" for text in (LAMP, slim({"lilong.py": LAMP})["lilong.py"]))
    assert int(run_micropython(after)) <= int(run_micropython(before)) - 2 * 32

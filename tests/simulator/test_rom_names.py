"""Names of a board: its own become words that the interpreter has in ROM, parameters share a few."""

import ast
import importlib.metadata
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.fleet.parameters import share_parameters
from lilong_simulator.fleet.rom_names import defined, lend
from lilong_simulator.fleet.rom_words import HARDWARE, WORDS

MODULES = ("lilong.py", "one.py", "other.py", "third.py")
OWN = tuple(f"own_{letter}" for letter in "abcdefgh")
ROM = ["seek", "bind", "__class__", "class", "tell"]


def test_a_name_of_ones_own_becomes_a_word_of_the_rom_in_all_modules():
    sources = {
        "lilong.py": "class Lamp:\n    def shine(self):\n        return 1\n",
        "late.py": "from lilong import Lamp\nLAMP = Lamp()\nLAMP.shine()\n",
    }
    lent = lend(sources, [*ROM, "listen"])
    assert lent["lilong.py"] == "class seek:\n    def bind(self):\n        return 1\n"
    assert lent["late.py"] == "from lilong import seek\ntell = seek()\ntell.bind()\n"


def test_modules_that_come_later_have_the_same_words_for_what_only_they_name():
    sources = {name: "def lamp():\n    return 1\nlamp()\n" for name in ("one.py", "other.py")}
    sources = {name: text.replace("lamp", f"lamp_of_{name[0]}") for name, text in sources.items()}
    lent = lend(sources, ["seek", "bind"])
    assert lent["one.py"] == lent["other.py"] == "def seek():\n    return 1\nseek()\n"


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(MODULES), st.sets(st.sampled_from(OWN), min_size=1), min_size=1), st.data())
def test_no_module_has_one_word_for_two_names_and_a_name_is_the_same_in_all(texts, data):
    words = [f"word{number}" for number in range(data.draw(st.integers(0, 2 * len(OWN))))]
    sources = {
        path: "".join(f"def {name}():\n    return 1\n" for name in sorted(names)) for path, names in texts.items()
    }
    lent = {path: re.findall(r"def (\w+)", text) for path, text in lend(sources, words).items()}
    became = {(name, new) for path, names in texts.items() for name, new in zip(sorted(names), lent[path], strict=True)}
    assert len({name for name, _ in became}) == len(became)
    assert all(len(set(names)) == len(names) for names in lent.values())
    if "lilong.py" in texts:  # all others may import from it
        core = dict(became)
        for path, names in texts.items():
            own = {core[name] for name in names - texts["lilong.py"]}
            assert own.isdisjoint(core[name] for name in texts["lilong.py"]), path


def test_what_belongs_to_others_keeps_its_name():
    source = (
        "import socket\n\n\ndef connect(readings, key):\n    readings.append(socket.socket())\n"
        "    readings.sort(key=key)\n    return main\n\n\ndef main():\n    pass\n"
    )
    lent = lend({"lilong.py": source}, ["seek", "bind"])["lilong.py"]
    assert lent == source.replace("readings", "seek")


def test_a_local_costs_nothing_and_keeps_its_name():
    source = "def main():\n    lamp = 1\n    return lamp\n"
    assert lend({"lilong.py": source}, ROM) == {"lilong.py": source}


def test_when_the_words_run_out_the_last_names_stay():
    source = "def a_lamp(): return 1\ndef b_lamp(): return 2\ndef c_lamp(): return 3\n"
    lent = lend({"lilong.py": source}, ["seek"])["lilong.py"]
    assert lent == source.replace("a_lamp", "seek")


def test_without_an_interpreter_nothing_is_lent():
    assert lend({"lilong.py": "def lamp(): return 1\n"}, []) == {"lilong.py": "def lamp(): return 1\n"}


FUNCTIONS = (
    "def f(a, b): return (lambda a, c=b: (a, b, c))(b)",
    "def f(a, b):\n def g(b, c):\n  return a, b, c\n return g(a, 3)",
    "def f(a, b): return [a for a in (b, 1)], {b: a for b in (1, a)}",
    "def f(a, b):\n def g():\n  nonlocal a\n  a = b\n g()\n return a",
    "def f(a, b):\n try: raise ValueError(a)\n except ValueError as a: return a.args, b",
    "def f(a, b, *c, d=4, **e): return a, b, c, d, e",
    "def f(a, b):\n class K:\n  x = a\n  def m(self, b): return self.x, b\n return K().m(b)",
    "def g(*, x, y): return x, y\ndef f(a, y): return g(x=a, y=y)",
    "def f(a, b):\n a, c = b, a\n del b\n return a, c",
    "b = 9\ndef f(a, c):\n global b\n b = a\n return a, b, c",
    "async def g(a): return a\ndef f(a, b):\n try: g(a).send(None)\n except StopIteration as e: return e.value, b",
    "def f(parameter_0, a): return parameter_0, a",
    "def f(a, join):\n from os.path import join\n return a, join('b', 'c')",
    "def f(a, join):\n if a == 1:\n  from os import sep as join\n return a, join",
)


@pytest.mark.parametrize("text", FUNCTIONS)
def test_a_function_does_the_same_whatever_its_parameters_are_called(text):
    shared = share_parameters({"lilong.py": text})["lilong.py"]
    before, after = {}, {}
    exec(text, before)
    exec(shared, after)
    assert "parameter_0" in shared
    assert after["f"](1, 2) == before["f"](1, 2)
    assert len(shared.splitlines()) == len(text.splitlines())


def test_a_name_of_a_module_that_is_not_in_the_image_stays():
    lent = lend({"lilong.py": "from lilong_boot import BOOTED\nclass Lamp:\n  BOOTED = 1\n"}, ["word"])["lilong.py"]
    assert "import BOOTED" in lent


def test_an_attribute_that_a_text_may_name_keeps_its_name():
    lent = lend({"lilong.py": "class Meter:\n  def current(self): return getattr(self, 'current')\n"}, ["word", "more"])
    assert "def current" in lent["lilong.py"]


def test_the_compiler_s_own_word_is_lent_to_nothing():
    assert "const" not in lend({"lilong.py": "def lamp(): return 1\n"}, ["const"])["lilong.py"]


def test_a_name_that_a_board_s_own_module_has_stays():
    """Its watchdog has a `feed` too."""
    text = "class Dog:\n  def __init__(self):\n    self._fed = 0\n  def feed(self):\n    self._fed = 1\n"
    lent = lend({"lilong.py": text}, ["word", "more", "most"], {"feed"})["lilong.py"]
    assert "def feed" in lent
    assert "class Dog" not in lent
    assert "_fed" not in lent


def test_the_names_of_the_boards_modules_are_those_of_their_stubs():
    """Whatever the firmware asks of a pin, a bus, a radio or a flash."""
    stubs = importlib.metadata.files("micropython-esp32-stubs") or []
    said = set(HARDWARE) | set(WORDS)
    for name in ("machine.pyi", "network.pyi", "cryptolib.pyi", "esp32.pyi", "vfs.pyi"):
        path = next(file for file in stubs if str(file) == name)
        known = {word for word in defined(path.read_text(encoding="utf-8")) if not word.startswith("_")}
        assert len(known) > 5, name
        assert known - {"self", "cls", "args", "kwargs"} <= said, name


CORE_OF_THREE = """# lamp.py:1
class Lamp:
  def __init__(self): self._level = 3
  def _dim(self): return self._level
  def shine(self): return self._dim()
# horn.py:1
class Horn:
  def __init__(self): self._pitch = 4
  def blow(self): return self._pitch
# beacon.py:1
class Beacon(Lamp):
  def __init__(self): Lamp.__init__(self); self._turns = 5
  def turn(self): return self._turns + self._level
def main(): return Lamp().shine(), Horn().blow(), Beacon().turn(), Beacon().shine()
"""


def test_classes_that_never_meet_have_the_same_words_for_what_is_their_own():
    rom = [f"word{number}" for number in range(9)]
    lent = lend({"lilong.py": CORE_OF_THREE}, rom)["lilong.py"]
    names = {}
    exec(lent, names)
    assert names["main"]() == (3, 4, 8, 3)
    assert "_pitch" not in lent
    attributes = {node.attr for node in ast.walk(ast.parse(lent)) if isinstance(node, ast.Attribute)}
    before = {node.attr for node in ast.walk(ast.parse(CORE_OF_THREE)) if isinstance(node, ast.Attribute)}
    assert len(attributes) == len(before) - 1


def test_what_another_part_says_of_an_object_is_nobodys_own():
    text = CORE_OF_THREE.replace("def main(): return", "def main(): return Lamp()._level, Horn()._pitch,")
    names = {}
    exec(lend({"lilong.py": text}, [f"word{number}" for number in range(99)])["lilong.py"], names)
    assert names["main"]() == (3, 4, 3, 4, 8, 3)

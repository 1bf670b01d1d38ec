"""Texts of a board in one text: each is cut out of it when it is needed."""

import sys
from types import ModuleType

from lilong_simulator.fleet.texts import CUT, pool_texts

LONG = "no channel of that name"


def run(sources, monkeypatch):
    """The modules by their names, as if imported in that order."""
    modules = {}
    for path, text in sources.items():
        module = modules[path] = ModuleType(path.removesuffix(".py"))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(text, path, "exec"), vars(module))
    return modules


def test_functions_of_any_module_say_what_they_said(monkeypatch):
    sources = {
        "lilong.py": f'def f(x=None):\n    """It says so."""\n    return "{LONG}" + (x or "a short one and\\n more")\n',
        "late.py": f'# late.py:1\nclass K:\n    def g(self): return ("{LONG}", "{LONG[:12]}", {{"key of many": 1}})\n',
    }
    pooled = pool_texts(sources)
    assert LONG not in pooled["late.py"]
    modules = run(pooled, monkeypatch)
    assert modules["lilong.py"].f() == LONG + "a short one and\n more"
    assert modules["late.py"].K().g() == (LONG, LONG[:12], {"key of many": 1})


def test_a_text_is_kept_once():
    pooled = pool_texts({"lilong.py": f'def f(): return "{LONG}"\ndef g(): return "{LONG}"\n'})
    assert pooled["lilong.py"].count(LONG) == 1


def test_what_is_short_or_evaluated_once_or_no_text_stays():
    source = (
        f'TEXT = "{LONG}"\ndef f(x="{LONG}"):\n    "{LONG}"\n'
        f'    return "short", b"{LONG}", "里弄里弄里弄里弄里弄里弄", f"{{x}} and so on"\n'
    )
    pooled = pool_texts({"lilong.py": source})
    assert pooled["lilong.py"].startswith(source)
    assert f"{CUT}(" not in pooled["lilong.py"].partition("def cut")[0]


def test_lines_keep_their_numbers():
    source = f'def f():\n    return ("{LONG}"\n        "{LONG}")\n\n\ndef g():\n    pass\n'
    lines = pool_texts({"lilong.py": source})["lilong.py"].splitlines()
    assert lines.index("def g():") == source.splitlines().index("def g():")


def test_without_a_core_nothing_is_done():
    assert pool_texts({"other.py": "pass\n"}) == {"other.py": "pass\n"}

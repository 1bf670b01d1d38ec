"""The modules of a board become one, in which every name means what it meant."""

import sys
from types import ModuleType

import pytest
from lilong_simulator.fleet import image
from lilong_simulator.fleet.bundle import CORE, BundleError, bundle, place
from lilong_simulator.fleet.strip import strip
from lilong_simulator.kinds import KINDS

MAIN = "app/main.py"

# What the modules are, beside an `app/main.py` whose `main()` is to give what it says.
PROGRAMS = {
    "private names of two modules": (
        {
            "app/a.py": "_x = 1\ndef f(): return _x",
            "app/b.py": "_x = 2\ndef g(): return _x",
            MAIN: "from .a import f\nfrom .b import g\n_x = 3\ndef main(): return f(), g(), _x",
        },
        (1, 2, 3),
    ),
    "a name under another name": (
        {"app/a.py": "A = 1", MAIN: "from .a import A as B\nA = 2\ndef main(): return A, B"},
        (2, 1),
    ),
    "a module": (
        {"lib/a.py": "A = 1\ndef f(x): return x + A", MAIN: "from lib import a\ndef main(): return a.f(a.A), a.A"},
        (2, 1),
    ),
    "a module under another name": (
        {"a.py": "A = 1", MAIN: "import a as b\ndef main(a=b.A): return a"},
        1,
    ),
    "a name that is passed on": (
        {
            "app/a.py": "A = 1",
            "app/b.py": "from .a import A as C",
            MAIN: "from .b import C as D\nfrom . import b\ndef main(): return D, b.C",
        },
        (1, 1),
    ),
    "an attribute and a method of that name": (
        {
            "app/a.py": "def put(x): return x",
            MAIN: "from .a import put\nclass K:\n def put(self): self.put_2 = put(5); return self.put_2\n"
            "def main(): return K().put()",
        },
        5,
    ),
    "a parameter of that name": (
        {"app/a.py": "A = 1", MAIN: "from . import a\ndef f(a): return a.real\ndef main(): return f(7), a.A"},
        (7, 1),
    ),
    "a local of that name": (
        {"app/a.py": "A = 1", MAIN: "from .a import A as B\ndef f():\n A = 5\n return A, B\ndef main(): return f()"},
        (5, 1),
    ),
    "a local of a function around": (
        {
            "app/a.py": "A = 1",
            MAIN: "from .a import A\ndef main():\n x = A\n def f(A=2):\n  def g(): return A\n  return g()\n"
            " return x, f()",
        },
        (1, 2),
    ),
    "a nonlocal": (
        {
            "app/a.py": "A = 1",
            MAIN: "from .a import A as B\ndef main():\n A = 1\n def f():\n  nonlocal A\n  A += B\n f()\n return A",
        },
        2,
    ),
    "a comprehension": (
        {"app/a.py": "A = (1, 2)", MAIN: "from .a import A\ndef main(): return [A for A in A], {A: x for x in A}"},
        ([1, 2], {(1, 2): 2}),
    ),
    "a lambda": (
        {"app/a.py": "A = 1", MAIN: "from .a import A\ndef main(): return (lambda A, B=A: (A, B))(3)"},
        (3, 1),
    ),
    "an exception": (
        {
            "app/a.py": "class E(ValueError): pass\ndef f(): raise E('no')",
            MAIN: "from .a import E as F, f\ndef main():\n try: f()\n except F as E: return str(E)",
        },
        "no",
    ),
    "a class body": (
        {"app/a.py": "A = 1", MAIN: "from .a import A as B\nclass K:\n A = B + 1\n C = A\ndef main(): return K.A, K.C"},
        (2, 2),
    ),
    "a global statement": (
        {
            "app/a.py": "n = 0\ndef count():\n global n\n n += 1\n return n",
            MAIN: "from .a import count\nn = 10\ndef main(): count(); return count(), n",
        },
        (2, 10),
    ),
    "a builtin's name that one module defines": (
        {"app/a.py": "def len(x): return 99", MAIN: "from . import a\ndef main(): return len('ab'), a.len('ab')"},
        (2, 99),
    ),
    "what is not in the image": (
        {
            "app/a.py": "import math\nfrom math import floor as f\ndef g(): return math.ceil(1.5) + f(1.5)",
            MAIN: "import math as m\nfrom math import floor\nfrom .a import g\nmath = 1\n"
            "def main(): return g(), m.ceil(0.5), floor(2.5), math",
        },
        (3, 1, 2, 1),
    ),
    "one thing or another": (
        {
            "app/a.py": "def _own(): return 1\ntry:\n from no_such_module import their as best\n"
            "except ImportError:\n best = _own",
            MAIN: "from .a import best\ndef main(): return best()",
        },
        1,
    ),
    "an import in a function": (
        {"a.py": "A = 1\ndef B(): return 2", MAIN: "import a\ndef main():\n from a import A, B as C\n return A, C()"},
        (1, 2),
    ),
    "a decorator, a default and a base": (
        {
            "app/a.py": "class K:\n x = 1\ndef d(f): return lambda: f() + 1",
            MAIN: "from . import a\nclass L(a.K): pass\n@a.d\ndef f(x=a.K.x): return x + L.x\ndef main(): return f()",
        },
        3,
    ),
    "module code in its order": (
        {
            "app/a.py": "log = ['a']",
            "app/b.py": "from .a import log\nlog.append('b')",
            "app/c.py": "from .a import log\nlog.append('c')",
            MAIN: "from .c import log\nfrom . import b\nlog.append(len(b.log))\ndef main(): return log",
        },
        ["a", "c", "b", 3],
    ),
}


def run(sources, monkeypatch):
    """What `main` of the core gives, with all other bundles to be had by import."""
    for path, text in sources.items():
        module = ModuleType(path.removesuffix(".py").replace("/", "."))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(text, path, "exec"), vars(module))
    return vars(sys.modules["lilong"])["main"]()


@pytest.mark.parametrize("what", sorted(PROGRAMS))
def test_the_same_is_meant_by(what, monkeypatch):
    sources, expected = PROGRAMS[what]
    bundled = bundle(sources, (MAIN,))
    assert set(bundled) == {CORE}
    assert run(bundled, monkeypatch) == expected


def test_what_is_imported_by_need_stays_a_module_with_what_only_it_needs(monkeypatch):
    sources = {
        "app/a.py": "A = 1",
        "app/helper.py": "from .a import A\ndef help(): return A + 1",
        "app/late.py": "from . import a\nfrom .helper import help\nimport math\nB = 3\n"
        "def f(x): return x, a.A, help(), B, math.pi > 3",
        "app/later.py": "from .helper import help\ndef f(x): return x, help()",
        "app/__init__.py": '"""Nothing to see."""',
        MAIN: "from .a import A\nimport math\nB = math.ceil(7.5)\ndef main():\n from .late import f\n return f(A + B)",
    }
    bundled = bundle(sources, (MAIN,))
    assert set(bundled) == {CORE, "app/late.py", "app/later.py"}
    assert bundled["app/late.py"].startswith("from lilong import A\n# app/helper.py:1\n")
    assert run(bundled, monkeypatch) == (9, 1, 2, 3, True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("from . import a\ndef main(): return a", "module a is used as a value"),
        ("from . import a\ndef main(): return a.C", "no name 'C'"),
        ("from .a import C\ndef main(): return C", "no name 'C'"),
        ("def main():\n import app.a\n return app.a.A", "import names of app.a, not the module"),
        ("def main():\n from . import a\n return a.A", "import names of a, not the module"),
    ],
)
def test_what_cannot_be_bundled_is_refused_with_what_to_do(text, complaint):
    with pytest.raises(BundleError, match=complaint):
        bundle({"app/a.py": "A = 1", MAIN: text}, (MAIN,))


def test_a_line_of_the_bundle_leads_back_to_its_source():
    sources = strip({name: path.read_text("utf-8") for name, path in image.modules("unix").items()})
    bundled = bundle(sources)
    found = {}
    for path, text in bundled.items():
        for number, line in enumerate(text.splitlines(), 1):
            source, at = place(path, number, bundled)
            if at > 0 and line.startswith(("class ", "def ")):
                found[source, at] = line.partition("(")[0]
    assert len(found) > 90
    for (source, at), line in found.items():
        original = sources[source].splitlines()[at - 1]
        assert original.split()[0] == line.split()[0]
        assert line.removesuffix(":").startswith(original.partition("(")[0].removesuffix(":"))


def test_the_image_of_the_unix_port_is_one_module_beside_what_comes_by_need():
    sources = strip({name: path.read_text("utf-8") for name, path in image.modules("unix").items()})
    parts = (
        "card_list", "columns", "config", "configuration", "crash", "epochs", "fetch", "flash", "history", "lines",
        "log", "outage", "rarely", "requests", "resume", "slot", "store", "update",
    )  # fmt: skip
    by_need = (*parts, *(f"kinds/{kind}" for kind in KINDS))
    bundled = set(bundle(sources))
    assert bundled >= {CORE, "step_clock.py", *(f"lilong_firmware/{name}.py" for name in by_need)}
    assert not bundled & {f"lilong_firmware/{name}.py" for name in ("device", "link", "outbox", "session", "cards")}

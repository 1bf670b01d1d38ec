"""What is done to a board's sources changes nothing that they do, be it constants in their places or another step."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from lilong_simulator.fleet import image
from lilong_simulator.fleet.bundle import bundle
from lilong_simulator.fleet.classes import slim
from lilong_simulator.fleet.parameters import share_parameters
from lilong_simulator.fleet.process import available
from lilong_simulator.fleet.rom_names import lend
from lilong_simulator.fleet.shake import shake
from lilong_simulator.fleet.shrink import shrink
from lilong_simulator.fleet.strip import strip
from lilong_simulator.fleet.texts import pool_texts

PROBE = Path(__file__).with_name("lean_probe.py")

# ---- one module


def ran(*texts):
    """What every function f... of the last module gives. The first is called `lilong`, and the others may import it."""
    results = []
    modules = {}
    for number, text in enumerate(texts):
        module = type(sys)("lilong" if number == 0 else f"more{number}")
        modules[module.__name__] = module
        before = {name: sys.modules.get(name) for name in modules}
        sys.modules.update(modules)
        try:
            exec(compile(text, module.__name__, "exec"), vars(module))
            names = sorted(name for name in vars(module) if name.startswith("f_"))
            results = [(name, repr(vars(module)[name]())) for name in names]
        finally:
            for name, old in before.items():
                if old is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = old
    return results


def check(*texts):
    """The texts made smaller, after it was found that they do the same and keep their lines."""
    paths = ["lilong.py", *(f"more{number}.py" for number in range(1, len(texts)))]
    small = shrink(dict(zip(paths, texts, strict=True)))
    assert ran(*small.values()) == ran(*texts)
    for path, text in zip(paths, texts, strict=True):
        assert len(small[path].splitlines()) == len(text.splitlines())
    return [small[path] for path in paths]


def test_a_constant_is_written_into_its_places_and_its_name_goes():
    (small,) = check("LIMIT = 5\n\n\ndef f_():\n    return LIMIT + 1\n")
    assert small == "pass\n\n\ndef f_():\n    return (5) + 1\n"


@pytest.mark.parametrize(
    "assignment",
    [
        "A = 5", "A = const(5)", "A = 2 * 3 - 1", "A = -5", "A = ~5", "A = 1 << 53", "A = 'it\\'s'", 'A = "里弄"',
        "A = b'\\x00'", "A, B = 5, 6", "A, B = range(2)", "A = (\n    5\n)", "B = 4\nA = B + 1", "_A = 4\nA = _A",
        "A = 5; B = A",
    ],
)  # fmt: skip
def test_what_a_constant_is(assignment):
    (small,) = check(f"const = int\n{assignment}\n\n\ndef f_():\n    return A\n")
    assert "return A" not in small


@pytest.mark.parametrize(
    "assignment",
    [
        "A = 1.5", "A = True", "A = None", "A = [5]", "A = (5,)", "A = 'x' * 41", "A = 5\nA += 1", "A = 5\nA = 6",
        "A = 5\nfor A in (1, 2):\n    pass", "A = 5\nfrom sys import maxsize as A", "A = 5\nclass A:\n    pass",
        "A = B = 5", "A = len('12345')", "A = 5 if len('x') else 6", "if 1:\n    A = 5", "A: int = 5",
        "A = 5\ndef change():\n    global A\n    A = 6\nchange()", "A = 5\n[A := 6 for _ in '1']", "a = 5\nA = a",
        "A = 5\ntry:\n    pass\nexcept ValueError as A:\n    pass",
    ],
)  # fmt: skip
def test_what_no_constant_is_stays(assignment):
    (small,) = check(f"{assignment}\n\n\ndef f_():\n    return A\n")
    assert "return A" in small


PLACES = {
    "a default": "def f_N(x=A, *, y=B): return x, y",
    "a parameter of the same name": "def f_N(A=2): return A, B",
    "a local of the same name": "def f_N():\n    A = 3\n    return A, B",
    "a local that is bound later": "def f_N(x=0):\n    if x:\n        return A\n    A = 4\n    return A",
    "a comprehension": "def f_N(): return [A for A in range(3)], [A + x for x in range(A)], {B: A for B in B}",
    "a lambda": "def f_N(): return (lambda A: A)(7), (lambda x=A: (A, x))()",
    "an except": (
        "def f_N():\n    try:\n        raise ValueError(A)\n    except ValueError as B:\n        return B.args"
    ),
    "a with": "def f_N():\n    import io\n    with io.StringIO(B) as A:\n        return A.read()",
    "a class": (
        "class K_N:\n    A = 9\n    C = A\n    D = B\n    def get(self): return A, self.A\n"
        "def f_N(): return K_N.C, K_N.D, K_N().get()"
    ),
    "a class that passes it on": "class K_N:\n    A = A\n    B: str = B\ndef f_N(): return K_N.A, K_N.B, A",
    "a global": "def f_N():\n    global g_N\n    g_N = A\n    return g_N",
    "a nonlocal": (
        "def f_N():\n    A = 1\n    def inner():\n        nonlocal A\n        A += 1\n        return A\n"
        "    return inner(), A"
    ),
    "a closure": "def f_N():\n    def inner(): return A, B\n    return inner()",
    "an f-string": "def f_N(): return f'{A} {B!r} {A:03d} {A:>{A}}' 'A' f'{B}'",
    "another alphabet": "def f_N():  # 里弄 A\n    return '里弄', A, '弄', B",
    "an attribute of a number": "def f_N(): return A.bit_length(), A .real",
    "operators": "def f_N(): return -A ** 2, ~A, not A, A if A else B, A in (A,), 'A', A < 9 < A",
    "keys and subscripts": "def f_N(): return {A: B, 'A': A}[A], dict(A=1)['A'], B[0], B[:A]",
    "a call": "def f_N(*a, **k): return max(A, *[A]), str(object=A), dict(A=B, **k)",
    "an assert and a raise": (
        "def f_N():\n    assert A or not A, B\n    try:\n        raise OSError(A, B)\n"
        "    except OSError as e:\n        return e.args"
    ),
    "many lines": "def f_N():\n    return (\n        A,\n        B,  # A\n        'A'\n    )",
    "one line": "def f_N(): x = A; y = B; return x, y",
    "a generator": "def f_N():\n    def g():\n        yield A\n        yield from B\n    return list(g())",
    "a delete": "def f_N():\n    x = {A: 1}\n    del x[A]\n    return x",
    "a walrus": "def f_N(): return (x := A) + x, [y := B for _ in 'ab'], y",
    "a decorator": "def d_N(x): return lambda f: lambda: (f(), x)\n@d_N(A)\ndef f_N(): return B",
}  # fmt: skip


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_same_is_meant_in(place):
    check("A = 5\nB = 'it\\'s \"B\"'\n\n\n" + PLACES[place].replace("_N", "_1") + "\n")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=6, unique=True),
    st.sampled_from(("5", "-5", "0", "1 << 4", "2 ** 3")),
    st.text("ab'\"\\{}里\n", min_size=1, max_size=8),
)
def test_any_module_does_the_same(places, number, text):
    body = "\n\n\n".join(PLACES[place].replace("_N", f"_{at}") for at, place in enumerate(places))
    try:
        ran(f"A = {number}\nB = {text!r}\n{body}\n")
    except Exception:  # a place for which these values are no use
        reject()
    check(f"A = {number}\nB = {text!r}\n{body}\n")


# ---- modules that import from one another


@pytest.mark.parametrize(
    "user",
    [
        "from lilong import A\ndef f_(): return A",
        "from lilong import A, g\ndef f_(): return g(A)",
        "from lilong import (\n    A,\n    B as X,\n    g,\n)\ndef f_(): return A, X, g(X)",
        "from lilong import A as B, B as A\ndef f_(): return A, B",
        "from lilong import A\ndef f_(A=7): return A",
        "from lilong import A\nC = A\nclass K:\n    A = A\ndef f_(): return C, K.A",
        "from lilong import A as X\ndef f_(): return f'{X}'",
        "def f_():\n    from lilong import A\n    return A",
        "try:\n    from lilong import B\nexcept ImportError:\n    B = 0\ndef f_(): return B",
    ],
)
def test_a_constant_of_another_module_is_written_into_its_places_too(user):
    check("A = 5\nB = 'b'\n\n\ndef g(x):\n    return x, A\n", user + "\n")


# ---- the firmware


def files(sources, folder):
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def told(folder, module):
    """What the probe prints with nothing but `folder` to import from."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}; {module}.main()"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources():
    """All that goes into the image, and the probe."""
    listed = {name: path.read_text("utf-8") for name, path in image.modules("unix").items()}
    return {**listed, "probe.py": PROBE.read_text("utf-8")}


def test_every_step_leaves_the_firmware_what_it_does_and_its_lines_where_they_are(sources, tmp_path):
    expected = told(files(sources, tmp_path / "as it is"), "probe")
    assert expected.count("\n") > 500
    texts = strip(sources)
    assert told(files(texts, tmp_path / "strip"), "probe") == expected
    texts = bundle(texts, ("probe.py",))
    assert told(files(texts, tmp_path / "bundle"), "lilong") == expected
    steps = [shrink, shake, pool_texts, slim, share_parameters]
    if not available():
        steps.append(lambda texts: lend(texts, image._rom()))
    for number, step in enumerate(steps):
        before = texts
        texts = step(texts)
        assert told(files(texts, tmp_path / str(number)), "lilong") == expected, step
        for path, text in before.items():
            assert text.splitlines()[-1:] == [] or len(texts[path].splitlines()) >= len(text.splitlines()), path


def test_the_firmware_gets_smaller(sources):
    before = bundle(strip(sources), ("probe.py",))
    after = shrink(before)
    assert all(compile(text, path, "exec") for path, text in after.items())
    assert sum(len(compile(text, path, "exec").co_names) for path, text in after.items()) < 0.8 * sum(
        len(compile(text, path, "exec").co_names) for path, text in before.items()
    )


def test_a_property_that_nothing_names_goes_with_its_decorator():
    text = "class C:\n    @property\n    def no_use(self):\n        return 1\n\n    def used(self):\n        return 2\n"
    text += "\n\ndef main():\n    return C().used()\n"
    small = shake({"lilong.py": text})["lilong.py"]
    assert "no_use" not in small
    assert "property" not in small
    assert len(small.splitlines()) == len(text.splitlines())
    compile(small, "lilong.py", "exec")

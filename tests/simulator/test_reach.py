"""What of the listed modules a board can come to."""

from lilong_simulator.fleet import image
from lilong_simulator.fleet.reach import reached
from lilong_simulator.kinds import KINDS

SOURCES = {
    "app/__init__.py": "",
    "app/main.py": "from .part import A\ndef f(k):\n    from .late import B\n    return __import__('app.kinds.' + k)\n",
    "app/part.py": "A = 1\n",
    "app/late.py": "import app.deep\nB = 1\n",
    "app/deep.py": "",
    "app/kinds/door.py": "",
    "app/unused.py": "from .part import A\n",
}


def test_what_is_imported_at_the_top_by_need_or_by_its_name_is_kept_and_nothing_else():
    assert set(SOURCES) - set(reached(SOURCES, ("app/main.py",))) == {"app/unused.py"}


def test_without_an_entry_all_is_kept():
    assert reached(SOURCES, ("board.py",)) == SOURCES


def test_the_image_of_the_unix_port_has_all_kinds_and_no_driver():
    paths = image._bundled(image.modules("unix"))
    assert len([path for path in paths if "/kinds/" in path]) == len(KINDS)
    assert not [path for path in paths if "/drivers/" in path]

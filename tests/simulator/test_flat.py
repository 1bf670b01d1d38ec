"""Where the modules of an image lie."""

from lilong_simulator.fleet.flat import flat_names, packages_by_name, renamed, without_packages

SOURCES = {
    "lilong.py": "def rules(kind):\n    return __import__('app.kinds.' + kind, None, None, [kind])\n",
    "app/part.py": "A = 1\n",
    "app/kinds/door.py": "def f():\n    from app.part import A\n    return A\n",
}
ROM = ["append", "EIO", "ENOMEM", "time"]


def test_what_comes_by_need_gets_a_name_from_rom_that_no_module_has():
    assert flat_names(SOURCES, ROM)["app/part.py"] in ("EIO", "ENOMEM")
    assert flat_names(SOURCES, [])["app/part.py"] == "app_part"


def test_what_lies_at_the_top_and_what_is_imported_by_its_last_name_keep_theirs():
    names = flat_names(SOURCES, ROM, packages_by_name(SOURCES))
    assert names == {"lilong.py": "lilong", "app/part.py": "EIO", "app/kinds/door.py": "door"}


def test_imports_lead_to_the_new_names_and_lines_keep_their_numbers():
    flat = without_packages(SOURCES)
    assert "'' + kind" in flat["lilong.py"]
    names = flat_names(SOURCES, ROM, packages_by_name(SOURCES))
    assert renamed(SOURCES["app/kinds/door.py"], names) == "def f():\n    from EIO import A\n    return A\n"
    assert renamed("from os.path import x\n", names) == "from os.path import x\n"

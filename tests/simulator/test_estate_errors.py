"""Whatever is wrong in an estate file is told with the file, the line, the key, what is wrong and what to do."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lilong_simulator.estate import EstateError, load_estate

SMALL = (Path(__file__).parent / "small_estate.toml").read_text("utf-8")

WRONG = {
    "a key is misspelt": (
        "storeys = 3",
        "storys = 3",
        r'buildings\[0\]\.storys: is not a key here; did you mean "storeys"\?',
    ),
    "a key is missing": ("held_open = 2\n", "", r"rates\.held_open: is missing; add `held_open = ...`"),
    "a table is missing": ("[population]", "[populace]", r'populace: is not a key here; did you mean "population"\?'),
    "a number is in quotes": (
        "storeys = 3",
        'storeys = "3"',
        r'buildings\[0\]\.storeys: must be a whole number, but is "3"; write it without quotes',
    ),
    "a count has a decimal point": (
        "storeys = 3",
        "storeys = 3.0",
        r"storeys: must be a whole number, but is 3.0; write it without a decimal point",
    ),
    "a number is out of bounds": ("storeys = 3", "storeys = 0", r"storeys: 0 is out of bounds; it must be at least 1"),
    "a number is not finite": ("width_m = 60", "width_m = inf", r"site\.width_m: inf is not a number that can be used"),
    "a number is huge": (
        "storeys = 3",
        "storeys = " + "9" * 40,
        r"storeys: 9+ is out of bounds; it must be at most 200",
    ),
    "a truth value is given for a number": ("staff = 2", "staff = true", r"population\.staff: must be a whole number"),
    "a date is given for a number": ("width_m = 60", "width_m = 2026-03-01", r"site\.width_m: must be a number"),
    "a text is given for a table": (
        'name = { en = "House", zh = "楼" }',
        'name = "House"',
        r"buildings\[0\]\.name: must be a table, but is \"House\"",
    ),
    "a point has three coordinates": (
        "    [40, 20],",
        "    [40, 20, 5],",
        r"polygon\[2\]: has 3 entries; it needs at most 2",
    ),
    "an id has a space": ('id = "b1"', 'id = "b 1"', r'buildings\[0\]\.id: "b 1" has the wrong form; it must match'),
    "an id has a line end": ('id = "b1"', 'id = "b\\n1"', r'buildings\[0\]\.id: "b\\n1" has the wrong form'),
    "a use is unknown": (
        'use = "residential"',
        'use = "office"',
        r"use: \"office\" is not allowed; use one of 'residential'",
    ),
    "a kind is unknown": (
        'kind = "gas"',
        'kind = "gass"',
        r'kind: no kind of device is called "gass"; did you mean "gas"\?',
    ),
    "a place is unknown": (
        'where = "corridors"',
        'where = "corridor"',
        r'where: "corridor" is no place; did you mean "corridors"\?',
    ),
    "a place is missing": ('where = "corridors"\n', "", r"devices\[4\]\.where: is missing; say where the devices are"),
    "a rule has a key of another rule": ("share = 0.5", "each = 2", r"devices\[5\]\.each: is not a key here; .*share"),
    "an offline time is shorter than the beat": (
        "offline_s = 7200",
        "offline_s = 600",
        r"offline_s: 600 s is not longer than the beat",
    ),
    "there are more wearers than elders": (
        "count = 4\noptional",
        "count = 40\noptional",
        r"count: 40 is more than the 9 aged 60",
    ),
    "a rule speaks of gates that are not there": (
        'use = "pedestrian"\neach',
        'use = "vehicle"\neach',
        r"devices\[1\]\.use: there is no vehicle gate; add one",
    ),
    "a flat does not exist": (
        "share = 0.5",
        'always = ["2/0907"]',
        r'always\[0\]: there is no flat "2/0907"; write core/flat',
    ),
    "a point is outside the site": (
        "[60, 5]]]",
        "[61, 5]]]",
        r"lines\[0\]\[1\]: \(61, 5\) is outside the site of 60 x 40 m",
    ),
    "a core is outside its building": (
        "id = 2, x = 32",
        "id = 2, x = 52",
        r"cores\[1\]: core 2 is not in or at building b1",
    ),
    "two cores have one number": ("id = 2, x = 32", "id = 1, x = 32", r"cores\[1\]\.id: 1 is already taken"),
    "flats begin above the roof": (
        "y = 10, flats_per_storey = 2 },\n]",
        "y = 10, flats_per_storey = 2, from_storey = 4 },\n]",
        r"from_storey: 4 is above the roof; the building has 3 storeys",
    ),
    "an outline crosses itself": (
        "    [40, 10],\n    [40, 20],",
        "    [40, 20],\n    [40, 10],",
        r"polygon: is no outline of a building",
    ),
    "a road goes through a building": (
        "[[0, 5], [60, 5]]",
        "[[0, 5], [60, 25]]",
        r"lines\[0\]: goes through building b1",
    ),
    "lamps would stand in a building": (
        "aside_m = 2.0",
        "aside_m = 7.0",
        r"aside_m: puts a streetlight inside building b1",
    ),
    "a room is in no building": (
        "x = 50, y = 30, z",
        'x = 50, y = 30, building = "b2", z',
        r'building: there is no building "b2"; .*b1',
    ),
    "two rules put the same kind at one place": (
        'where = "corridors"',
        'where = "flats"',
        r"devices\[4\]: puts a second smoke at core1/01F/0101; drop one",
    ),
    "nobody would live there": (
        "persons = 30",
        "persons = 3",
        r"population\.persons: 3 persons do not live in 12 flats",
    ),
    "more are 80 than are 60": ("aged_80 = 2", "aged_80 = 10", r"population\.aged_80: 10 is more than the 9 aged 60"),
    "a curve has 23 hours": (
        "door_in = [1.0, ",
        "door_in = [",
        r"curves\.door_in: has 23 entries; it needs at least 24",
    ),
    "a curve does not sum to 100": (
        "door_in = [1.0, ",
        "door_in = [2.0, ",
        r"curves\.door_in: sums to 101.00; make the 24 shares",
    ),
    "nothing can be opted out of": (
        "[population]",
        "[adoption]\ndoor = 1.0\n\n[population]",
        r"adoption\.door: is not a kind that residents choose",
    ),
    "a gate rule says neither how many nor which ways": (
        'use = "pedestrian"\neach = 2',
        'use = "pedestrian"',
        r"devices\[1\]: needs `each` or `ways`, and not both; write `each = 2`",
    ),
    "zones of a fence are too long": (
        'kind = "smoke"\nwhere = "corridors"\nbeat_s = 3600\noffline_s = 7200',
        'kind = "fence_zone"\nwhere = "boundary"\ncount = 4',
        r"devices\[4\]\.count: zones of 50 m are longer than 40 m; make it 5 or more",
    ),
    "something else than a fence has its wires": (
        "beat_s = 3600",
        'fence = ["pulse"]',
        r"devices\[4\]\.fence: a smoke is no fence; leave it out",
    ),
    "a camera stands beside what is not there": (
        'where = "corridors"\nbeat_s = 3600\noffline_s = 7200',
        'where = "beside"\nof = "locker"',
        r"devices\[4\]\.of: no rule before this one places a locker; move this rule down",
    ),
    "a row lies outside the site": (
        'where = "corridors"\nbeat_s = 3600\noffline_s = 7200',
        'where = "rows"\nlabel = "one"\nrows = [{ id = "r", line = [[1, 1], [70, 1]], count = 2 }]',
        r"rows\[0\]\.line\[1\]: \(70, 1\) is outside the site",
    ),
    "a flat that is not there refuses": (
        "[population]",
        '[households]\nopted_out = { "9/0101" = ["gas"] }\n\n[population]',
        r'households\.opted_out\."9/0101": there is no flat "9/0101"',
    ),
    "a kind that nobody chooses is refused": (
        "[population]",
        '[households]\nopted_out = { "1/0101" = ["door"] }\n\n[population]',
        r'opted_out\."1/0101": "door" is not a kind that residents choose',
    ),
    "nobody has the rest of the power": (
        "[[gates]]",
        '[[feeders]]\nid = "a"\nname = { en = "A", zh = "甲" }\nplaces = ["lane"]\n\n[[gates]]',
        r"feeders: nobody has the rest; let the last feeder name neither",
    ),
    "a feeder has a building that is not there": (
        "[[gates]]",
        '[[feeders]]\nid = "a"\nname = { en = "A", zh = "甲" }\nbuildings = ["b7"]\n\n[[feeders]]\nid = "b"\n'
        'name = { en = "B", zh = "乙" }\n\n[[gates]]',
        r'feeders\[0\]\.buildings\[0\]: there is no building "b7"; .*b1',
    ),
    "the TOML has no value": ("width_m = 60", "width_m =", r"\(TOML\): invalid value \(column 10\)"),
    "the TOML has a key twice": (
        "staff = 2",
        "staff = 2\nstaff = 2",
        r"\(TOML\): this key or table was written before",
    ),
    "the TOML has a table twice": ("[rates]", "[site]", r"\(TOML\): this key or table was written before"),
    "the TOML has an open string": ('zh = "里弄" }', 'zh = "里弄 }', r"\(TOML\): illegal character"),
    "a string is never closed": (
        "z = -1 }]",
        'z = -1 }]\nx = """',
        r"\(TOML\): a string is opened here and never closed",
    ),
    "a number has thousands of digits": (
        "storeys = 3",
        "storeys = " + "9" * 5000,
        r"\(TOML\): has a number of thousands of digits",
    ),
    "lists are nested without end": (
        "storeys = 3",
        "storeys = " + "[" * 5000 + "]" * 5000,
        r"\(TOML\): is nested too deeply",
    ),
}


def line_of_change(before: str, after: str) -> int:
    """The first line where the files differ."""
    for number, (old, new) in enumerate(zip(before.splitlines(), after.splitlines(), strict=False), 1):
        if old != new:
            return number
    raise AssertionError("nothing was changed")


# What is missing stands nowhere: the table that lacks it is named. A wrong element is named in its list. A
# second table clashes where it begins.
LINES = {
    "a key is missing": "[rates]",
    "a place is missing": '[[devices]]\nkind = "smoke"\nwhere = "corr',
    "a rule has a key of another rule": "share = 0.5",
    "two rules put the same kind at one place": '[[devices]]\nkind = "smoke"\nwhere = "corr',
    "lamps would stand in a building": "aside_m = 2.0",
    "an outline crosses itself": "polygon = [",
    "nobody would live there": "persons = 30",
    "a gate rule says neither how many nor which ways": '[[devices]]\nkind = "door"\nwhere = "gates"',
}
# How far below the first line that was put in the key stands.
BELOW = {
    "nothing can be opted out of": 1, "zones of a fence are too long": 2, "a camera stands beside what is not there": 1,
    "a row lies outside the site": 2, "a flat that is not there refuses": 1, "a kind that nobody chooses is refused": 1,
    "a feeder has a building that is not there": 3,
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_line_key_and_remedy(case: str, tmp_path: Path) -> None:
    old, new, expected = WRONG[case]
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    file = tmp_path / "estate.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(EstateError) as raised:
        load_estate(file)
    said = str(raised.value)
    found = re.search(
        rf"^{re.escape(str(file))}:(\d+): {'.*' if not expected.startswith('(') else ''}{expected}", said, re.M
    )
    assert found, said
    line = line_of_change(SMALL, text)
    line += BELOW.get(case, 0)
    if case in LINES:
        line = SMALL.count("\n", 0, SMALL.index(LINES[case])) + 1
    elif case.startswith(("the TOML has a key twice", "a string is never closed")):
        line = text.count("\n", 0, text.rindex(new.split("\n")[1])) + 1
    assert int(found[1]) == line, said


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = (
        SMALL.replace("staff = 2", 'staff = "two"').replace("width_m = 60", "width = 60").replace("x = 18", "x = -18")
    )
    file = tmp_path / "estate.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(EstateError) as raised:
        load_estate(file)
    lines = [int(problem.split(":")[1]) for problem in raised.value.problems]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "estate.toml"
    file.write_bytes(SMALL.encode("gb18030"))
    with pytest.raises(
        EstateError, match=r"estate\.toml:3: \(text\): is not UTF-8 \(byte 0xc0\); save the file as UTF-8"
    ):
        load_estate(file)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "estate.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_estate(file).id == "lane_house"
    file.write_bytes(SMALL.replace("staff = 2", "stuff = 2").replace("\n", "\r\n").encode())
    with pytest.raises(EstateError, match=r":18: population\.stuff"):
        load_estate(file)


def test_an_unknown_estate_is_told_which_are_known() -> None:
    with pytest.raises(EstateError, match='no estate is called "music_plasa"; did you mean "music_plaza"'):
        load_estate("music_plasa")


def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match=r"none\.toml: cannot be read \(No such file or directory\)"):
        load_estate(tmp_path / "none.toml")
    with pytest.raises(EstateError, match=r"cannot be read \(Is a directory\)"):
        load_estate(tmp_path)


def test_a_wrong_adoption_is_refused() -> None:
    with pytest.raises(EstateError, match="adoption of door: is not a kind that residents choose"):
        load_estate(adoption={"door": 0.5})
    with pytest.raises(EstateError, match=r"adoption of gas: 1\.5 is out of bounds"):
        load_estate(adoption={"gas": 1.5})


def test_many_problems_are_cut_short(tmp_path: Path) -> None:
    file = tmp_path / "estate.toml"
    file.write_text(SMALL + "".join(f"x{n} = 1\n" for n in range(50)), "utf-8")
    with pytest.raises(EstateError) as raised:
        load_estate(file)
    assert len(raised.value.problems) == 50
    assert str(raised.value).endswith("and 30 more problems; mend these first")


ROWS = SMALL.splitlines()


@given(
    row=st.integers(0, len(ROWS) - 1),
    at=st.integers(0, 60),
    drop=st.integers(0, 12),
    put=st.text(st.sampled_from("abx019.-_=[]{}\"'#,\n \\é里"), max_size=4),
)
@example(row=0, at=0, drop=0, put='"""')
@example(row=47, at=0, drop=0, put="0")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_to_a_file_is_either_harmless_or_an_estate_error_with_a_line(
    tmp_path: Path, row: int, at: int, drop: int, put: str
) -> None:
    rows = list(ROWS)
    rows[row] = rows[row][:at] + put + rows[row][at + drop :]
    text = "\n".join(rows)
    file = tmp_path / "damaged.toml"
    file.write_bytes(text.encode())
    try:
        load_estate(file)
    except EstateError as error:
        for problem in error.problems:
            found = re.match(rf"{re.escape(str(file))}:(\d+): [^\n]+: [^\n]+; [^\n]+$", problem)
            assert found, problem
            assert 1 <= int(found[1]) <= text.count("\n") + 1


# ---- files that extend others


def extension(folder: Path, text: str) -> Path:
    (folder / "base.toml").write_text(SMALL, "utf-8")
    file = folder / "mine.toml"
    file.write_text(text, "utf-8")
    return file


def test_what_a_file_says_goes_before_what_it_extends_key_by_key_in_tables(tmp_path: Path) -> None:
    text = 'extends = "base.toml"\nid = "other"\n[site]\nbays = 7\n'
    found = load_estate(extension(tmp_path, text))
    assert (found.id, found.bays, found.width_m, len(found.flats)) == ("other", 7, 60, 12)


def test_each_problem_names_the_file_and_line_in_which_its_key_stands(tmp_path: Path) -> None:
    file = extension(tmp_path, 'extends = "base.toml"\n[population]\nstaff = 0\n')
    (tmp_path / "base.toml").write_text(SMALL.replace("storeys = 3", "storeys = 0"), "utf-8")
    with pytest.raises(EstateError) as raised:
        load_estate(file)
    own, below = raised.value.problems
    assert own.startswith(f"{file}:3: population.staff: 0 is out of bounds")
    line = SMALL.count("\n", 0, SMALL.index("storeys = 3")) + 1
    assert below.startswith(f"{tmp_path / 'base.toml'}:{line}: buildings[0].storeys: 0 is out of bounds")


def test_a_list_is_replaced_as_a_whole_with_its_lines(tmp_path: Path) -> None:
    text = 'extends = "base.toml"\n\n[[roads]]\nid = "path"\nlines = [[[0, 5], [99, 5]]]\n'
    with pytest.raises(EstateError, match=r"mine\.toml:5: roads\[0\]\.lines\[0\]\[1\]: \(99, 5\) is outside the site"):
        load_estate(extension(tmp_path, text))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('"music_plasa"', r'mine\.toml:1: extends: cannot be used:\nno estate is called "music_plasa"; did you mean'),
        ('"none.toml"', r"mine\.toml:1: extends: cannot be used:\n.*none\.toml: cannot be read"),
        ("7", r"mine\.toml:1: extends: must be a text in quotes"),
        ('"mine.toml"', r"mine\.toml:1: extends: goes round in a circle"),
    ],
)
def test_a_file_that_cannot_be_extended_is_told_where_that_is_asked(tmp_path: Path, given: str, told: str) -> None:
    with pytest.raises(EstateError, match=told):
        load_estate(extension(tmp_path, f"extends = {given}\n"))

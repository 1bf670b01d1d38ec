"""The size budget: what is over its ceiling, what has none, and what a ceiling is left over from."""

import pytest
from lilong_tools import size_budget
from lilong_tools.size_budget import complaints, images, load, rows

SIZES = {
    "board.py": 100,
    "lilong_firmware/device.py": 500,
    "lilong_firmware/kinds/__init__.py": 10,
    "lilong_firmware/kinds/door.py": 300,
    "lilong_firmware/kinds/smoke.py": 200,
}


def test_an_image_has_the_rules_of_one_kind():
    assert images(SIZES) == {"door": 910, "smoke": 810}


def test_within_the_ceilings_there_is_no_complaint():
    assert complaints(rows(SIZES, SIZES), SIZES) == []


def test_what_is_over_its_ceiling_is_named_with_both_numbers():
    ceilings = {**SIZES, "board.py": 99}
    assert complaints(rows(SIZES, ceilings), ceilings) == [
        "board.py: 100 bytes, 1 over its ceiling; shrink or raise it"
    ]


def test_what_has_no_ceiling_is_named():
    ceilings = {name: size for name, size in SIZES.items() if name != "board.py"}
    assert complaints(rows(SIZES, ceilings), ceilings) == ["board.py: 100 bytes and no ceiling; set one"]


def test_a_ceiling_of_what_is_gone_is_named():
    ceilings = {**SIZES, "old.py": 1}
    assert complaints(rows(SIZES, ceilings), ceilings) == ["old.py: there is a ceiling and no such part; take it out"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[kind", r"budget\.toml: "),
        ("[kind]\n", r"budget\.toml: module: Field required"),
        ("[module]\n[kind]\nsmoke = {image = 0, rules = 1}\n", r"budget\.toml: kind\.smoke\.image: "),
        ("[kind]\n[module]\n[modul]\n", r"budget\.toml: modul: "),
    ],
)
def test_a_wrong_budget_file_is_named(tmp_path, text, complaint):
    path = tmp_path / "budget.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        load(path)


@pytest.mark.parametrize(("grown", "code"), [(0, 0), (1, 1)])
def test_the_exit_code_tells(monkeypatch, tmp_path, capsys, grown, code):
    rules = {kind: f"lilong_firmware/kinds/{kind}.py" for kind in images(SIZES)}
    lines = ["[kind]", *[f"{kind} = {{image = 9999, rules = {SIZES[name]}}}" for kind, name in rules.items()]]
    lines += ["[module]", *[f'"{name}" = {size}' for name, size in SIZES.items() if name not in rules.values()]]
    (tmp_path / "budget.toml").write_text("\n".join(lines))
    monkeypatch.setattr(size_budget, "board_folder", lambda _: tmp_path)
    monkeypatch.setattr(size_budget, "measure", lambda _: {name: size + grown for name, size in SIZES.items()})
    assert size_budget.main() == code
    told = capsys.readouterr()
    assert "lilong_firmware/device.py" in told.out
    assert told.err.count("over its ceiling") == grown * len(SIZES)
    assert size_budget.main("door") == code
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines() if line] == [
        "module", "lilong_firmware/kinds/door.py", "image", "door"
    ]  # fmt: skip
    assert told.err.count("over its ceiling") == grown
    assert size_budget.main("dor") == 1
    assert "'dor' is no kind with rules; known: door, smoke" in capsys.readouterr().err


def test_what_carries_an_alarm_is_held_to_its_ceiling_together(monkeypatch, tmp_path, capsys):
    lines = ["link = 500", "[module]", '"a.py" = 100', "[kind]"]
    (tmp_path / "budget.toml").write_text("\n".join(lines))
    monkeypatch.setattr(size_budget, "board_folder", lambda _: tmp_path)
    monkeypatch.setattr(size_budget, "measure", lambda _: {"a.py": 100})
    monkeypatch.setattr(size_budget, "link", lambda _: {"mqtt.py": 300, "session.py": 200})
    assert size_budget.main() == 0
    monkeypatch.setattr(size_budget, "link", lambda _: {"mqtt.py": 300, "session.py": 201})
    assert size_budget.main() == 1
    assert "link: 501 bytes, 1 over its ceiling" in capsys.readouterr().err


def test_the_link_has_at_most_14_kilobytes():
    sizes = size_budget.link("unix")
    assert list(sizes) == list(size_budget.LINK)
    assert 10_000 < sum(sizes.values()) <= 14 * 1024

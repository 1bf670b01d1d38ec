"""The estate file as a person would write it: ground and people first, then buildings, roads, devices, habits."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence

from ...random_streams import draw_below
from ..geometry import Point
from .asked import Asked
from .devices import rules_of
from .layout import Block, Layout, layout_of

RULE = 105  # how long the lines between the parts are
CURVES = {
    "door_in": (1.0, 0.5, 0.3, 0.2, 0.2, 0.5, 1.5, 3.0, 3.5, 3.0, 3.0, 5.0,
                6.5, 4.5, 3.5, 4.0, 5.5, 8.5, 13.5, 11.5, 8.0, 6.0, 4.0, 2.8),
    "door_out": (0.5, 0.3, 0.2, 0.2, 0.3, 1.2, 6.0, 15.5, 13.0, 6.0, 5.0, 4.5,
                 4.5, 5.0, 4.5, 4.0, 4.5, 5.5, 6.5, 5.5, 3.5, 2.0, 1.0, 0.8),
    "smoke_nuisance": (0.5, 0.3, 0.3, 0.3, 0.3, 1.0, 5.0, 7.0, 4.5, 2.5, 4.0, 14.0,
                       9.0, 3.0, 2.0, 2.5, 7.0, 16.0, 11.5, 4.5, 2.0, 1.4, 0.8, 0.6),
}  # fmt: skip
"""The reference estate's, in percent an hour."""
CONFIDENTIAL = 0.02  # of the households, as in the reference estate
ASKS = """
# Before they open, doors ask their backend whether a card has just been used elsewhere; "local": they never do.
anti_passback = "estate"
"""
OFFICERS = ("Chen Jie", "Gu Min", "Lu Wen", "Shen Yan", "Xu Hong", "Ye Ping", "Tang Bo", "Fang Rui")


def text_of(asked: Asked) -> str:
    """The whole file; NewEstateError where the numbers do not go together."""
    layout = layout_of(asked)
    parts = [
        _head(asked, layout), _people(asked), _banner("buildings"), _buildings(asked, layout),
        _banner("drives, paths and gates"), _roads(layout), _banner("power"), _feeders(layout), _banner("devices"),
        *rules_of(asked, layout), _banner("habits"), _habits(asked),
    ]  # fmt: skip
    return "\n".join(parts)


def command_of(asked: Asked) -> str:
    """The command that makes this file again."""
    words = [
        "lilong", "estate", "new", f"{asked.id}.toml", "--profile", asked.profile, "--name", asked.name_en,
        "--name-zh", asked.name_zh, "--households", asked.households, "--cores", asked.cores,
        "--storeys", asked.storeys, "--gates", asked.pedestrian_gates, "--drives", asked.vehicle_gates,
        "--persons", f"{asked.persons:g}", "--elders", f"{asked.elders:g}", "--seed", asked.seed,
    ]  # fmt: skip
    for option, value in (
        ("--perimeter", asked.perimeter_m), ("--bays", asked.bays), ("--adoption", asked.adoption),
    ):  # fmt: skip
        if value is not None:
            words += [option, f"{value:g}"]
    for kind, share in sorted(asked.adopt.items()):
        words += ["--adopt", f"{kind}={share:g}"]
    return shlex.join(map(str, words))


def numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def line_of(points: Sequence[Point]) -> str:
    """`[[9, 9], [181, 9]]`."""
    return f"[{', '.join(f'[{numbers(xy)}]' for xy in points)}]"


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def name(en: str, zh: str) -> str:
    return f"{{ en = {text(en)}, zh = {text(zh)} }}"


def _banner(title: str) -> str:
    return f"# {'-' * (RULE - len(title) - 3)} {title}\n"


def _head(asked: Asked, layout: Layout) -> str:
    kind = asked.kind_of_estate
    gates = f"{asked.pedestrian_gates} gate{'s' * (asked.pedestrian_gates > 1)} and {asked.vehicle_gates} drives"
    told = (
        f"{kind.purpose}. {asked.households:,} households in {asked.cores} cores of {asked.storeys} storeys, "
        f"{asked.bays_there:,} bays, {gates}, a boundary of {2 * (layout.width + layout.height):,.0f} m."
    )
    greens = "\n".join(
        f"    {line_of([(w, n), (e, n), (e, s), (w, s)])}," for w, n, e, s in _rounded(layout.cells)
    )  # fmt: skip
    return f"""{_wrapped(told)}
#
# Made by a command, to be changed by hand:
{_wrapped(command_of(asked))}
#
# Coordinates in metres: x to the right (east), y down (south), origin at the north-west corner.

id = "{asked.id}"
name = {name(asked.name_en, asked.name_zh)}
{ASKS if kind.asks else ""}
# From the street down to the cell; building and unit follow by themselves.
grid = [
    {{ level = "street", id = "changshou_road", name = {name("Changshou Road", "长寿路街道")} }},
    {{ level = "community", id = "c1", name = {name("Community 1", "第一社区")} }},
    {{ level = "grid", id = "g1", name = {name("Cell 1", "第一网格")}, officer = {text(_officer(asked))} }},
]

# Gardens, a cell of lanes and avenues each; drawn beneath everything.
greens = [
{greens}
]

[site]
width_m = {layout.width:.1f}
height_m = {layout.height:.1f}
latitude = 31.2417
longitude = 121.4382
utc_offset_h = 8
bays = {asked.bays_there}
"""


def _people(asked: Asked) -> str:
    everybody, elders, oldest = asked.people()
    shares = "\n".join(f"{kind} = {share:g}" for kind, share in asked.shares().items())
    return f"""[population]
persons = {everybody}  # {everybody / asked.households:.2f} a household
aged_60 = {elders}  # {elders / everybody:.1%}
aged_80 = {oldest}
guest_passes = {max(4, round(0.133 * asked.households))}  # couriers and visitors share these cards
staff = {max(4, round(0.0266 * asked.households))}

# {_private(asked)}
[households]
confidential = {1 if asked.kind_of_estate.private else CONFIDENTIAL:g}

# The share of each optional kind that residents take.
[adoption]
{shares}
"""


def _buildings(asked: Asked, layout: Layout) -> str:
    found = ["# Slabs that face south, doors on the north side; below the lowest flats are halls and shops.\n"]
    for block in layout.blocks:
        first, last = block.cores[0].id, block.cores[-1].id
        which = f"{first}" if first == last else f"{first}-{last}"
        numbered = f"{first}#" if first == last else f"{first}~{last}#"
        found.append(_building(block, name(f"Apartments {which}", f"公寓{numbered}"), "residential", asked.storeys))
        cores = [
            f"    {{ id = {core.id}, x = {core.x:g}, y = {core.y:g}, flats_per_storey = {core.homes.flats_per_storey}"
            + (f", from_storey = {core.homes.from_storey}" if core.homes.from_storey > 1 else "") + " },"
            for core in block.cores
        ]  # fmt: skip
        found.append("\n".join(["cores = [", *cores, "]\n"]))
    found.append("# Management, the control room, and what else an estate needs of rooms.")
    found.append(_building(layout.office, name("Service Centre", "物业服务中心"), "commercial", 2) + "\n")
    return "\n".join(found)


def _building(block: Block, named: str, use: str, storeys: int) -> str:
    w, n, e, s = block.x, block.y, block.x + block.width, block.south
    return f"""[[buildings]]
id = "{block.id}"
name = {named}
use = "{use}"
polygon = {line_of([(w, n), (e, n), (e, s), (w, s)])}
storeys = {storeys}"""


def _roads(layout: Layout) -> str:
    found = []
    for road, lines in layout.roads.items():
        if len(lines) == 1:
            shown = f"[{line_of(lines[0])}]"
        else:
            shown = "\n".join(["[", *(f"    {line_of(line)}," for line in lines), "]"])
        found.append(f'[[roads]]\nid = "{road}"\nlines = {shown}\n')
    chinese = {"south": "南", "west": "西", "north": "北", "east": "东"}
    for gate in layout.gates:
        side, what = gate.id.split("_")
        en, zh = f"{side.title()} {what.title()}", chinese[side] + ("门" if what == "gate" else "车行口")
        found.append(
            f'[[gates]]\nid = "{gate.id}"\nname = {name(en, zh)}\nuse = "{gate.use}"\nx = {gate.x:g}\ny = {gate.y:g}\n'
        )
    return "\n".join(found)


def _feeders(layout: Layout) -> str:
    """The first half of the buildings with what stands along the boundary, and the rest."""
    half = [block.id for block in layout.blocks[: (len(layout.blocks) + 1) // 2]]
    return f"""# Who loses power together: a feeder that names neither buildings nor places has the rest.
[[feeders]]
id = "a"
name = {name("Feeder A", "甲路")}
buildings = {json.dumps(half)}
places = ["fence", "ring"]

[[feeders]]
id = "b"
name = {name("Feeder B", "乙路")}
"""


def _officer(asked: Asked) -> str:
    return OFFICERS[draw_below(len(OFFICERS), asked.seed, asked.id, "officer")]


def _private(asked: Asked) -> str:
    if asked.kind_of_estate.private:
        return "No household wants anything told that names it."
    return "One household in fifty wants nothing told that names it."


def _habits(asked: Asked) -> str:
    flats = asked.households
    curves = "\n".join(f"{key} = [\n    {numbers(c[:12])},\n    {numbers(c[12:])},\n]" for key, c in CURVES.items())
    return f"""# As in the reference estate, by the household.
[rates]  # of the whole estate per working day, unless the name says otherwise
credential_reads = {round(9.878 * flats)}
door_cycles = {round(13.112 * flats)}
denied_share = 0.015
staff_entries_per_door = 10
held_open = {max(1, round(18 * flats / 903))}
forced_per_door_month = 0.2
cookings_per_household = 2
smoke_nuisance = {round(6 * flats / 903, 2):g}
gas_nuisance_per_detector_year = 1
gas_whiffs_per_detector_year = 1.7
sos_by_accident_per_wearer_week = 0.0933
sos_per_wearer_year = 0.3467
false_falls_per_wearer_week = 0.168
cancelled_falls_per_wearer_week = 0.056
knocks_per_wearer_week = 0.233
falls_per_wearer_year = 0.18
openings_per_cover_year = 2

[curves]  # percent per hour, 00 to 23
{curves}
"""


def _rounded(cells: Iterable[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    return (tuple(round(side, 1) for side in cell) for cell in cells)


def _wrapped(words: str, width: int = 118) -> str:
    """As a comment."""
    lines, line = [], "#"
    for word in words.split(" "):
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = "#  "
        line += f" {word}"
    return "\n".join([*lines, line])

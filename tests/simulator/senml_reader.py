"""SenML in JSON read by the rules of RFC 8428, by nobody who has written it: records resolved (4.6), or SenMLError."""

import json
import math
import re
from dataclasses import dataclass

# https://www.iana.org/assignments/senml, "SenML Units": those of RFC 8428 and RFC 8798.
REGISTERED = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2 "
    "cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var vars J/m "
    "kg/m3 deg"
)
UNITS = set(REGISTERED.split())
LABELS = {"bver", "bn", "bt", "bu", "bv", "bs", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"}  # 4.3
VALUES = {"v": (int, float), "vs": str, "vb": bool, "vd": str}
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9:./_-]*")  # 4.5.1
ABSOLUTE = 2**28  # 4.5.3: what is less is relative to now


class SenMLError(ValueError):
    pass


@dataclass(frozen=True)
class Record:
    name: str
    unit: str | None
    value: object
    time: float


def read(data):
    """The resolved records of a pack."""
    pack = json.loads(data, parse_constant=_no)
    _must(isinstance(pack, list) and pack, "a pack is an array of records")
    base_name, base_time, base_unit = "", 0.0, None
    records = []
    for row in pack:
        _must(isinstance(row, dict), "a record is an object")
        _must(not {key for key in row if key not in LABELS and key.endswith("_")}, "a label that must be understood")
        _must(row.keys() <= LABELS, f"labels that are not registered: {row.keys() - LABELS}")
        base_name, base_time, base_unit = row.get("bn", base_name), row.get("bt", base_time), row.get("bu", base_unit)
        _must("bv" not in row and "bs" not in row and "s" not in row, "not read here")
        given = row.keys() & VALUES.keys()
        _must(len(given) == 1, f"one value in each record, not {given}")
        (kind,) = given
        value = row[kind]
        _must(isinstance(value, VALUES[kind]) and (kind == "vb" or not isinstance(value, bool)), f"{kind} is {value!r}")
        _must(kind != "v" or math.isfinite(value), "a number")
        name = base_name + row.get("n", "")
        _must(NAME.fullmatch(name), f"{name!r} is no name")
        unit = row.get("u", base_unit)
        _must(unit is None or unit in UNITS, f"{unit!r} is not registered")
        time = base_time + row.get("t", 0)
        _must(time >= ABSOLUTE, "a time that says when")
        records.append(Record(name, unit, value, time))
    return records


def _must(holds, what):
    if not holds:
        raise SenMLError(what)


def _no(name):
    raise SenMLError(name)

"""An estate of one core and eleven devices as the centre's web API describes it, and messages about it."""

SMOKE, GAS, LAMP, DOOR = (f"aa{number:014x}" for number in (1, 2, 8, 9))
NOW_MS = 1_760_000_000_000
HOSTILE = '<img src=x onerror="window.pwned=1">'

REGISTRY = {
    "kinds": {
        "smoke": {"label": {"en": "smoke detector", "zh": "烟感"}},
        "gas": {"label": {"en": "gas detector", "zh": "燃气报警器"}},
        "door": {"label": {"en": "door reader", "zh": "门禁"}},
        "streetlight": {"label": {"en": "streetlight", "zh": "路灯"}},
        "wristband": {"label": {"en": "wristband", "zh": "老人腕表"}},
    },
    "quantities": {
        "1": {"name": "obscuration", "unit": "dB/m", "exponent": -3, "low": 0, "high": 10_000,
              "label": {"en": "smoke obscuration", "zh": "烟雾减光率"}},
        "2": {"name": "temperature", "unit": "Cel", "exponent": -2, "low": -5000, "high": 20_000,
              "label": {"en": "temperature", "zh": "温度"}},
        "21": {"name": "valve_closed", "unit": "/", "exponent": 0, "low": 0, "high": 1,
               "label": {"en": "valve closed", "zh": "阀门关闭"}},
        "24": {"name": "credential", "unit": "/", "exponent": 0, "low": 0, "high": 2**53 - 1,
               "label": {"en": "credential pseudonym", "zh": "凭证假名"}},
        "31": {"name": "denial", "unit": "/", "exponent": 0, "low": 0, "high": 255,
               "label": {"en": "why it was denied", "zh": "拒绝原因"},
               "meanings": {"2": {"name": "revoked", "label": {"en": "revoked", "zh": "已注销"}}}},
    },
    "alarms": {
        "1": {"name": "smoke.alarm", "level": 1, "label": {"en": "smoke", "zh": "火警"}},
        "5": {"name": "door.held", "level": 2, "label": {"en": "door held open", "zh": "门未关"}},
        "11": {"name": "lamp.failure", "level": 3, "label": {"en": "lamp failure", "zh": "灯具故障"}},
    },
    "events": {
        "2": {"name": "door.denied", "label": {"en": "access denied", "zh": "拒绝通行"}},
        "4": {"name": "door.opened", "label": {"en": "door opened", "zh": "门打开"}},
    },
    "commands": {
        "mute": {"number": 2, "label": {"en": "mute", "zh": "消音"}, "kinds": ["smoke", "gas"], "args": []},
        "set_level": {"number": 4, "label": {"en": "set level", "zh": "调光"}, "kinds": ["streetlight"],
                      "args": [{"name": "level", "unit": "%", "low": 0, "high": 100}]},
        "unlock": {"number": 3, "label": {"en": "unlock", "zh": "开锁"}, "kinds": ["door"], "args": []},
        "cards_confirm": {"number": 9, "label": {"en": "card list is current", "zh": "确认名单"}, "kinds": ["door"],
                          "operator": False, "args": []},
    },
}  # fmt: skip


def _device(number, kind, name, x, y, z=0, core=None, unit=None):
    building = None if core is None else "b1"
    return {
        "id": f"aa{number:014x}", "kind": kind, "name": name,
        "x": x, "y": y, "z": z, "building": building, "core": core, "unit": unit,
    }  # fmt: skip


def estate():
    return {
        "id": "small",
        "name": {"en": "Small Plaza", "zh": "小广场"},
        "width_m": 60, "height_m": 50,
        "buildings": [
            {"id": "b1", "name": {"en": "Building 1", "zh": "1号楼"}, "use": "residential", "storeys": 3,
             "polygon": [[10, 10], [34, 10], [34, 26], [10, 26]], "cores": [{"id": 1, "x": 22, "y": 10}]},
        ],
        "roads": [[[0, 40], [60, 40]]],
        "gates": [{"name": {"en": "South gate", "zh": "南门"}, "x": 30, "y": 50}],
        "devices": [
            _device(1, "smoke", "core1/01F/0101/smoke", 15, 20, 1, 1, "0101"),
            _device(2, "gas", "core1/01F/0101/gas", 15, 20, 1, 1, "0101"),
            _device(3, "smoke", "core1/01F/0102/smoke", 29, 20, 1, 1, "0102"),
            _device(4, "smoke", "core1/02F/0201/smoke", 15, 20, 2, 1, "0201"),
            _device(5, "smoke", "core1/02F/0202/smoke", 29, 20, 2, 1, "0202"),
            _device(6, "smoke", "core1/01F/corridor/smoke", 22, 18, 1, 1),
            _device(7, "smoke", "core1/02F/corridor/smoke", 22, 18, 2, 1),
            _device(8, "streetlight", "ring/01/streetlight", 45, 36),
            _device(9, "door", "core1/ground/door", 22, 10, 0, 1),
            _device(10, "door", "core1/basement/door", 22, 10, -1, 1),
            _device(11, "wristband", "core1/01F/0101/p1/wristband", 15, 20, 1, 1, "0101"),
        ],
    }  # fmt: skip


def ids():
    return [device["id"] for device in estate()["devices"]]


def hello():
    return {"type": "hello", "now_ms": NOW_MS, "run": {"broker": "embedded", "estate": "small"}}


def states(**others):
    """Every device online, but for `others` (id=state)."""
    return {"type": "states", "states": dict.fromkeys(ids(), "online") | others}


def counts(connected):
    return {"type": "counts", "connected": connected, "devices": 11, "messages": 1234, "refused": 0, "rate": 2.5}


def alarm(number=1, device=SMOKE, code=1, level=1, age_ms=5000, **changes):
    name = next(one["name"] for one in estate()["devices"] if one["id"] == device)
    raised = NOW_MS - age_ms
    body = {
        "id": f"{device}-1-{number}", "device": device, "name": name, "kind": name.rsplit("/", 1)[1], "code": code,
        "level": level, "values": {}, "state": "raised", "acknowledged": False, "restored": False, "cleared": False,
        "raised_at": raised, "stored_at": raised + 84, "shown_at": None, "acknowledged_at": None, "operator": None,
    }  # fmt: skip
    return {"type": "alarm", "alarm": body | changes}


def event(**changes):
    body = {"type": "event", "device": DOOR, "name": "core1/ground/door", "kind": "door", "code": 4, "values": {}}
    return body | {"at": NOW_MS} | changes


def answer(device, **changes):
    """What /api/device says of a device."""
    known = next(one for one in estate()["devices"] if one["id"] == device)
    body = {
        "id": device, "kind": known["kind"], "name": known["name"], "state": "online", "session": "online", "boot": 3,
        "firmware": "0.1.0", "last_seen_ms": NOW_MS, "values": {}, "values_at": NOW_MS, "history": [],
    }  # fmt: skip
    return body | changes

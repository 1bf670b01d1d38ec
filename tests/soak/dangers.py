"""What may go wrong around a device of each kind, the alarm that it must raise, and what must sound how soon.

Limits are those of the kinds' rules: the time a danger must last, and a sampling period (domain figures in the rules).
"""

from typing import NamedTuple

from lilong_firmware.bus import ANSWERS, SILENT, heard
from lilong_protocol import codes

SECOND, MINUTE = 1_000, 60_000
Changes = tuple[tuple[str, int | None], ...]


class Danger(NamedTuple):
    """`on`: changes of the sensors, each with the ms after it; `off`: what ends it. code: of its alarm.

    limit_ms: after the last change alarm and outputs are there. outputs: those that it drives, and to what; it keeps
    them so while it lasts.
    """

    name: str
    on: tuple[tuple[str, int | None, int], ...]
    off: Changes
    code: int
    limit_ms: int
    outputs: Changes = ()
    also: tuple[int, ...] = ()  # alarms that come with it

    @property
    def channels(self) -> set[str]:
        return {channel for channel, _, _ in self.on} | {channel for channel, _ in self.off}


def _simple(channel: str, wrong: int | None, right: int, code: int, limit_ms: int, outputs: Changes = ()) -> Danger:
    name = f"{channel} {wrong}"
    return Danger(name, ((channel, wrong, 0),), ((channel, right),), code, limit_ms, outputs)


_SOUNDER, _BUZZER = (("sounder", 1),), (("buzzer", 1),)
_CALL = (("vibrate", 1), ("buzzer", 1))
_FELL = (("accel", 100, 300), ("accel", 4_000, 40), ("accel", 1_000, 0), ("motion", 0, 0))

DANGERS = {
    "smoke": (
        _simple("obscuration", 900, 5, codes.ALARM_SMOKE_ALARM, 8 * SECOND, _SOUNDER),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0),
        _simple("obscuration", None, 5, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "gas": (
        _simple("gas", 300, 0, codes.ALARM_GAS_LEAK, 30 * SECOND, (*_SOUNDER, ("valve", 1))),
        _simple("co", 5_000, 0, codes.ALARM_GAS_CO, 3 * MINUTE, _SOUNDER),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0),
        _simple("co", None, 0, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "door": (
        _simple("contact", 1, 0, codes.ALARM_DOOR_FORCED, 0, _BUZZER),
        Danger("held open", (("exit_button", 1, SECOND), ("contact", 1, 0)), (("contact", 0),),
               codes.ALARM_DOOR_HELD, 30 * SECOND, _BUZZER),
        Danger("wrong cards", (("credential", 8, SECOND),) * 5, (), codes.ALARM_DOOR_ATTEMPTS, 0),
        _simple("pin", 10_043, 0, codes.ALARM_DOOR_DURESS, 0),
        _simple("reader", 0, 1, codes.ALARM_DOOR_READER_OFFLINE, 8 * SECOND),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0, _BUZZER),
        _simple("contact", None, 0, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "streetlight": (
        _simple("leakage", 400, 0, codes.ALARM_LAMP_LEAKAGE_DETECTED, 15 * SECOND),
        _simple("temperature", 9_000, 2_500, codes.ALARM_LAMP_HIGH_TEMPERATURE, 2 * MINUTE),
        _simple("voltage", 2_400, 2_200, codes.ALARM_LAMP_SUPPLY_VOLTAGE_TOO_HIGH, 70 * SECOND),
        _simple("voltage", 0, 2_200, codes.ALARM_LAMP_SUPPLY_LOSS, 20 * SECOND),
        _simple("lux", None, 10_000, codes.ALARM_SENSOR_FAULT, 10 * SECOND),
        Danger("dusk", (("lux", 5, 0),), (("lux", 10_000),), 0, 70 * SECOND, (("lamp", 100),)),
    ),
    "manhole": (
        _simple("tilt", 300, 0, codes.ALARM_MANHOLE_MOVED, 2_500),
        Danger("flood", (("water", 50, 0),), (("water", 2_000),), codes.ALARM_MANHOLE_OVERFULL, 10 * SECOND, (),
               (codes.ALARM_MANHOLE_LEVEL,)),
        _simple("gas", 260, 0, codes.ALARM_MANHOLE_GAS, 10 * SECOND),
        _simple("h2s", None, 0, codes.ALARM_SENSOR_FAULT, 10 * SECOND),
    ),
    "shed_socket": (
        _simple("temperature", 8_000, 2_500, codes.ALARM_POWER_OVER_TEMPERATURE, 6 * SECOND, (("relay", 0),)),
        _simple("obscuration", 400, 5, codes.ALARM_SMOKE_ALARM, 8 * SECOND, (("relay", 0),)),
        Danger("a relay that sticks", (("current", 20_000, 0),), (("current", 0),), codes.ALARM_POWER_OVER_CURRENT,
               4 * SECOND, (("relay", 0),), (codes.ALARM_POWER_NOT_CUT,)),
        _simple("power", None, 0, codes.ALARM_SENSOR_FAULT, 0, (("relay", 0),)),
    ),
    "gateway": (
        _simple("mains", 0, 1, codes.ALARM_POWER_MAINS_LOSS, 3 * SECOND),
        _simple("battery", 5, 100, codes.ALARM_BATTERY_LOW, MINUTE),
        _simple("bus", heard(7, SILENT), heard(7, ANSWERS), codes.ALARM_GATEWAY_CHILD_OFFLINE, 92 * SECOND),
        _simple("battery", None, 100, codes.ALARM_SENSOR_FAULT, 0),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0),
    ),
    "vehicle_lane": (
        _simple("down", 0, 1, codes.ALARM_LANE_FORCED_OPEN, 0),
        _simple("up", 1, 0, codes.ALARM_LANE_FAULT, SECOND),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0),
        _simple("loop", None, 0, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "cycle_gate": (
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0, _BUZZER),
        Danger("e-bike", (("direction", 1, 0), ("tag", 7, 0)), (), codes.ALARM_GATE_EBIKE_IN_LOBBY, 0),
        _simple("reader", 0, 1, codes.ALARM_DOOR_READER_OFFLINE, 8 * SECOND),
        _simple("rssi", None, -60, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "wristband": (
        Danger("SOS", (("sos", 1, 0), ("sos", 0, 0)), (), codes.ALARM_BAND_SOS, 0, _CALL),
        Danger("fall", _FELL, (("motion", 1),), codes.ALARM_BAND_FALL, 31 * SECOND, _CALL),
        Danger("heart", (("motion", 0, 0), ("heart_rate", 30, 0)), (("motion", 1), ("heart_rate", 72)),
               codes.ALARM_BAND_HEART_RATE, 65 * SECOND),
        _simple("spo2", 80, 97, codes.ALARM_BAND_SPO2, 130 * SECOND),
        _simple("outside", 200, 0, codes.ALARM_BAND_GEOFENCE, 150 * SECOND),
        _simple("spo2", None, 97, codes.ALARM_SENSOR_FAULT, 10 * SECOND),
    ),
    "fence_zone": (
        _simple("pulse_return", 0, 6_200, codes.ALARM_FENCE_CUT, 3 * SECOND, (("light", 1),)),
        _simple("tension", 300, 150, codes.ALARM_FENCE_CLIMB, 4 * SECOND, (("light", 1),)),
        Danger("panic", (("panic", 1, 0), ("panic", 0, 0)), (), codes.ALARM_PANIC, 0, (("siren", 1), ("light", 1))),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0, (("light", 1),)),
        _simple("mains", 0, 1, codes.ALARM_POWER_MAINS_LOSS, 3 * SECOND),
        _simple("earth_voltage", None, 0, codes.ALARM_SENSOR_FAULT, 0),
    ),
    "intercom": (
        Danger("panic", (("panic", 1, 0), ("panic", 0, 0)), (), codes.ALARM_PANIC, 0),
        Danger("wrong cards", (("credential", 8, SECOND),) * 5, (), codes.ALARM_DOOR_ATTEMPTS, 0),
        _simple("pin", 10_043, 0, codes.ALARM_DOOR_DURESS, 0),
        _simple("tamper", 1, 0, codes.ALARM_TAMPER, 0, _BUZZER),
        _simple("path", None, 7, codes.ALARM_SENSOR_FAULT, 0),
    ),
}  # fmt: skip

# What comes and goes by turns while nobody hears of it: channel, wrong, right, ms between; its alarm.
FLAPS: dict[str, tuple[str, int | None, int, int, int]] = {
    "smoke": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "gas": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "door": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "streetlight": ("lux", None, 10_000, 11 * SECOND, codes.ALARM_SENSOR_FAULT),
    "manhole": ("gas", 260, 0, 11 * SECOND, codes.ALARM_MANHOLE_GAS),
    "shed_socket": ("power", None, 0, 6 * SECOND, codes.ALARM_SENSOR_FAULT),
    "gateway": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "vehicle_lane": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "cycle_gate": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "wristband": ("latitude", None, 0, SECOND, codes.ALARM_SENSOR_FAULT),
    "fence_zone": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
    "intercom": ("tamper", 1, 0, SECOND, codes.ALARM_TAMPER),
}
FLAPPINGS = 40

WARM_UP_MS = {"gas": 180 * SECOND}  # after a start it raises no alarm before
CLEAR_MS = 3 * MINUTE  # all conditions have ended so long after the last is gone

# Two for one sensor's channel, or for one person: not both in a round.
RIVALS = ({"credential", "pin"}, {"motion", "accel"}, {"up", "down"})


def exclude(one: Danger, other: Danger) -> bool:
    """They cannot be told apart when both are there."""
    if one.channels & other.channels or one.code == other.code:
        return True
    return any(one.channels & rivals and other.channels & rivals for rivals in RIVALS)

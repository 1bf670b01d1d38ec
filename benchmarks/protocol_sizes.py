"""Bytes of five messages as sealed frames, beside JSON, SenML-CBOR and Sparkplug B with the same content unsealed.

python benchmarks/protocol_sizes.py: exits with 1 when a sealed frame is larger than it was in the first prototype.
--verify decodes the Sparkplug B payloads with Google's protobuf, which must be installed.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import cbor2
from common import table
from lilong_protocol import codes, frame
from lilong_protocol.keys import MacKey
from lilong_protocol.registry import QUANTITY
from lilong_protocol.seal import UP, Seal

TENANT, DEVICE = "acme", "a4cf12fffe0b3c5d"
BOOT, SEQ, UPTIME, EPOCH = 412, 17, 8_640_123, 1_790_000_000_123
HEAD = {"boot": BOOT, "seq": SEQ, "uptime": UPTIME, "epoch": EPOCH, "quality": 2}
LAMP = {codes.Q_VOLTAGE: 2_301, codes.Q_POWER: 600, codes.Q_LAMP_LEVEL: 80, codes.Q_ILLUMINANCE: 5}
CAP = ("code", "severity", "urgency", "certainty")


class Case(NamedTuple):
    """A message. `said`: what it says beside its values; `rows`: (age ms, {quantity: integer}), newest first."""

    name: str
    cls: str
    kind: int
    limit: int | None  # bytes of the sealed frame in the prototype
    said: dict[str, int]
    rows: list[tuple[int, dict[int, int]]]

    def sealed(self) -> bytes:
        if self.kind == frame.TELEMETRY:
            columns = [[values[quantity] for _, values in self.rows] for quantity in self.rows[0][1]]
            body: dict[int, Any] = {0: list(self.rows[0][1]), 1: [age for age, _ in self.rows], 2: columns}
        else:
            body = {CAP.index(name): value for name, value in self.said.items()} | {4: self.rows[0][1]}
        payload = frame.pack(self.kind, body, BOOT, SEQ, UPTIME, EPOCH, 2)
        return Seal(MacKey(bytes(range(32))), TENANT, DEVICE, UP).seal(self.cls, payload)

    def json(self) -> bytes:
        rows = [named(values) | ({"age": age} if len(self.rows) > 1 else {}) for age, values in self.rows]
        values = {"values": rows[0]} if len(rows) == 1 else {"rows": rows}
        return json.dumps({"device": DEVICE} | HEAD | self.said | values, separators=(",", ":")).encode()

    def senml(self) -> bytes:
        """RFC 8428: base name and time once, a record for each number, integer labels."""
        records: list[dict[int, Any]] = [{0: name, 2: value} for name, value in (numbers() | self.said).items()]
        for age, values in self.rows:
            for quantity, value in values.items():
                kind = QUANTITY[quantity]
                scaled = value if kind.exponent == 0 else cbor2.CBORTag(4, [kind.exponent, value])
                records.append({0: kind.name, 1: kind.unit, 2: scaled} | ({6: -age // 1000} if age else {}))
        records[0] = {-2: f"urn:dev:mac:{DEVICE}:", -3: EPOCH // 1000} | records[0]
        return cbor2.dumps(records)

    def sparkplug(self) -> bytes:
        """Sparkplug 3.0 B payload with aliases, which spare the names; its seq is one byte."""
        metrics = [varint(2, alias) + varint(4, 7) + varint(10, value) for alias, value in self._aliased()]
        stamped = [
            varint(2, 32 + quantity) + varint(3, EPOCH - age) + varint(4, 3) + varint(10, value & 0xFFFFFFFF)
            for age, values in self.rows
            for quantity, value in values.items()
        ]
        return varint(1, EPOCH) + b"".join(field(2, metric) for metric in metrics + stamped) + varint(3, SEQ)

    def _aliased(self) -> Iterator[tuple[int, int]]:
        names = ("boot", "uptime", "quality", *CAP)
        for name, value in (numbers() | self.said).items():
            if name in names:
                yield names.index(name), value


def numbers() -> dict[str, int]:
    return {name: value for name, value in HEAD.items() if name != "epoch"}


def named(values: dict[int, int]) -> dict[str, int]:
    return {QUANTITY[quantity].name: value for quantity, value in values.items()}


def base128(n: int) -> bytes:
    data = bytearray()
    while n > 0x7F:
        data.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*data, n])


def varint(number: int, value: int) -> bytes:
    """A protobuf field of wire type 0."""
    return base128(number << 3) + base128(value)


def field(number: int, data: bytes) -> bytes:
    """A protobuf field of wire type 2."""
    return base128(number << 3 | 2) + base128(len(data)) + data


def alarm(code: int, certainty: int = 4) -> dict[str, int]:
    return {"code": code, "severity": 4, "urgency": 4, "certainty": certainty}


SMOKE = {codes.Q_OBSCURATION: 182, codes.Q_TEMPERATURE: 5_830, codes.Q_BATTERY: 87}
FALL = {
    codes.Q_BATTERY: 87, codes.Q_HEART_RATE: 112, codes.Q_ACCELERATION: 3_200, codes.Q_LATITUDE: 31_230_416,
    codes.Q_LONGITUDE: 121_473_701,
}  # fmt: skip
MOVED = {codes.Q_BATTERY: 87, codes.Q_TILT: 300, codes.Q_WATER_BELOW_RIM: 2_000, codes.Q_ACCELERATION: 1_750}
GRANTED = {codes.Q_DOOR_OPEN: 0, codes.Q_UNLOCKED: 1, codes.Q_CREDENTIAL: 0x2B7A51C3}
CASES = (
    Case("smoke alarm raise", "al", frame.RAISE, 78, alarm(codes.ALARM_SMOKE_ALARM), [(0, SMOKE)]),
    Case("door event", "ev", frame.EVENT, 79, {"code": codes.EVENT_DOOR_GRANTED}, [(0, GRANTED)]),
    Case("fall with position", "al", frame.RAISE, 94, alarm(codes.ALARM_BAND_FALL, 3), [(0, FALL)]),
    Case("manhole moved", "al", frame.RAISE, 84, alarm(codes.ALARM_MANHOLE_MOVED), [(0, MOVED)]),
    Case("lamp telemetry ×1", "tm", frame.TELEMETRY, 83, {}, [(0, LAMP)]),
    Case("lamp telemetry ×10, 6 s apart", "tm", frame.TELEMETRY, 192, {}, [(6_000 * n, LAMP) for n in range(10)]),
    Case("lamp telemetry ×8, 15 min apart", "tm", frame.TELEMETRY, None, {}, [(900_000 * n, LAMP) for n in range(8)]),
)


def verify() -> None:
    """Google's protobuf reads the same numbers from our Sparkplug B payloads, and writes the same bytes."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415

    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="b", syntax="proto2")
    for message, fields in {
        "Metric": (("alias", 2, 4), ("timestamp", 3, 4), ("datatype", 4, 13), ("int_value", 10, 13)),
        "Payload": (("timestamp", 1, 4), ("metrics", 2, 11), ("seq", 3, 4)),
    }.items():
        described = file.message_type.add(name=message)
        for name, number, kind in fields:
            described.field.add(name=name, number=number, type=kind, label=3 if kind == 11 else 1,
                                type_name=".b.Metric" if kind == 11 else None)  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    payload_class: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("b.Payload"))
    for case in CASES:
        payload = payload_class.FromString(case.sparkplug())
        assert payload.SerializeToString() == case.sparkplug(), case.name
        values = [metric.int_value for metric in payload.metrics][-sum(len(values) for _, values in case.rows) :]
        assert values == [value for _, values in case.rows for value in values.values()], case.name
    print("protobuf reads and writes the same Sparkplug B payloads")


def main() -> int:
    if "--verify" in sys.argv:
        verify()
    rows, broken = [], []
    for case in CASES:
        size = len(case.sealed())
        if case.limit is not None and size > case.limit:
            broken.append(f"{case.name}: {size} bytes sealed, {case.limit} are promised")
        others = [len(case.senml()), len(case.sparkplug()), len(case.json())]
        cells = [f"{other} ({other / size:.1f}×)" for other in others]
        rows.append((case.name, str(size), str(case.limit or "–"), *cells))
    table(("message", "sealed", "at most", "SenML-CBOR", "Sparkplug B", "JSON"), rows)
    print("\nA sealed frame has its device's id and a tag in it; of the others, only JSON and SenML name the device.")
    print("\n".join(broken))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

"""Every kind lives in a plain 64 KB heap of real MicroPython: at rest, and on the worst day that it can have."""

import pytest
from board_case import DEVICE, DOWNLINK, RESERVE, BoardCase, in_loop
from lilong_firmware.bus import ANSWERS, CLEARED, RAISED, SILENT, heard
from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.registry import KIND
from lilong_simulator.fleet.board_lines import Handled, Note, Offline, Online
from lilong_simulator.fleet.process import HEAP
from lilong_simulator.kinds import KINDS
from lilong_simulator.stimuli import ALARMS

MINUTE = 60_000
# As much as the busiest lobby of the estate has: residents, guests and staff, flats.
DOOR = {
    name: b"".join((first + n * 1_000).to_bytes(4, "big") for n in range(count))
    for name, first, count in (("cards", 0, 315), ("visitors", 1, 144), ("pins", 1_000_002, 90))
} | {"card_key": bytes(32)}
# A whole core of 290 devices, with six rows of linkage.
GATEWAY = {
    "children": b"".join((100).to_bytes(2, "big") + n.to_bytes(2, "big") for n in range(290)),
    "linkage": b"".join(
        len(row).to_bytes(2, "big") + row
        for row in [
            cbor.encode([1 + n, 1, 600, n == 1, bytes([1 + n]), bytes([255] * 37), 5, None, 0, bytes(20) + b"\xff"])
            for n in range(6)
        ]
    ),
}
# The plates of 400 bays; the tags of 600 e-bikes and of 150 bicycles.
LANE = {"cards": bytes(4 * 400), "paying": b"\x01", "card_key": bytes(32)}
GATE = {"cards": bytes(4 * 750), "bicycles": bytes(4 * 150), "lobby": b"\x01", "card_key": bytes(32)}
DATA = {
    "streetlight": {"calendar": bytes(148)},
    "door": DOOR,
    "intercom": DOOR,
    "gateway": GATEWAY,
    "vehicle_lane": LANE,
    "cycle_gate": GATE,
}
AT_REST = 3 * RESERVE  # bytes that are free, for messages, alarms and fragments
AFTERWARDS = 60_000

# (channel, value that is wrong, value that is right): what goes wrong in each round; of others their stimuli.
TROUBLES = {
    "smoke": (("obscuration", 400, 5), ("tamper", 1, 0), ("battery", 5, 100)),
    "gas": (("gas", 260, 0), ("co", 400, 0), ("tamper", 1, 0)),
    "door": (
        ("contact", 1, 0),
        ("credential", 8, 0),
        ("exit_button", 1, 0),
        ("credential", 1_000, 0),
        ("tamper", 1, 0),
        ("pin", 1_000_003, 0),
        ("reader", 0, 1),
    ),
    "streetlight": (
        ("lux", 5, 10_000),
        ("voltage", 1_500, 2_200),
        ("leakage", 400, 0),
        ("temperature", 9_000, 2_500),
        ("current", 500, 289),
    ),
    "shed_socket": (("current", 20_000, 0), ("temperature", 8_000, 2_500), ("obscuration", 400, 5), ("power", 900, 0)),
    "gateway": (
        *(("bus", heard(n, SILENT), heard(n, ANSWERS)) for n in range(30, 39)),
        ("bus", heard(1, RAISED, 1), heard(1, CLEARED, 1)),
        ("bus", heard(2, RAISED, 2), heard(2, CLEARED, 2)),
        ("tamper", 1, 0),
    ),
    "vehicle_lane": (
        ("confidence", 96, 0),
        ("plate", 77, 0),
        ("loop", 1, 0),
        ("down", 0, 1),
        ("up", 1, 0),
        ("tamper", 1, 0),
        ("approach", 1, 0),
        ("fire", 1, 0),
    ),
    "cycle_gate": (
        ("tamper", 1, 0),
        ("tag", 77, 0),
        ("direction", 2, 1),
        ("tag", 78, 0),
        ("exit_button", 1, 0),
        ("reader", 0, 1),
        ("fire", 1, 0),
    ),
    "manhole": (("tilt", 300, 0), ("shock", 3_000, 0), ("water", 90, 2_000), ("gas", 260, 0), ("h2s", 80, 0)),
    "wristband": (("sos", 1, 0), ("heart_rate", 140, 72), ("spo2", 80, 97), ("outside", 90, 0), ("worn", 0, 1)),
    "fence_zone": (
        ("pulse_return", 0, 6_200),
        ("tension", 300, 150),
        ("earth_voltage", 600, 0),
        ("mains", 0, 1),
        ("tamper", 1, 0),
        ("panic", 1, 0),
        ("pulse_energy", 5_001, 2_000),
    ),
    "intercom": (
        ("call", 101, 102),
        ("credential", 8, 0),
        ("credential", 1_000, 0),
        ("pin", 1_000_003, 0),
        ("tamper", 1, 0),
        ("panic", 1, 0),
    ),
}


def troubles(kind: str) -> tuple[tuple[str, int, int], ...]:
    if kind in TROUBLES:
        return TROUBLES[kind]
    return tuple((*alarm.begin.steps[0], alarm.end.steps[0][1]) for alarm in ALARMS[KIND[kind].number])


def test_a_device_gets_64_kilobytes_of_this_machines_bytes():
    assert HEAP == "64k"


@pytest.mark.parametrize("kind", KINDS)
@in_loop
async def test_a_connected_device_leaves_room_for_what_may_come(kind):
    async with BoardCase(kind, stepped=False, data=DATA.get(kind, {})) as case:
        await case.lines.take_a(Online)
        await case.frame(frame.BIRTH)
        # A stale pointer only hides what is free, so the most of some readings is nearest.
        assert max([(await case.process.memory()).free for _ in range(4)]) >= AT_REST


async def a_round(case: BoardCase, kind: str, at: int) -> None:
    """Ten minutes: each trouble comes, the link breaks, junk arrives, each trouble goes."""
    wrong = [(channel, value) for channel, value, _ in troubles(kind)]
    right = [(channel, value) for channel, _, value in troubles(kind)]
    for i, change in enumerate(wrong):
        await case.at(at + 1_000 * i, change)
    await case.at(at + 3 * MINUTE)
    if DEVICE in case.broker.sessions:
        case.broker.drop(DEVICE)
        await case.lines.take(lambda line: isinstance(line, Offline) and line.why)
    await case.at(at + 5 * MINUTE)
    for i, change in enumerate(right):
        await case.at(at + 5 * MINUTE + 1_000 * i, change)
    if DEVICE in case.broker.sessions:
        case.deliver(topics.COMMAND, bytes(256))  # more than any command has
        await case.lines.take_a(Handled)
    await case.at(at + 10 * MINUTE)


def reset(case: BoardCase, counter: int) -> None:
    """An operator's reset of every alarm that has ended."""
    birth = case.frames(frame.BIRTH)[-1].frame
    payload = frame.pack(
        frame.COMMAND, {0: codes.CMD_RESET, 1: {}}, counter=counter, target=birth.boot, nonce=birth.nonce,
        deadline=1 << 40,
    )  # fmt: skip
    case.deliver(topics.COMMAND, DOWNLINK.seal(topics.COMMAND, payload))


async def a_long_day(kind: str, heap: str, rounds_without: int) -> None:
    """Rounds without a backend, then six with one."""
    async with BoardCase(kind, heap=heap, data=DATA.get(kind, {})) as case:
        await case.at(0)
        for number in range(rounds_without):
            await a_round(case, kind, (1 + 10 * number) * MINUTE)
        case.broker.answer = case.backend
        for number in range(rounds_without, rounds_without + 6):
            reset(case, number + 1)
            await a_round(case, kind, (1 + 10 * number) * MINUTE)
        whys = [line.why for line in case.lines.all if isinstance(line, Offline)]
        assert not [why for why in whys if "memory" in why]
        assert len(case.frames(frame.BIRTH)) > 6
        assert [line for line in case.lines.all if isinstance(line, Note) and line.what == "stored"]
        assert (await case.process.memory()).allocated < AFTERWARDS


@pytest.mark.parametrize("kind", KINDS)
@in_loop
async def test_no_memory_error_in_an_hour_of_alarms_broken_links_and_junk(kind):
    await a_long_day(kind, HEAP, 1)


@pytest.mark.parametrize("kind", KINDS)
@in_loop
async def test_a_full_outbox_and_a_full_queue_fit_too(kind):
    await a_long_day(kind, HEAP, 4)

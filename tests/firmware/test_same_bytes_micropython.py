"""A device does the same on real MicroPython as in virtual time: every published byte, every output, every note."""

import pytest
from board_case import BoardCase, in_loop
from harness import HOUR, MINUTE, Host
from lilong_firmware.effects import NOTE, OUTPUT
from lilong_protocol import topics
from lilong_simulator.fleet.board_lines import Note, Output

CARDS = (7, 1_000)
DATA = {"cards": b"".join(card.to_bytes(4, "big") for card in CARDS), "card_key": bytes(range(32))}

# What the sensors read, and when (ms); the last time is how long the device runs.
SCRIPTS = {
    "smoke": ((0, "battery", 9), (5_000, "obscuration", 400), (90_000, "obscuration", 5), (200_000, "tamper", 1),
              (10 * MINUTE, "tamper", 0), (15 * MINUTE, "", 0)),
    "gas": ((0, "gas", 3), (4 * MINUTE, "gas", 260), (5 * MINUTE, "gas", 0), (6 * MINUTE, "co", 400),
            (30 * MINUTE, "co", 0), (40 * MINUTE, "", 0)),
    "door": ((1_500, "credential", 7), (2_000, "contact", 1), (5_000, "contact", 0), (9_000, "credential", 8),
             (20_000, "exit_button", 1), (21_000, "contact", 1), (80_000, "contact", 0), (90_000, "contact", 1),
             (2 * MINUTE, "tamper", 1), (5 * MINUTE, "", 0)),
    "streetlight": ((0, "lux", 10_000), (0, "power", 5), (10 * MINUTE, "lux", 5), (12 * MINUTE, "power", 600),
                    (HOUR, "power", 0), (3 * HOUR, "lux", 10_000), (4 * HOUR, "", 0)),
    "manhole": ((0, "battery", 90), (MINUTE, "shock", 2_000), (MINUTE, "tilt", 300), (HOUR, "water", 90),
                (2 * HOUR, "water", 2_000), (3 * HOUR, "h2s", 80), (4 * HOUR, "", 0)),
    "wristband": ((0, "battery", 80), (3_000, "sos", 1), (4_000, "sos", 0), (20_000, "heart_rate", 131),
                  (30_000, "outside", 60), (40_000, "worn", 0), (MINUTE, "", 0)),
    "fence_zone": ((2_500, "tension", 300), (6_000, "pulse_return", 0), (10_000, "tension", 150), (12_000, "panic", 1),
                   (13_000, "panic", 0), (20_000, "pulse_return", 6_200), (30_000, "mains", 0),
                   (40_000, "pulse_energy", 6_000), (MINUTE, "", 0)),
    "intercom": ((1_500, "call", 101), (2_000, "callee", 9), (3_000, "callee", 10), (5_000, "callee", 13),
                 (20_000, "credential", 7), (21_000, "credential", 8), (30_000, "panic", 1), (31_000, "callee", 26),
                 (40_000, "tamper", 1), (MINUTE, "", 0)),
}  # fmt: skip


def virtual(kind, answers):
    """What the device does in CPython, which skips the samples that change nothing."""
    host = Host(kind, latency=0, acks=answers, times=answers, data=DATA)
    for at, channel, value in SCRIPTS[kind]:
        if channel:
            host.at(at, host.set, channel, value)
    host.run_to(SCRIPTS[kind][-1][0])
    return {
        "sent": [(sent.cls, sent.data.hex()) for sent in host.sent],
        "outputs": [tuple(effect[1:]) for _, effect in host.trace if effect[0] == OUTPUT],
        "notes": [tuple(effect[1:]) for _, effect in host.trace if effect[0] == NOTE],
    }


async def on_micropython(kind, answers):
    """What it does on a board, which takes every sample."""
    async with BoardCase(kind, data=DATA) as case:
        if answers:
            case.broker.answer = case.backend
        for at in sorted({at for at, _, _ in SCRIPTS[kind]}):
            changes = [(channel, value) for then, channel, value in SCRIPTS[kind] if then == at and channel]
            await case.at(at, *changes)
        return {
            "sent": [(sent.cls, sent.data.hex()) for sent in case.frames()],
            "outputs": [tuple(line[:-1]) for line in case.lines.all if isinstance(line, Output)],
            "notes": [tuple(line[:-1]) for line in case.lines.all if isinstance(line, Note)],
        }


@pytest.mark.parametrize("answers", [False, True], ids=["nobody answers", "a backend answers"])
@pytest.mark.parametrize("kind", sorted(SCRIPTS))
@in_loop
async def test_the_same_bytes(kind, answers):
    expected = virtual(kind, answers)
    assert {topics.STATE, topics.ALARM} <= {cls for cls, _ in expected["sent"]}
    assert await on_micropython(kind, answers) == expected

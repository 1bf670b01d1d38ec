"""An intercom: calls that are answered, passed on, cut short; cards and PINs; a call for help."""

from harness import SECOND, codes

from .door import GIVEN

GIVEN = dict(GIVEN, discreet=b"\x00\x00\x00\x67")  # flat 103
RINGS, ANSWERS, BUSY, HANGS_UP, OPENS = 1, 2, 3, 4, 5
FLAT, APP, DESK = 8, 16, 24  # side * 8
VALUES = {
    "call": (0, 101, 102, 103, 1 << 32),
    "callee": tuple([side + says for side in (FLAT, APP, DESK) for says in (0, RINGS, ANSWERS, BUSY, HANGS_UP, OPENS)]),
    "path": (0, 1, 2, 4, 6, 7),
    "cancel": (0, 1),
    "credential": (0, 7, 8, 1_000, 2_000),
    "pin": (0, 10_042, 10_043, 10_044),
    "panic": (0, 1),
    "tamper": (0, 1),
}
COMMANDS = (codes.CMD_UNLOCK, codes.CMD_FIRE_RELEASE, codes.CMD_RESET, codes.CMD_CARD_REVOKE, codes.CMD_CARDS_CONFIRM)
STORIES = (
    (("call", 101, SECOND), ("callee", FLAT + RINGS, SECOND), ("callee", FLAT + ANSWERS, SECOND),
     ("callee", FLAT + OPENS, 6 * SECOND)),
    (("call", 102, 6 * SECOND), ("callee", APP + RINGS, 21 * SECOND), ("callee", DESK + BUSY, SECOND)),
    (("call", 103, 0), ("callee", FLAT + RINGS, 0), ("call", 101, 0), ("callee", FLAT + ANSWERS, 121 * SECOND)),
    (("call", 101, 61 * SECOND),),
    (("path", 6, 0), ("call", 101, 0), ("callee", APP + ANSWERS, SECOND), ("path", 0, SECOND), ("path", 7, 0)),
    (("pin", 10_043, 6 * SECOND),),
    (("credential", 8, SECOND),) * 5,
    (("credential", 7, SECOND), ("pin", 10_042, SECOND)),
    (("call", 101, SECOND), ("panic", 1, SECOND), ("panic", 0, 0), ("callee", DESK + ANSWERS, SECOND),
     ("callee", DESK + HANGS_UP, SECOND)),
    (("call", 101, SECOND), ("cancel", 1, SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("path", None, SECOND), ("path", 7, SECOND)),
)  # fmt: skip

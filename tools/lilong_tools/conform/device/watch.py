"""What holds of every frame that a device has sent, whatever it was asked: judged once, over all scenarios."""

from collections.abc import Callable
from functools import partial

from lilong_protocol import codes, frame, topics
from lilong_protocol.registry import ALARM

from ..tally import Tally
from .bench import Bench
from .seen import Seen

CASE = "everything seen"
_PRIVATE = (codes.Q_HEART_RATE, codes.Q_SPO2, codes.Q_LATITUDE, codes.Q_LONGITUDE)
_KEPT = (topics.EVENT, topics.ALARM)  # no number of these is left out
CLAIMS = {
    "LIL-SEAL-001": "every frame is sealed as it must be, for its own topic",
    "LIL-CBOR-001": "every payload is deterministic CBOR",
    "LIL-FRAME-001": "every payload and body has the keys and shapes of REFERENCE",
    "LIL-TOPIC-001": "every class is published at its QoS",
    "LIL-TOPIC-002": "every kind travels on its own class",
    "LIL-EVENT-001": "numbers rise by one per boot and class, each with one frame; the will takes none",
    "LIL-SESSION-004": "every birth and heartbeat carries the nonce of its boot, no two boots the same",
    "LIL-SESSION-011": "no health value and no position is in a retained message",
    "LIL-TELE-001": "every telemetry batch has columns and ages that fit",
    "LIL-ALARM-006": "updates and clears name a raise",
    "LIL-ALARM-019": "every raise has the urgency and certainty of its row, and as severity 5 minus its level",
    "LIL-ALARM-020": "every update and clear names the raise of its alarm",
}


class Watch:
    """Takes in what each bench has seen; the first violation of each sentence is told."""

    claims = CLAIMS

    def __init__(self) -> None:
        self._judge = Tally(CASE, CLAIMS, "no such frame was seen")
        self.results = self._judge.results

    def take(self, bench: Bench) -> None:
        """Judge all that a bench has seen."""
        live = [one for one in bench.seen if not one.retained]
        for one in live:
            self._frame(one, partial(bench.words, one))
        sound = [one for one in live if one.problem is None]
        self._numbers(sound, not bench.overflows)
        self._references(sound)
        self._nonces(sound)

    def _frame(self, one: Seen, told: Callable[[], str]) -> None:
        """`told`: gives the frame in words."""
        problem = one.problem
        for id_ in ("LIL-SEAL-001", "LIL-CBOR-001", "LIL-FRAME-001", "LIL-TOPIC-002"):
            self._judge(id_, problem is None or problem[0] != id_, "" if problem is None else problem[1], told)
        if problem is not None:
            return
        qos = topics.up_qos(one.cls)
        self._judge("LIL-TOPIC-001", one.qos == qos, f"u/{one.cls} at QoS {one.qos}, not {qos}", told)
        if one.kind == frame.DEATH:
            self._judge("LIL-EVENT-001", one.frame.seq is None, "the will carries a number", told)
        if topics.retained(one.cls):
            values = one.body.get(7) if one.kind == frame.BIRTH else None
            private = [number for number in _PRIVATE if isinstance(values, dict) and number in values]
            self._judge("LIL-SESSION-011", not private, f"quantities {private} in a retained message", told)
        if one.kind == frame.TELEMETRY:
            ages = one.body.get(1, [])
            fits = all(isinstance(age, int) and 0 <= age <= one.frame.uptime for age in ages)
            self._judge("LIL-TELE-001", fits, f"ages {ages} at uptime {one.frame.uptime}", told)
        if one.kind in (frame.UPDATE, frame.CLEAR):
            self._judge("LIL-ALARM-006", one.told[0] <= one.frame.boot, f"a boot to come: {one.told}", told)

        if one.kind == frame.RAISE and one.body[0] in ALARM:
            rated, right = tuple(one.body[key] for key in (1, 2, 3)), codes.cap(one.body[0])
            self._judge("LIL-ALARM-019", rated == right, f"{rated}, not {right}", told)

    def _references(self, sound: list[Seen]) -> None:
        alarms = [one for one in sound if one.cls == topics.ALARM]
        raises = {one.ref: one.body[0] for one in alarms if one.kind == frame.RAISE}
        begun = {one.frame.boot for one in alarms if one.frame.seq == 1}  # boots whose raises have been seen
        for one in alarms:
            if one.kind != frame.RAISE and one.told[0] in begun:
                right = raises.get(one.told) == one.body[0]
                self._judge("LIL-ALARM-020", right, f"{one.told} is no raise of alarm {one.body[0]}")

    def _numbers(self, sound: list[Seen], whole_: bool) -> None:
        first: dict[tuple[int, str, int], bytes] = {}
        whole: dict[tuple[int, str], list[int]] = {}
        for one in sound:
            boot, seq = one.ref
            if seq is None:
                continue
            known = first.setdefault((boot, one.cls, seq), one.data)
            self._judge("LIL-EVENT-001", known == one.data, f"two frames under number {seq} of u/{one.cls}")
            numbers = whole.setdefault((boot, one.cls), [])
            if seq not in numbers:
                numbers.append(seq)
        for (boot, cls), numbers in whole.items():
            if cls in (topics.HEARTBEAT, topics.TELEMETRY, topics.STATE):
                rise = numbers == sorted(numbers)
                self._judge("LIL-EVENT-001", rise, f"u/{cls} of boot {boot}: {numbers[:12]}")
            elif whole_ and cls in _KEPT and (boot, topics.STATE, 1) in first:  # seen from its beginning
                gaps = sorted(numbers) != list(range(1, len(numbers) + 1))
                self._judge("LIL-EVENT-001", not gaps, f"u/{cls} of boot {boot}: {sorted(numbers)[:12]}")

    def _nonces(self, sound: list[Seen]) -> None:
        boots: dict[int, bytes] = {}
        for one in sound:
            if one.kind in (frame.BIRTH, frame.HEARTBEAT):
                same = boots.setdefault(one.frame.boot, one.frame.nonce) == one.frame.nonce
                self._judge("LIL-SESSION-004", same, f"two nonces in boot {one.frame.boot}")
        self._judge("LIL-SESSION-004", len(set(boots.values())) == len(boots), "one nonce in two boots")

"""What holds of every downlink, whatever was sent: judged once, over all scenarios."""

from functools import partial

from lilong_protocol import frame
from lilong_protocol.pc.bodies import well_formed
from lilong_protocol.registry import MESSAGE

from ..tally import Tally
from .bench import Bench

CASE = "everything told"
CLAIMS = {
    "LIL-SEAL-002": "every downlink is sealed for its device and topic with a tag of 32 bytes",
    "LIL-FRAME-001": "every payload and body has the keys and shapes of REFERENCE",
    "LIL-TOPIC-002": "every kind travels on its own class",
    "LIL-ALARM-011": "every stored-ack names the bytes of a frame that was sent",
    "LIL-ALARM-020": "every stored-ack names the frame that it answers",
    "LIL-CMD-006": "counters of a device rise",
}


class Watch:
    """Takes in what each bench was told; the first violation of each sentence is kept."""

    claims = CLAIMS

    def __init__(self) -> None:
        self._judge = Tally(CASE, CLAIMS, "no such downlink came")
        self.results = self._judge.results
        self._counters: dict[str, int] = {}

    def take(self, bench: Bench) -> None:
        """Judge all that a bench was told."""
        for one in bench.told:
            problem, told = one.problem, partial(bench.words, one)
            for id_ in ("LIL-SEAL-002", "LIL-FRAME-001"):
                self._judge(id_, problem is None or problem[0] != id_, "" if problem is None else problem[1], told)
            if problem is not None:
                continue
            known = MESSAGE.get(one.kind)
            shaped = known is not None and not known.uplink and well_formed(one.kind, one.body)
            self._judge("LIL-FRAME-001", shaped, f"kind {one.kind}: {one.body}", told)
            self._judge("LIL-TOPIC-002", known is None or known.cls == one.cls, f"kind {one.kind} on d/{one.cls}", told)
            if one.kind == frame.STORED_ACK:
                sent = bench.sent.get(one.body.get(0) or b"") == one.device
                self._judge("LIL-ALARM-011", sent, f"{one.frame.ref}: the tag is of no frame of {one.device}", told)
                name = bench.names.get(one.body.get(0) or b"")
                if name is not None:
                    self._judge("LIL-ALARM-020", tuple(one.frame.ref) == name, f"{one.frame.ref}, not {name}", told)
            counter = one.frame.counter
            if counter is not None:
                last = self._counters.get(one.device, -1)
                self._judge("LIL-CMD-006", counter > last, f"{counter} after {last}", told)
                self._counters[one.device] = max(counter, last)

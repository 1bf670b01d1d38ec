"""Bad backends: the management centre's own core with one fault in what it does, in virtual time.

Each speaks the protocol as the right one does, so that its fault shows in the score alone.
"""

from lilong_protocol import frame
from lilong_protocol.codes import (
    ALARM_CAMERA_FALLING_OBJECT,
    ALARM_FENCE_CLIMB,
    ALARM_SMOKE_ALARM,
    EVENT_CAMERA_SEEN,
)
from lilong_protocol.pc.findings import FIRE_FORWARDED
from lilong_protocol.topics import ALARM, EVENT, parse
from lilong_simulator.fleet.spoken import said_of
from lilong_tools.centre.core import Core
from lilong_tools.virtual_centre import CentreInTheLoop

SECOND = 1_000


class Right(CentreInTheLoop):
    """None at all."""


class DropsOneInAThousand(CentreInTheLoop):
    """Every thousandth alarm never gets in, however often its device repeats it."""

    EVERY = 1_000

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._seen, self._lost = set(), set()

    def receive(self, now, topic, payload, retained):
        _, device, _, cls = parse(topic)
        if cls == ALARM:
            said = said_of(payload)
            raised = (device, *said.ref) if said.ref else (device, said.boot, said.seq)
            if said.kind == frame.RAISE and raised not in self._seen:
                self._seen.add(raised)
                if len(self._seen) % self.EVERY == 0:
                    self._lost.add(raised)
            if raised in self._lost:
                return
        super().receive(now, topic, payload, retained)


class LosesOneInEight(DropsOneInAThousand):
    """And one that loses what a camera would only have missed."""

    EVERY = 8


class AcknowledgesLate(CentreInTheLoop):
    """An alarm waits half a minute before it is looked at."""

    WAIT_MS = 30 * SECOND

    def receive(self, now, topic, payload, retained):
        if parse(topic)[3] == ALARM:
            self._fleet.call(self.WAIT_MS, self._late, topic, payload, retained)
        else:
            super().receive(now, topic, payload, retained)

    def _late(self, topic, payload, retained):
        super().receive(int(self._fleet.env.now), topic, payload, retained)


class TakesTwelveSeconds(AcknowledgesLate):
    """Within twenty seconds of a fire whose detector was quick, and yet more than ten for itself."""

    WAIT_MS = 12 * SECOND


class _Rewrites(CentreInTheLoop):
    """What it does is not what it says to devices: `feed_of` tells what it really did."""

    def _settle(self):
        before = len(self.feed)
        super()._settle()
        self.feed[before:] = self.feed_of(self.feed[before:])

    def feed_of(self, rows):
        return rows


class MergesSimultaneousAlarms(_Rewrites):
    """Alarms of one kind within a minute of one another become the first of them; all are acknowledged."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._last, self._merged = {}, set()

    def feed_of(self, rows):
        for row in rows:
            if row["event"] == "stored":
                if row["at"] - self._last.get(row["code"], -(10**9)) < 60 * SECOND:
                    self._merged.add(row["alarm"])
                self._last[row["code"]] = row["at"]
        return [row for row in rows if row["alarm"] not in self._merged]


class AcknowledgesWithoutStoring(_Rewrites):
    """The device is told that its alarm is durable; it is nowhere."""

    def feed_of(self, rows):
        return [row for row in rows if row["event"] != "stored"]


class StoresTwice(_Rewrites):
    """Each repeat of an alarm, and there is one of each, is another commit."""

    def feed_of(self, rows):
        return [again for row in rows for again in ([row, row] if row["event"] == "stored" else [row])]


class Reorders(_Rewrites):
    """What comes first of a device is committed after what comes next."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._held = {}

    def feed_of(self, rows):
        told = []
        for row in rows:
            if row["event"] != "stored":
                told.append(row)
            elif row["device"] in self._held:
                told += [row, {**self._held.pop(row["device"]), "at": row["at"]}]
            else:
                self._held[row["device"]] = row
        return told


class ClearsOnDeviceDeath(_Rewrites):
    """A device that is dead takes its alarms with it, within half a minute."""

    def feed_of(self, rows):
        for row in rows:
            if row["event"] == "stored" and row["device"] in self._fleet._members and not row.get("finding"):
                self._fleet.call(30 * SECOND, self._forget, row)
        return rows

    def _forget(self, row):
        if self._fleet._members[row["device"]].burnt:
            self.feed.append({**row, "event": "cleared", "at": self._now()})
        else:
            self._fleet.call(30 * SECOND, self._forget, row)


class ForgetsAfterRestart(CentreInTheLoop):
    """It restarts three seconds after its first alarm, with an empty memory."""

    PAUSE_MS = 3_000

    def __init__(self, estate, key, epoch_zero, seed, log):
        super().__init__(estate, key, epoch_zero, seed, log)
        self._made_of = estate, key
        self._restarts = False

    def _settle(self):
        super()._settle()
        if not self._restarts and any(row["event"] == "stored" for row in self.feed):
            self._restarts = True
            self._fleet.call(self.PAUSE_MS, self._restart)

    def _restart(self):
        estate, key = self._made_of
        self._core = Core(estate, key, self._now(), durable=False)
        self._engine = self._core.engine
        self._supervision = self._engine.presence.supervision


class ForgetsWhatItStored(ForgetsAfterRestart):
    """It is killed between its first commit and the stored-acks of it, and remembers nothing: a repeat is new to it."""

    PAUSE_MS = 1

    def _restart(self):
        super()._restart()
        self._killed = True

    def _send(self, publishes):
        if self.__dict__.pop("_killed", False):
            return  # what the one before it wanted to say
        super()._send(publishes)


class NeverShows(_Rewrites):
    """No console ever has an alarm; people answer all the same."""

    def feed_of(self, rows):
        return [row for row in rows if row["event"] != "shown"]


class ForgetsOnceAnswered(_Rewrites):
    """What a person has answered is over, as far as it knows; it says so to nobody."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._answered = set()

    def feed_of(self, rows):
        self._answered.update(row["alarm"] for row in rows if row["event"] == "acknowledged")
        return [{**row, "members": [one for one in row["members"] if one not in self._answered]}
                if row["event"] == "open" else row for row in rows]  # fmt: skip


class _Tells(_Rewrites):
    """It tells something of what it stores that is not so."""

    def feed_of(self, rows):
        return [{**row, **self.told(row)} if row["event"] == "stored" else row for row in rows]


class DatesByArrival(_Tells):
    """What has waited for its link happened when it came."""

    def told(self, row):
        return {"raised_at": row["at"]} if "raised_at" in row else {}


class CountsFromTheRoof(_Tells):
    """Of a building of 31 storeys."""

    def told(self, row):
        values = row.get("values", {})
        return {"values": {**values, "storey": 31 - values["storey"]}} if "storey" in values else {}


class KeepsNoClip(_Tells):
    """It throws away which clip shows it."""

    def told(self, row):
        return {"values": {name: value for name, value in row.get("values", {}).items() if name != "clip"}}


class AllIsMild(_Tells):
    """Every alarm is a notice."""

    def told(self, row):
        return {"level": 4} if "level" in row and not row.get("finding") else {}


class SendsAnyone(_Tells):
    """Whoever is free goes, whatever cell it is."""

    def told(self, row):
        return {"officer": "Wang Wei"} if "officer" in row else {}


class NobodyArrives(_Rewrites):
    """An officer is sent, and never says that he is there."""

    def feed_of(self, rows):
        return [row for row in rows if row["event"] != "on_site"]


class LocksAgain(_Rewrites):
    """A minute after its first fire alarm somebody there locks every door, whatever burns."""

    def feed_of(self, rows):
        if any(row["event"] == "stored" and row["code"] == ALARM_SMOKE_ALARM for row in rows):
            self._fleet.call(60 * SECOND, self._lock)
        return rows

    def _lock(self):
        for device in self._fleet._members:
            if self._core.register.get(device).kind == "door":
                self._core.command(self._now(), device, "reset", {}, "Wang")
        self._settle()


class ResetsUnasked(_Rewrites):
    """It resets the zones of a fence by itself, so that no person has looked; people still reset doors."""

    def feed_of(self, rows):
        of = self._core.register.get
        return [row for row in rows if row["event"] != "reset" or of(row["device"]).kind != "fence_zone"]


class EndsWithTheTouch(_Rewrites):
    """What nobody touches any more is over for it, whatever the zone says."""

    def feed_of(self, rows):
        told = []
        for row in rows:
            told.append(row)
            if row["event"] == "stored" and row["code"] == ALARM_FENCE_CLIMB:
                told.append({**row, "event": "cleared", "at": row["at"] + 8 * SECOND})
        return told


class LetsCopiesIn(CentreInTheLoop):
    """It tells every door that asks that the card is nowhere else."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        passages = self._core.findings._passages
        self._right, passages.elsewhere = passages.elsewhere, self._answer

    def _answer(self, now, device, card, at):
        return False


class AnswersNobody(LetsCopiesIn):
    """Doors ask it, and it says nothing: they decide by themselves."""

    def _answer(self, now, device, card, at):
        return None


class TellsReturnersLate(CentreInTheLoop):
    """A reader that is back hears of what was revoked meanwhile two minutes later, its other orders at once."""

    def attach(self, fleet):
        super().attach(fleet)
        cards, since = self._core.cards, {}
        proceed, back = cards.proceed, cards.back

        def is_back(now_ms, device):
            since[device] = now_ms
            back(now_ms, device)

        def proceeds(now_ms, device):
            if fleet._members[device].online and now_ms >= since.get(device, 0) + 120 * SECOND:
                proceed(now_ms, device)

        cards.back, cards.proceed = is_back, proceeds


class RevokesSlowly(CentreInTheLoop):
    """A revoked card is on its list at once, and readers hear of it three quarters of a minute later."""

    SLOW_MS = 45 * SECOND

    def attach(self, fleet):
        super().attach(fleet)
        cards, proceed = self._core.cards, self._core.cards.proceed

        def proceeds(now_ms, device):
            due = max((one.at_ms for one in cards._list), default=-self.SLOW_MS) + self.SLOW_MS
            if now_ms >= due:
                proceed(now_ms, device)
            else:
                fleet.call(due - now_ms, later, due, device)

        def later(due, device):
            proceed(due, device)
            self._settle()

        cards.proceed = proceeds


class RevokesOnPaper(LetsCopiesIn):
    """A card that is copied is on its list, and no reader hears of it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._revoked = False

    def _answer(self, now, device, card, at):
        """The copy is found, as by the right one; from then on nobody is elsewhere."""
        return not self._revoked and self._right(now, device, card, at)

    def _do(self, action):
        if action.what == "revoke":
            self._revoked = True
            row = {"at": self._now(), "event": "revoked", "alarm": "", "device": "", "code": 0, "boot": 0, "seq": 0}
            self.feed.append(row)
        else:
            super()._do(action)


class ForwardsLate(CentreInTheLoop):
    """The brigade hears of a fire ten seconds after it was confirmed."""

    def _forward(self, post):
        self._fleet.call(10 * SECOND, super()._forward, post)


class NeverForwards(CentreInTheLoop):
    """The brigade hears of nothing."""

    def _forward(self, post):
        pass


class ForwardsTwice(_Rewrites):
    """The same fire is two for the brigade: each message has a key of its own."""

    def feed_of(self, rows):
        return [again for row in rows for again in ([row, {**row, "alarm": row["alarm"] + "-2"}]
                if row.get("finding") == "fire.forwarded" and row["event"] == "stored" else [row])]  # fmt: skip


class ForwardsAtOnce(_Rewrites):
    """One detector is enough to send the brigade."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._sent = False

    def feed_of(self, rows):
        told = []
        for row in rows:
            if row.get("finding") == "fire.forwarded":
                continue
            told.append(row)
            if row["event"] == "stored" and row["code"] == ALARM_SMOKE_ALARM and not self._sent:
                self._sent = True
                told.append({
                    **row, "alarm": "f-1", "device": "", "code": FIRE_FORWARDED.number, "boot": 0, "seq": 0,
                    "finding": FIRE_FORWARDED.name, "members": [row["device"]],
                })  # fmt: skip
        return told


class AnswersSlowly(CentreInTheLoop):
    """A person takes a minute and more for each call, and each still keeps its own limit."""

    def _do(self, action):
        if action.what == "acknowledge":
            self._fleet.call(62 * SECOND, super()._do, action)
        else:
            super()._do(action)


class ArrivesSlowly(CentreInTheLoop):
    """Officers need most of the hour in which they must be there."""

    def _do(self, action):
        if action.what == "arrive":
            self._fleet.call(2_300 * SECOND, super()._do, action)
        else:
            super()._do(action)


class RaisesBirds(_Rewrites):
    """What a camera has merely noted is an alarm here."""

    def receive(self, now, topic, payload, retained):
        super().receive(now, topic, payload, retained)
        said = said_of(payload)
        if parse(topic)[3] == EVENT and said.body and said.body[0] == EVENT_CAMERA_SEEN:
            device, seq = parse(topic)[1], 100_000 + said.seq
            self.feed.append({
                "at": self._now(), "event": "stored", "alarm": f"{device}-{said.boot}-{seq}", "device": device,
                "code": ALARM_CAMERA_FALLING_OBJECT, "boot": said.boot, "seq": seq,
            })  # fmt: skip


class ThrowsAwayWhatWaited(_Rewrites):
    """Of ten events that had waited for their link it keeps nine."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._came = 0

    def feed_of(self, rows):
        told = []
        for row in rows:
            self._came += row["event"] == "recorded"
            if row["event"] != "recorded" or self._came % 10:
                told.append(row)
        return told


class RecordsLate(_Rewrites):
    """What had waited waits for ten minutes more."""

    def feed_of(self, rows):
        return [{**row, "at": row["at"] + 600 * SECOND} if row["event"] == "recorded" else row for row in rows]


class TellsOfNoRecord(_Rewrites):
    """Its feed has alarms and findings alone."""

    def feed_of(self, rows):
        return [row for row in rows if row["event"] != "recorded"]


class ServesInTurn(CentreInTheLoop):
    """One queue, in the order of arrival, and 20 s a message: what pulls at a fence delays a cover."""

    SERVICE_MS = 20 * SECOND

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._free = 0

    def receive(self, now, topic, payload, retained):
        if parse(topic)[3] != ALARM:
            super().receive(now, topic, payload, retained)
            return
        self._free = max(now, self._free) + self.SERVICE_MS
        self._fleet.call(self._free - now, self._serve, topic, payload, retained)

    def _serve(self, topic, payload, retained):
        super().receive(int(self._fleet.env.now), topic, payload, retained)


class ListsEachAlone(_Rewrites):
    """It finds the feeder, and goes on telling of each of a thousand silent devices as if it had not."""

    def feed_of(self, rows):
        return [{key: value for key, value in row.items() if key != "part_of"} for row in rows]


class FindsNothing(_Rewrites):
    """It concludes nothing by itself: silence, strangers and falls are nobody's business."""

    def feed_of(self, rows):
        return [row for row in rows if not row.get("finding")]


PLANTED = {
    MergesSimultaneousAlarms: {"missed"},
    AcknowledgesWithoutStoring: {"missed"},
    AcknowledgesLate: {"late", "over its limit"},  # its console and its people are late too
    ClearsOnDeviceDeath: {"cleared"},
    Reorders: {"out of order", "late"},  # what it holds back comes too late
    StoresTwice: {"duplicate"},
    ForgetsAfterRestart: {"missing", "undetected"},  # nobody answers, nobody resets: what latches cannot be raised anew
    ForgetsWhatItStored: {"duplicate", "over its limit", "missing", "undetected"},  # and what the one above does
    NeverShows: {"missing"},
    AllIsMild: {"untrue"},
}
"""The bad ones, and the words that name them; DropsOneInAThousand needs more alarms than they."""

"""Devices that are wrong in one way each: our firmware with one method spoilt.

`FAULTS`: name: (kind of device, the device, the sentences that it breaks and no others).
"""

from lilong_firmware import clock, downlink, outbox, session, uplink
from lilong_firmware.clock import Clock
from lilong_firmware.device import Device
from lilong_firmware.effects import DISCONNECT, NEVER
from lilong_protocol import cbor, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal, SealError

FAULTS = {}


def fault(kind, *ids):
    def enter(made):
        FAULTS[made.__name__] = (kind, made, set(ids))
        return made

    return enter


def swap(thing, kind):
    """`thing` behaves as an object of `kind`, which has no slots of its own."""
    thing.__class__ = kind
    return thing


def payload_of(data):
    """The payload of a downlink, unverified."""
    start = 16
    head = data[start]
    size, skip = (data[start + 1], 2) if head == 0x58 else (head - 0x40, 1)
    if head == 0x59:
        size, skip = int.from_bytes(data[start + 1 : start + 3], "big"), 3
    return data[start + skip : start + skip + size]


def with_outbox(kind, spoilt, *ids):
    """A device whose outbox is of another class."""

    def make(identity, rules, store, draws):
        device = Device(identity, rules, store, draws)
        swap(device.outbox, spoilt)
        return device

    make.__name__ = spoilt.__name__
    fault(kind, *ids)(make)


def with_downlink(kind, spoilt, *ids):
    def make(identity, rules, store, draws):
        device = Device(identity, rules, store, draws)
        swap(device.downlink, spoilt)
        return device

    make.__name__ = spoilt.__name__
    fault(kind, *ids)(make)


def with_session(kind, spoilt, *ids):
    def make(identity, rules, store, draws):
        device = Device(identity, rules, store, draws)
        swap(device.session, spoilt)
        return device

    make.__name__ = spoilt.__name__
    fault(kind, *ids)(make)


# ---- the outbox


@fault("smoke", "LIL-ALARM-001", "LIL-ALARM-003")
def forgets_the_outbox_at_a_restart(identity, rules, store, draws):
    for name, _ in store.items():
        if name.startswith("o"):
            store.drop(name)
    return Device(identity, rules, store, draws)


class takes_a_puback_for_stored(outbox.Outbox):
    __slots__ = ()

    def due(self, now):
        frames = super().due(now)
        for entry in list(self._entries):
            self._forget(entry)
        return frames


with_outbox(
    "gas", takes_a_puback_for_stored,
    "LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-004", "LIL-ALARM-010", "LIL-SEAL-005", "LIL-SEC-005", "LIL-TELE-002",
)  # fmt: skip


class takes_any_tag(outbox.Outbox):
    __slots__ = ()

    def stored(self, boot, seq, tag):
        for entry in self._entries:
            if (entry.boot, entry.seq) == (boot, seq):
                self._forget(entry)
                return entry.code
        return None


with_outbox("smoke", takes_any_tag, "LIL-ALARM-004")


class takes_any_number(outbox.Outbox):
    __slots__ = ()

    def stored(self, boot, seq, tag):
        for entry in self._entries:
            self._forget(entry)
            return entry.code
        return None


with_outbox("smoke", takes_any_number, "LIL-ALARM-004")


class gives_up_after_three(outbox.Outbox):
    __slots__ = ()

    def due(self, now):
        frames = super().due(now)
        for entry in self._entries:
            if entry.tries >= 3:
                entry.due = NEVER
        return frames


with_outbox("smoke", gives_up_after_three, "LIL-ALARM-003")


class repeats_every_second(outbox.Outbox):
    __slots__ = ()

    def due(self, now):
        frames = super().due(now)
        for entry in self._entries:
            entry.due = min(entry.due, now + 1_000)
        return frames


with_outbox("door", repeats_every_second, "LIL-ALARM-003")


class waits_for_its_schedule_after_a_reconnect(outbox.Outbox):
    __slots__ = ()

    def renew(self, now):
        for entry in self._entries:
            entry.due = now + 60_000


with_outbox(
    "gas", waits_for_its_schedule_after_a_reconnect,
    "LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-004", "LIL-ALARM-010", "LIL-SEAL-005", "LIL-SEC-005",
    "LIL-SESSION-005",
)  # fmt: skip


@fault("smoke", "LIL-ALARM-003", "LIL-EVENT-001")
class seals_repeats_anew(Device):
    def _plan(self, now):
        before = len(self.out)
        super()._plan(now)
        for at in range(before, len(self.out)):
            effect = self.out[at]
            if effect[1] == topics.ALARM and self.outbox._entries:
                told = frame.unpack(payload_of(effect[2]))
                data = self._again(now, told)
                self.out[at] = (effect[0], topics.ALARM, data, 1, False)

    def _again(self, now, told):
        identity = self.identity
        seal = Seal(frame_key(identity.root, UP), identity.tenant, identity.device, UP)
        payload = frame.pack(told.kind, told.body, told.boot, told.seq, now, ref=told.ref)
        data = seal.seal(topics.ALARM, payload)
        for entry in self.outbox._entries:
            if (entry.boot, entry.seq) == (told.boot, told.seq):
                entry.frame = data
        return data


# ---- episodes


@fault("smoke", "LIL-ALARM-005")
class raises_what_comes_back_as_a_new_alarm(Device):
    def alarm(self, now, code, values):
        episode = self.episodes.get(code)
        if episode is not None and episode.restored:
            self.episodes.close(code)
        super().alarm(now, code, values)


@fault("smoke", "LIL-ALARM-006")
class clears_what_latches_by_itself(Device):
    def restore(self, now, code, values):
        self._clear(now, code, 0)


@fault("door", "LIL-ALARM-006", "LIL-CMD-004")
class clears_a_danger_that_is_there(Device):
    def reset(self, now):
        for code in self.episodes.codes():
            self._clear(now, code, 1)
        return frame.OK


@fault("smoke", "LIL-ALARM-007")
class merges_two_alarms(Device):
    def alarm(self, now, code, values):
        open_ = [other for other in self.episodes.codes() if other != code]
        if open_:
            other = self.episodes.get(open_[0])
            self._alarm_frame(now, code, frame.UPDATE, {0: code, 4: values, 5: 1}, (other.boot, other.seq))
        else:
            super().alarm(now, code, values)


@fault("gas", "LIL-ALARM-010")
class an_operator_ends_its_repeats(Device):
    def _operator_ack(self, now, message):
        code = super()._operator_ack(now, message)
        for entry in list(self.outbox._entries):
            if code == frame.OK:
                self.outbox._forget(entry)
        return code


@fault("smoke", "LIL-ALARM-005")
def forgets_its_episodes_at_a_restart(identity, rules, store, draws):
    for name, data in store.items():
        if name.startswith("o"):
            store.put(name, bytes([data[0] & 0x7F]) + data[1:])
        elif name.startswith("a"):
            store.drop(name)
    return Device(identity, rules, store, draws)


@fault("door", "LIL-ALARM-008")
class sends_alarms_behind_all_that_waits(Device):
    def _plan(self, now):
        if self.session._first() is not None:
            entries, self.outbox._entries = self.outbox._entries, []
            super()._plan(now)
            self.outbox._entries = entries
        else:
            super()._plan(now)

    def published(self, now):
        super().published(now)


# ---- commands


class carries_out_replays(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        self._last = 0
        return super().refusal(now, message, boot, nonce)

    def response(self, counter):
        return None


with_downlink("door", carries_out_replays, "LIL-CMD-002", "LIL-SEC-006")


class answers_replays_anew(downlink.Downlink):
    __slots__ = ()

    def response(self, counter):
        return None


with_downlink("door", answers_replays_anew, "LIL-CMD-002")


class ignores_the_nonce(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, boot, message.nonce)


with_downlink("smoke", ignores_the_nonce, "LIL-CMD-001")


class ignores_the_boot(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, message.target, nonce)


with_downlink("smoke", ignores_the_boot, "LIL-CMD-001")


class ignores_boot_and_nonce(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, message.target, message.nonce)


with_downlink("door", ignores_boot_and_nonce, "LIL-CMD-001", "LIL-SEC-006")


class ignores_the_deadline(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(-1, message, boot, nonce)


with_downlink("door", ignores_the_deadline, "LIL-CMD-003")


@fault("smoke", "LIL-CMD-004")
class says_yes_to_everything(Device):
    def _command(self, now, message):
        super()._command(now, message)
        return frame.OK


@fault("door", "LIL-CMD-005")
class forgets_responses_with_the_link(Device):
    def disconnected(self, now):
        self.session._queue = [one for one in self.session._queue if one[0] != topics.RESPONSE]
        super().disconnected(now)


@fault("door", "LIL-TOPIC-003")
class takes_retained_commands(Device):
    def received(self, now, cls, data, retained):
        super().received(now, cls, data, False)


# ---- what is forged or malformed


class answers_a_wrong_tag(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        rejected = self.rejected
        message = super().open(cls, data)
        if self.rejected > rejected:
            raise frame.FrameError(frame.FORBIDDEN, "wrong tag")
        return message


with_downlink("gas", answers_a_wrong_tag, "LIL-SEC-004")


class verifies_nothing(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        try:
            return frame.unpack(payload_of(data))
        except (IndexError, frame.FrameError):
            return super().open(cls, data)


with_downlink(
    "door", verifies_nothing,
    "LIL-ALARM-004", "LIL-SEAL-002", "LIL-SEAL-005", "LIL-SEC-004", "LIL-SEC-005", "LIL-TELE-002", "LIL-TOPIC-002",
)  # fmt: skip


class is_good_on_every_topic(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        for other in topics.DOWN_CLASSES:
            try:
                return frame.unpack(self._seal.open(other, data))
            except SealError:
                continue
        self.rejected += 1
        return None


with_downlink("door", is_good_on_every_topic, "LIL-SEC-004", "LIL-SEC-005", "LIL-SEAL-005", "LIL-ALARM-004",
              "LIL-TOPIC-002")  # fmt: skip


def _rewritten(data, change):
    fields = cbor.decode(data)
    change(fields)
    return cbor.encode(fields)


class ignores_critical_keys(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        payload = self._opened(cls, data)
        return super().open(cls, data) if payload is None else frame.unpack(payload)

    def _opened(self, cls, data):
        try:
            fields = cbor.decode(self._seal.open(cls, data))
        except (SealError, cbor.CborError):
            return None
        critical = [key for key in fields if 16 <= key <= 23]
        return cbor.encode({key: fields[key] for key in fields if key not in critical}) if critical else None


with_downlink("smoke", ignores_critical_keys, "LIL-FRAME-002")


class refuses_keys_to_come(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        message = super().open(cls, data)
        fields = {} if message is None else cbor.decode(self._seal.open(cls, data))
        if any(key < 0 or key > 23 for key in fields):
            raise frame.FrameError(frame.BAD, "an unknown key")
        return message


with_downlink("smoke", refuses_keys_to_come, "LIL-FRAME-002")


@fault("door", "LIL-FRAME-003")
class hangs_up_on_another_version(Device):
    def received(self, now, cls, data, retained):
        before = len(self.out)
        super().received(now, cls, data, retained)
        for effect in self.out[before:]:
            if effect[1:2] == (topics.RESPONSE,) and frame.unpack(payload_of(effect[2])).kind == frame.ERROR:
                self.out.append((DISCONNECT,))
                self.disconnected(now)


# ---- sessions and numbers


@fault("smoke", "LIL-SESSION-004")
def has_one_nonce_for_ever(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    device.uplink.nonce = b"12345678"
    return device


@fault("gas", "LIL-SESSION-003", "LIL-SESSION-004", "LIL-EVENT-001", "LIL-TIME-002")
def has_one_boot_for_ever(identity, rules, store, draws):
    return Device(identity, rules, store, draws, boot=7)


class skips_numbers(uplink.Uplink):
    __slots__ = ()

    def frame(self, now, kind, cls, body, ref=None, counter=None):
        data = super().frame(now, kind, cls, body, ref, counter)
        if cls == topics.EVENT:
            self._seqs[topics.UP_CLASSES.index(cls)] += 1
        return data


@fault("smoke", "LIL-EVENT-001")
def leaves_numbers_out(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    swap(device.uplink, skips_numbers)
    return device


class counts_no_connections(session.Session):
    __slots__ = ()

    def connected(self, now):
        self._connection = 1
        super().connected(now)


with_session("smoke", counts_no_connections, "LIL-SESSION-002")


class tells_the_latest_first(session.Session):
    __slots__ = ()

    def _first(self):
        events = [one for one in self._queue if one[0] == topics.EVENT]
        first = super()._first()
        return events[-1] if first is not None and first[0] == topics.EVENT else first


with_session("gas", tells_the_latest_first, "LIL-EVENT-002")


class forgets_events_in_flight(session.Session):
    __slots__ = ()

    def disconnected(self, now):
        self._queue = [one for one in self._queue if one[1] is not self._flying]
        super().disconnected(now)


with_session("gas", forgets_events_in_flight, "LIL-EVENT-002", "LIL-CMD-005")


class sleeps_with_a_full_outbox(session.Session):
    __slots__ = ()

    def _may_sleep(self, now):
        return self._first() is None and self._flying is None


with_session("smoke", sleeps_with_a_full_outbox, "LIL-SESSION-006", "LIL-ALARM-003")


class lets_an_alarm_wait_out_the_backoff(session.Session):
    __slots__ = ()

    def hurry(self, now):
        pass


with_session("gas", lets_an_alarm_wait_out_the_backoff, "LIL-SESSION-005")


class comes_back_after_minutes(session.Session):
    __slots__ = ()

    def disconnected(self, now):
        super().disconnected(now)
        self._next_at = now + 300_000


with_session("door", comes_back_after_minutes, "LIL-SESSION-005")


class tells_of_no_rejections(session.Session):
    __slots__ = ()

    def _beat(self, now):
        self._device.downlink.rejected = 0
        super()._beat(now)


with_session("door", tells_of_no_rejections, "LIL-TELE-002")


# ---- time


class takes_late_times(Clock):
    __slots__ = ()

    def set(self, now, asked, epoch_ms):
        return super().set(min(now, asked + clock.MAX_ROUND_TRIP_MS), asked, epoch_ms)


@fault("gas", "LIL-TIME-002")
def takes_times_that_come_late(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    swap(device.uplink.clock, takes_late_times)
    return device


@fault("gas", "LIL-TIME-002")
class takes_times_with_any_nonce(Device):
    def _handle(self, now, message):
        if message.kind == frame.TIME:
            message.nonce = self.uplink.nonce
        super()._handle(now, message)


@fault("gas", "LIL-TIME-002")
class takes_any_time(Device):
    def _handle(self, now, message):
        if message.kind == frame.TIME:
            message.target = self.uplink.boot
            self.session.asked = message.body[0] = self.session.asked or message.body[0]
        super()._handle(now, message)


@fault("gas", "LIL-TIME-003")
class ignores_the_time(Device):
    def _handle(self, now, message):
        if message.kind != frame.TIME:
            super()._handle(now, message)

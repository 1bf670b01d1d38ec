"""Devices that are wrong about alarms, in one way each: our firmware with one method spoilt."""

from lilong_firmware import outbox
from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal
from planted import Faults, payload_of
from waiting_frames import waiting

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


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
        for entry in waiting(self):
            entry.forget()
        return frames


with_part(
    "outbox", "gas", takes_a_puback_for_stored, "LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-004", "LIL-ALARM-009",
    "LIL-ALARM-010", "LIL-SEAL-005", "LIL-SEC-005", "LIL-TELE-002", "LIL-KEY-004", "LIL-FRAME-010",
)  # fmt: skip


class takes_any_tag(outbox.Outbox):
    __slots__ = ()

    def stored(self, boot, seq, tag):
        for entry in waiting(self):
            if (entry.boot, entry.seq) == (boot, seq):
                entry.forget()
                return entry.code
        return None


with_part("outbox", "smoke", takes_any_tag, "LIL-ALARM-004")


class takes_any_number(outbox.Outbox):
    __slots__ = ()

    def stored(self, boot, seq, tag):
        for entry in waiting(self):
            entry.forget()
            return entry.code
        return None


with_part("outbox", "smoke", takes_any_number, "LIL-ALARM-004")


class gives_up_after_three(outbox.Outbox):
    __slots__ = ()

    def due(self, now):
        frames = super().due(now)
        for entry in waiting(self):
            if entry.tries >= 3:
                entry.put_off(NEVER)
        return frames


with_part("outbox", "smoke", gives_up_after_three, "LIL-ALARM-003")


class repeats_every_two_seconds(outbox.Outbox):
    __slots__ = ()

    def due(self, now):
        frames = super().due(now)
        for entry in waiting(self):
            entry.hurry(now + 2_000)
        return frames


with_part("outbox", "door", repeats_every_two_seconds, "LIL-ALARM-003")


class waits_for_its_schedule_after_a_reconnect(outbox.Outbox):
    __slots__ = ()

    def renew(self, now):
        for entry in waiting(self):
            entry.put_off(now + 60_000)


with_part(
    "outbox", "gas", waits_for_its_schedule_after_a_reconnect, "LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-004",
    "LIL-ALARM-009", "LIL-ALARM-010", "LIL-SEAL-005", "LIL-SEC-005", "LIL-SESSION-005", "LIL-KEY-004", "LIL-FRAME-010",
)  # fmt: skip


@fault("smoke", "LIL-ALARM-003", "LIL-EVENT-001", "LIL-KEY-004", "LIL-FRAME-010")
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
        for entry in waiting(self.outbox):
            if (entry.boot, entry.seq) == (told.boot, told.seq):
                entry.replace(data)
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


@fault("smoke", "LIL-ALARM-007", "LIL-ALARM-020")
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
        for entry in waiting(self.outbox):
            if code == frame.OK:
                entry.forget()
        return code


@fault("smoke", "LIL-ALARM-005")
def forgets_its_episodes_at_a_restart(identity, rules, store, draws):
    for name, data in store.items():
        if name.startswith("o"):
            store.put(name, bytes([data[0] & 0x7F]) + data[1:])
        elif name.startswith("a"):
            store.drop(name)
    return Device(identity, rules, store, draws)


@fault("door", "LIL-ALARM-008", "LIL-LOG-001")
class sends_alarms_behind_all_that_waits(Device):
    def _plan(self, now):
        if self.session._first(now) is not None:
            entries, self.outbox._entries = self.outbox._entries, []
            super()._plan(now)
            self.outbox._entries = entries
        else:
            super()._plan(now)

    def published(self, now):
        super().published(now)

"""Devices that take what they must not, in one way each: our firmware with one method spoilt."""

from lilong_firmware import clock, downlink
from lilong_firmware.clock import Clock
from lilong_firmware.device import Device
from lilong_firmware.effects import DISCONNECT
from lilong_protocol import cbor, frame, topics
from lilong_protocol.seal import SealError
from planted import Faults, payload_of, swap

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


# ---- commands


class carries_out_replays(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        self._last = 0
        return super().refusal(now, message, boot, nonce)

    def response(self, counter):
        return None


with_part("downlink", "door", carries_out_replays, "LIL-CMD-002", "LIL-SEC-006", "LIL-CMD-009", "LIL-CMD-010")


class answers_replays_anew(downlink.Downlink):
    __slots__ = ()

    def response(self, counter):
        return None


with_part("downlink", "door", answers_replays_anew, "LIL-CMD-002")


class ignores_the_nonce(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, boot, message.nonce)


with_part("downlink", "smoke", ignores_the_nonce, "LIL-CMD-001", "LIL-CMD-009", "LIL-CMD-011", "LIL-CMD-012")


class ignores_the_boot(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, message.target, nonce)


with_part("downlink", "smoke", ignores_the_boot, "LIL-CMD-001", "LIL-CMD-011", "LIL-CMD-012")


class ignores_boot_and_nonce(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(now, message, message.target, message.nonce)


with_part("downlink", "door", ignores_boot_and_nonce, "LIL-CMD-001", "LIL-SEC-006", "LIL-CMD-009", "LIL-CMD-011")


class ignores_the_deadline(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(-1, message, boot, nonce)


with_part("downlink", "door", ignores_the_deadline, "LIL-CMD-003", "LIL-CMD-009", "LIL-CMD-012")


@fault("smoke", "LIL-CMD-004", "LIL-KEY-003", "LIL-CMD-013", "LIL-FRAME-010")
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


with_part("downlink", "gas", answers_a_wrong_tag, "LIL-SEC-004")


class verifies_nothing(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        try:
            return frame.unpack(payload_of(data))
        except (IndexError, frame.FrameError):
            return super().open(cls, data)


with_part(
    "downlink", "door", verifies_nothing, "LIL-ALARM-004", "LIL-SEAL-002", "LIL-SEAL-005", "LIL-SEC-004",
    "LIL-SEC-005", "LIL-TELE-002", "LIL-TOPIC-002", "LIL-KEY-008",
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


with_part("downlink", "door", is_good_on_every_topic, "LIL-SEC-004", "LIL-SEC-005", "LIL-SEAL-005", "LIL-ALARM-004",
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


with_part("downlink", "smoke", ignores_critical_keys, "LIL-FRAME-002")


class refuses_keys_to_come(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        message = super().open(cls, data)
        fields = {} if message is None else cbor.decode(self._seal.open(cls, data))
        if any(key < 0 or key > 23 for key in fields):
            raise frame.FrameError(frame.BAD, "an unknown key")
        return message


with_part("downlink", "smoke", refuses_keys_to_come, "LIL-FRAME-002")


@fault("door", "LIL-FRAME-003")
class hangs_up_on_another_version(Device):
    def received(self, now, cls, data, retained):
        before = len(self.out)
        super().received(now, cls, data, retained)
        for effect in self.out[before:]:
            if effect[1:2] == (topics.RESPONSE,) and frame.unpack(payload_of(effect[2])).kind == frame.ERROR:
                self.out.append((DISCONNECT,))
                self.disconnected(now)


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


@fault("gas", "LIL-TIME-002", "LIL-TIME-007")
class takes_any_time(Device):
    def _handle(self, now, message):
        if message.kind == frame.TIME:
            message.target = self.uplink.boot
            self.session.asked = message.body[0] = self.session.asked or message.body[0]
        super()._handle(now, message)


@fault("gas", "LIL-TIME-003", "LIL-TIME-007")
class ignores_the_time(Device):
    def _handle(self, now, message):
        if message.kind != frame.TIME:
            super()._handle(now, message)


@fault(
    "door", "LIL-CBOR-003", "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003", "LIL-FRAME-006", "LIL-TOPIC-002",
    "LIL-FRAME-008", "LIL-FRAME-010",
)  # fmt: skip
class keeps_silent_about_what_is_malformed(Device):
    def _answer(self, now, kind, body, counter):
        return b"" if kind == frame.ERROR else super()._answer(now, kind, body, counter)


@fault("door", "LIL-FRAME-001", "LIL-FRAME-009")
class explains_errors_at_length(Device):
    def _answer(self, now, kind, body, counter):
        return super()._answer(now, kind, {**body, 1: 80 * "x"} if kind == frame.ERROR else body, counter)


class refuses_stale_commands_with_409(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        code = super().refusal(now, message, boot, nonce)
        return frame.CONFLICT if code == frame.STALE else code


with_part("downlink", "smoke", refuses_stale_commands_with_409, "LIL-CMD-001", "LIL-CMD-009", "LIL-CMD-011")

"""Devices that check orders, bodies and questions for the time wrongly, in one way each: one method spoilt."""

from lilong_firmware import downlink, session
from lilong_firmware.clock import Clock
from lilong_firmware.device import Device
from lilong_protocol import frame
from planted import Faults, swap
from waiting_frames import waiting

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


# ---- orders


class looks_at_the_deadline_first(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        if message.deadline is not None and now > message.deadline and message.target == boot:
            self._last = max(self._last, message.counter)
            return frame.EXPIRED
        return super().refusal(now, message, boot, nonce)


with_part("downlink", "smoke", looks_at_the_deadline_first, "LIL-CMD-009")


class uses_up_counters_of_others(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        code = super().refusal(now, message, boot, nonce)
        self._last = max(self._last, message.counter)
        return code


with_part("downlink", "door", uses_up_counters_of_others, "LIL-CMD-009")


class counts_requests_by_themselves(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        if message.kind != frame.REQUEST:
            return super().refusal(now, message, boot, nonce)
        last, self._last = self._last, 0
        code = super().refusal(now, message, boot, nonce)
        self._last = last
        return code


with_part("downlink", "smoke", counts_requests_by_themselves, "LIL-CMD-010")


class answers_requests_to_another_boot(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        if message.kind == frame.REQUEST:
            message.target, message.nonce = boot, nonce
        return super().refusal(now, message, boot, nonce)


with_part("downlink", "gas", answers_requests_to_another_boot, "LIL-CMD-011")


class answers_requests_however_late(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        return super().refusal(-1 if message.kind == frame.REQUEST else now, message, boot, nonce)


with_part("downlink", "door", answers_requests_however_late, "LIL-CMD-012")


class wants_a_deadline_of_requests(downlink.Downlink):
    __slots__ = ()

    def refusal(self, now, message, boot, nonce):
        code = super().refusal(now, message, boot, nonce)
        return frame.EXPIRED if code == 0 and message.deadline is None else code


with_part(
    "downlink", "wristband", wants_a_deadline_of_requests,
    "LIL-CMD-012", "LIL-EVENT-006", "LIL-EVENT-008", "LIL-SESSION-010",
)  # fmt: skip


@fault("smoke", "LIL-CMD-013")
class refuses_arguments_that_it_does_not_know(Device):
    def _command(self, now, message):
        arguments = message.body.get(1)
        more = isinstance(arguments, dict) and any(key > 5 for key in arguments)
        return frame.INVALID if more else super()._command(now, message)


@fault("gas", "LIL-FRAME-011")
class refuses_arguments_with_odd_keys(Device):
    def _command(self, now, message):
        arguments = message.body.get(1)
        odd = isinstance(arguments, dict) and any(key < 0 for key in arguments)
        return frame.INVALID if odd else super()._command(now, message)


# ---- shapes


class drops_what_is_no_map(downlink.Downlink):
    __slots__ = ()

    def open(self, cls, data):
        try:
            return super().open(cls, data)
        except frame.FrameError:
            if self._seal.open(cls, data)[:1] < b"\xa0":
                self.rejected += 1
                return None
            raise


with_part("downlink", "door", drops_what_is_no_map, "LIL-FRAME-008")


@fault("smoke", "LIL-FRAME-010")
class takes_text_for_a_command(Device):
    def _command(self, now, message):
        if message.body.get(0) == "test":
            message.body[0] = 1
        return super()._command(now, message)


@fault("gas", "LIL-FRAME-010")
class takes_a_stored_ack_without_a_tag(Device):
    def _handle(self, now, message):
        if message.kind == frame.STORED_ACK and not isinstance(message.body.get(0), bytes):
            for entry in waiting(self.outbox):
                entry.forget()
        super()._handle(now, message)


# ---- the time


class never_doubts_its_clock(Clock):
    __slots__ = ()

    def set(self, now, asked, epoch_ms):
        taken = super().set(now, asked, epoch_ms)
        if taken:
            self._until = (1 << 60, 1 << 60, 1 << 60)
        return taken


@fault("door", "LIL-TIME-006")
def is_never_in_doubt(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    swap(device.uplink.clock, never_doubts_its_clock)
    return device


class never_asks_again(session.Session):
    __slots__ = ()

    def _heartbeat(self, now, asks):
        super()._heartbeat(now, False)


with_part("session", "gas", never_asks_again, "LIL-TIME-007")


class keeps_to_its_first_question(session.Session):
    __slots__ = ()

    def birth(self, now, reason):
        open_ = self.asked
        data = super().birth(now, reason)
        if open_ is not None and reason == session.ASKED:
            self.asked = open_
        return data


with_part("session", "smoke", keeps_to_its_first_question, "LIL-TIME-007")

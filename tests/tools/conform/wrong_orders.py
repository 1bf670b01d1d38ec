"""Backends that are wrong about sessions, the time and orders, in one way each."""

from backends_here import KEY, TENANT, Application
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import device_root
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.engine import Engine
from planted_backends import EngineOf, entering, read, verified

FAULTS: dict = {}
fault = entering(FAULTS)


# ---- sessions and time


@fault(
    "LIL-TIME-001", "LIL-SESSION-008", "LIL-SEAL-005", "LIL-SEC-006", "LIL-FRAME-012", "LIL-SESSION-013",
    "LIL-SESSION-015",
)  # fmt: skip
class tells_no_time(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            pass


@fault("LIL-TIME-001", "LIL-SESSION-008", "LIL-SEAL-005", "LIL-SEC-006", "LIL-SESSION-013", "LIL-SESSION-015")
class tells_the_time_of_another_question(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            asked = message.frame
            downlink = self.receiver.peer(message.device).downlink
            self.send(message.device, downlink.time(now_ms, asked.uptime + 1, asked.boot, asked.nonce))


@fault("LIL-TIME-001")
class tells_the_time_in_seconds(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            super()._tell_time(now_ms // 1_000, message)


@fault("LIL-SESSION-008", "LIL-SESSION-013")
class welcomes_boots_of_the_past(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.BIRTH \
                and verified(device, topics.STATE, payload):  # fmt: skip
            session = self.engine.receiver.peer(device).session
            if fields[2] < session.boot:
                downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
                self.engine.send(device, downlink.time(now_ms, fields[4], fields[2], fields[11]))


@fault("LIL-SESSION-009", "LIL-CMD-008")
class believes_retained_births(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained and not topic.endswith("/st"))


@fault("LIL-SEC-004", "LIL-SEAL-005")
class answers_forged_births(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.BIRTH \
                and not verified(device, topics.STATE, payload):  # fmt: skip
            session = self.engine.receiver.peer(device).session
            session.nonce, session.boot = fields[11], fields[2] + 1
            downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
            self.engine.send(device, downlink.time(now_ms, fields[4], fields[2], fields[11]))


@fault("LIL-SESSION-007")
class believes_every_death(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.DEATH:
            self.dead = getattr(self, "dead", set()) | {device}
        elif topic.endswith("/st") and hasattr(self, "dead"):
            self.dead.discard(device)

    def command(self, now_ms, device):
        if device not in getattr(self, "dead", ()):
            super().command(now_ms, device)


# ---- operators


@fault("LIL-CMD-006")
class counts_commands_anew_after_a_restart(EngineOf):
    class engine_class(Engine):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            orders = self.orders
            orders._counters = {}

            def counter(_, device):
                orders._counters[device] = orders._counters.get(device, 0) + 1
                return orders._counters[device]

            orders.next_counter = counter


@fault("LIL-ALARM-018")
class tells_an_acknowledgement_once(EngineOf):
    class engine_class(Engine):
        def _birth(self, now_ms, message):
            for order in list(self.orders.open_of(message.device)):
                if order.ref is not None:
                    self.orders.withdraw(now_ms, message.device, order.cause)
            super()._birth(now_ms, message)


# ---- answers


@fault("LIL-ASK-005")
class answers_under_another_nonce(EngineOf):
    class engine_class(Engine):
        def _keep(self, now_ms, message):
            super()._keep(now_ms, message)
            if message.cls == topics.EVENT and message.code == codes.EVENT_DOOR_ASKED:
                downlink = self.receiver.peer(message.device).downlink
                self.send(message.device, downlink.answer(message.boot, message.seq, True, bytes(8)))


@fault("LIL-ASK-005")
class answers_all_who_have_ever_asked(EngineOf):
    class engine_class(Engine):
        def _keep(self, now_ms, message):
            super()._keep(now_ms, message)
            if message.cls == topics.EVENT and message.code == codes.EVENT_DOOR_ASKED:
                self.asked = [*getattr(self, "asked", ()), message]
                for one in self.asked:
                    self.answer(one, False)

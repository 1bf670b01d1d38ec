"""Backends that are wrong about births, shapes, orders, configurations or updates, in one way each."""

from backends_here import KEY, TENANT, Application
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root
from lilong_protocol.pc import ordering
from lilong_protocol.pc.desired import Configuration
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.order import Order
from lilong_protocol.pc.updates import Updates
from planted_backends import EngineOf, entering, read, verified

FAULTS: dict = {}
fault = entering(FAULTS)


# ---- births


class Welcoming(Application):
    """Tells the time for further births: `more(session, fields, before)` tells which; before: (boot, connection)."""

    def receive(self, now_ms, topic, payload, retained):
        device, fields = topic.split("/")[3], read(payload)
        is_birth = topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.BIRTH
        known = is_birth and not retained and verified(device, topics.STATE, payload)
        session = self.engine.receiver.peer(device).session if known else None
        before = None if session is None else (session.boot, session.connection, session.birth_seq)
        super().receive(now_ms, topic, payload, retained)
        if known and self.more(fields, before):
            downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
            self.engine.send(device, downlink.time(now_ms, fields[4], fields[2], fields[11]))


@fault("LIL-SESSION-020")
class welcomes_earlier_connections(Welcoming):
    def more(self, fields, before):
        return fields[2] == before[0] and fields[7].get(1, before[1]) < before[1]


@fault("LIL-SESSION-021")
class welcomes_the_dead(Welcoming):
    def more(self, fields, before):
        return (fields[2], fields[7].get(1)) == before[:2] and before[2] is None


@fault("LIL-FRAME-012")
class welcomes_births_of_no_shape(Welcoming):
    def more(self, fields, before):
        return 1 not in fields[7]


@fault("LIL-SESSION-019")
class takes_nothing_before_a_birth(Application):
    def receive(self, now_ms, topic, payload, retained):
        device, fields = topic.split("/")[3], read(payload)
        early = topic.endswith(("/al", "/ev")) and isinstance(fields, dict) and verified(device, topics.ALARM, payload)
        session = self.engine.receiver.peer(device).session if early else None
        if session is None or not isinstance(fields.get(2), int) or fields[2] <= session.boot:
            super().receive(now_ms, topic, payload, retained)


@fault("LIL-SESSION-013")
class knows_one_generation(Application):
    def receive(self, now_ms, topic, payload, retained):
        fields = read(payload)
        boot = fields.get(2) if isinstance(fields, dict) else None
        if not isinstance(boot, int) or boot < 1 << 24:
            super().receive(now_ms, topic, payload, retained)


@fault("LIL-SESSION-015")
class asks_for_a_birth_each_time(EngineOf):
    class engine_class(Engine):
        def rebirth(self, now_ms, device):
            self._rebirths.pop(device, None)
            return super().rebirth(now_ms, device)


# ---- shapes


@fault("LIL-FRAME-011")
class refuses_what_no_sensor_reads(Application):
    def receive(self, now_ms, topic, payload, retained):
        fields = read(payload)
        body = fields.get(7) if isinstance(fields, dict) else None
        values = body.get(4) if isinstance(body, dict) else None
        if not isinstance(values, dict) or all(number >= 0 for number in values):
            super().receive(now_ms, topic, payload, retained)


# ---- orders


@fault("LIL-CMD-014")
class adds_arguments(EngineOf):
    class engine_class(Engine):
        def _sealed(self, order, *rest):
            order.arguments = {**order.arguments, 9: 1}
            return super()._sealed(order, *rest)


@fault("LIL-CMD-015")
class gives_commands_five_minutes(Application):
    class Patient(Order):
        @property
        def lasts_ms(self):
            return 300_000

    def command(self, now_ms, device):
        super().command(now_ms, device)
        for order in self.engine.orders.open_of(device):
            order.__class__ = self.Patient

    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        whole = self.engine.orders.issue

        def issue(now_ms, order):
            order.__class__ = self.Patient
            return whole(now_ms, order)

        self.engine.orders.issue = issue


@fault("LIL-ALARM-020")
class names_another_alarm(EngineOf):
    class engine_class(Engine):
        def acknowledge(self, now_ms, device, ref, operator, told=None):
            return super().acknowledge(now_ms, device, (ref[0], ref[1] + 1), operator, told)


# ---- configurations


class Own(Configuration):
    def take_report(self, body):
        super().take_report(body)
        self.reported = min(self.reported, self.version)


@fault("LIL-CONF-010")
class counts_only_its_own_versions(EngineOf):
    class engine_class(Engine):
        def receive(self, now_ms, topic, payload, retained):
            self._configurations.setdefault(topic.split("/")[3], Own())
            return super().receive(now_ms, topic, payload, retained)


@fault("LIL-CONF-011")
class leaves_its_configuration_in_the_old_epoch(EngineOf):
    class engine_class(Engine):
        def _birth(self, now_ms, message):
            configuration = self._configurations.get(message.device)
            if configuration is not None:
                configuration.epoch = self.receiver.peer(message.device).keyring.epoch
            super()._birth(now_ms, message)


# ---- events and updates


class Patient(ordering.Order):
    __slots__ = ()

    def ready(self, now_ms, live_boot=0):
        most, ordering.WAITING_MAX = ordering.WAITING_MAX, 1 << 20
        try:
            return super().ready(now_ms, live_boot)
        finally:
            ordering.WAITING_MAX = most


@fault("LIL-EVENT-010")
class lets_any_number_wait(Application):
    def receive(self, now_ms, topic, payload, retained):
        self.engine.receiver.peer(topic.split("/")[3]).order.__class__ = Patient
        super().receive(now_ms, topic, payload, retained)


class Whole(Updates):
    def piece(self, device, body):
        data = super().piece(device, body)
        return data if data is None else data.ljust(body[2], b"\x00")


@fault("LIL-UPD-009")
class fills_up_the_last_piece(Application):
    def made(self, now_ms, rows):
        engine = super().made(now_ms, rows)
        engine.updates.__class__ = Whole
        return engine


class Generous(Updates):
    def _of(self, device, number):
        return super()._of(device, number) or next(
            (one for one in self._offered.values() if one.artifact == number), None
        )


@fault("LIL-UPD-005")
class gives_pieces_to_anybody(Application):
    def made(self, now_ms, rows):
        engine = super().made(now_ms, rows)
        engine.updates.__class__ = Generous
        return engine

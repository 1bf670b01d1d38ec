"""Backends that are wrong about keys, configuration, dates, reports or the order of what they take, in one way each."""

from backends_here import Application
from lilong_protocol import frame, topics
from lilong_protocol.pc.desired import Configuration
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.keyring import Keyring
from planted_backends import EngineOf, entering

FAULTS: dict = {}
fault = entering(FAULTS)


# ---- key epochs


class WithKeyrings(Application):
    """Each device's keys behave as those of another class, with no slots of its own."""

    keyring_class = Keyring

    def made(self, now_ms, rows):
        engine = super().made(now_ms, rows)
        receiver = engine.receiver
        whole = receiver._new_peer

        def new_peer(device):
            peer = whole(device)
            if peer is not None:
                peer.keyring.__class__ = self.keyring_class
            return peer

        receiver._new_peer = new_peer
        for device in list(receiver._peers):
            receiver._peers[device].keyring.__class__ = self.keyring_class
        return engine


@fault("LIL-KEY-005", "LIL-KEY-006")
class forgets_the_epoch_before(WithKeyrings):
    class keyring_class(Keyring):
        __slots__ = ()

        def _use(self, epoch):
            super()._use(epoch)
            self.before = self._before = None

        def open(self, *arguments):
            payload = super().open(*arguments)
            self.before = self._before = None
            return payload


@fault("LIL-KEY-005", "LIL-CONF-011")
class answers_in_the_epoch_before(WithKeyrings):
    class keyring_class(Keyring):
        __slots__ = ()

        def _use(self, epoch):
            super()._use(epoch)
            self.downlink = Downlink(self.root, self.tenant, self.device, max(0, epoch - 1))


@fault("LIL-KEY-006")
class asks_for_one_epoch_after_another(Application):
    def rotate(self, now_ms, device, epoch):
        before = len(self.engine._publishes)
        super().rotate(now_ms, device, epoch)
        if len(self.engine._publishes) == before:
            self.engine._order_epoch(now_ms, device, epoch)


# ---- configuration


@fault("LIL-CONF-001")
class keeps_no_configuration_on_the_broker(Application):
    def published(self, decided):
        return [one._replace(retain=False) for one in super().published(decided)]


@fault("LIL-CONF-001", "LIL-CONF-011")
class publishes_a_configuration_once(EngineOf):
    class engine_class(Engine):
        def _birth(self, now_ms, message):
            kept, self._configurations = self._configurations, {}
            super()._birth(now_ms, message)
            self._configurations = kept

        def _remind(self, now_ms, device):
            pass


class Same(Configuration):
    def desire(self, settings):
        self.settings, self.version = dict(settings), 1
        return self.version


@fault("LIL-CONF-001", "LIL-CONF-010")
class counts_no_versions(Application):
    def configure(self, now_ms, device):
        self.engine._configurations[device] = Same()
        super().configure(now_ms, device)


# ---- dates


class Dating(Application):
    def details(self, message):
        return [self.dated(message, row) if row["event"] == "dated" else row for row in super().details(message)]


@fault("LIL-TIME-004", "LIL-TIME-005")
class dates_alarms_when_they_arrive(Dating):
    def dated(self, message, row):
        return {**row, "sealed_at": self.now_ms, "sealed_since": self.now_ms}


@fault("LIL-TIME-004")
class sticks_to_the_first_frame_of_a_boot(Dating):
    starts: dict = {}

    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        device = topic.split("/")[3]
        peer = self.engine.receiver._peers.get(device)
        if peer is not None and peer.session.clock is not None:
            self.starts.setdefault((device, peer.session.boot), peer.session.clock.boot_ms)

    def dated(self, message, row):
        start = self.starts.get((message.device, message.boot))
        if start is None:
            return row
        at = min(self.now_ms, start + message.frame.uptime)
        return {**row, "sealed_at": at, "sealed_since": at}


@fault("LIL-TIME-005")
class guesses_by_the_present_boot(Dating):
    def dated(self, message, row):
        session = self.engine.receiver.peer(message.device).session
        if message.boot == session.boot:
            return row
        at = session.clock.boot_ms + message.frame.uptime
        return {**row, "sealed_at": at, "sealed_since": at}


@fault("LIL-TIME-005")
class believes_no_device_its_time(Dating):
    def dated(self, message, row):
        return row if message.frame.epoch is None else {**row, "sealed_at": self.now_ms, "sealed_since": None}


# ---- reports


@fault("LIL-SEC-007")
class reports_no_rollback(Application):
    def reports(self, decided):
        return [row for row in super().reports(decided) if row["reason"] != "boot rollback"]


@fault("LIL-SEC-007")
class reports_no_stranger(Application):
    def reports(self, decided):
        return [row for row in super().reports(decided) if row["reason"] != "unknown device"]


@fault("LIL-SEC-007")
class reports_a_flood_one_by_one(EngineOf):
    class engine_class(Engine):
        def receive(self, now_ms, topic, payload, retained):
            self.receiver.refusals._kept = {}
            return super().receive(now_ms, topic, payload, retained)


# ---- the order


@fault("LIL-BACK-001")
class has_two_workers(Application):
    """In a burst every other event is taken by the second one, which is later."""

    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.times = []
        self.second = []

    def effects(self, message):
        rows = super().effects(message)
        if message.cls != topics.EVENT or message.kind != frame.EVENT:
            return rows
        self.times = [at for at in self.times if at > self.now_ms - 100] + [self.now_ms]
        if len(self.times) > 20 and message.seq % 2:
            self.second += rows
            return []
        second, self.second = self.second, []
        return rows + second

"""Versions that meet: a newer device and this backend, a newer backend and this device, an older registry and all."""

import pytest
from engine_world import DOOR, NOW, SECOND, SMOKE, SMOKE_KIND, TENANT, Backend, Scripted
from lilong_protocol import cbor, frame, topics
from lilong_protocol.pc.describe import describe

from tests.firmware.harness import Host

NEWER_KIND, NEWER_ALARM, NEWER_EVENT, NEWER_QUANTITY = 200, 900, 901, 902
OPTIONAL = {24: "of the future", 4_000: [1, 2], -1: {1: 2}}


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def smoke(backend: Backend) -> Scripted:
    device = Scripted(SMOKE, SMOKE_KIND)
    backend.give(NOW, device.birth(NOW))
    return device


def rewritten(device: Scripted, cls: str, payload: bytes, changes: dict) -> tuple:
    """The same payload with other keys, sealed again."""
    fields = cbor.decode(payload) | changes
    return topics.up(TENANT, device.device, cls), device.up.seal(cls, cbor.encode(fields)), False


def payload_of(device: Scripted, message: tuple) -> bytes:
    return device.up.open(topics.parse(message[0])[3], message[1])


class TestANewerDevice:
    """v1 receivers carry on by number what they cannot name, and refuse what says that it must be understood."""

    @pytest.mark.spec("LIL-FRAME-002", "LIL-FRAME-004")
    def test_unknown_optional_keys_of_payload_and_body_change_nothing(self, backend, smoke):
        body = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 300}, 50: "new", -7: [1]}
        message = rewritten(smoke, "al", payload_of(smoke, smoke.alarm(NOW, body=body)), OPTIONAL)
        (received,) = backend.receive(NOW, message)
        assert (received.code_name, received.values) == ("smoke.alarm", {"obscuration": 300})
        assert len(backend.take().publishes) == 1  # its stored-ack

    @pytest.mark.spec("LIL-FRAME-002")
    @pytest.mark.parametrize("key", [16, 20, 23])
    def test_an_unknown_critical_key_is_refused_and_the_session_goes_on(self, backend, smoke, key):
        before = sum(backend.engine.refused.values())
        message = rewritten(smoke, "ev", payload_of(smoke, smoke.event(NOW)), {key: 1})
        assert backend.receive(NOW, message) == []
        assert backend.take().kept == []
        assert sum(backend.engine.refused.values()) == before + 1
        smoke.numbers["ev"] = 0
        assert [one.name for one in backend.receive(NOW, smoke.event(NOW))] == ["event"]
        assert backend.engine.session(SMOKE) == "online"

    @pytest.mark.spec("LIL-FRAME-003")
    @pytest.mark.parametrize("changes", [{0: 2}, {1: 99}], ids=["version 2", "unknown kind"])
    def test_another_version_or_an_unknown_kind_is_refused_and_the_session_goes_on(self, backend, smoke, changes):
        message = rewritten(smoke, "ev", payload_of(smoke, smoke.event(NOW)), changes)
        assert backend.receive(NOW, message) == []
        assert backend.engine.session(SMOKE) == "online"
        assert [one.name for one in backend.receive(NOW, smoke.alarm(NOW))] == ["alarm raise"]


class TestAnOlderRegistry:
    """A kind of device that nobody had thought of: supervised, acknowledged, shown by its numbers."""

    @pytest.mark.spec("LIL-FRAME-004", "LIL-SESSION-007")
    def test_a_new_kind_of_device_is_supervised_by_what_its_birth_says(self, backend):
        device = Scripted(DOOR, NEWER_KIND)
        backend.give(NOW, device.birth(NOW))
        assert backend.engine.session(DOOR) == "online"
        lost = []
        for second in range(1, 200):
            now = NOW + second * SECOND
            if backend.engine.deadline is not None and backend.engine.deadline <= now:
                backend.engine.step(now)
                lost += backend.engine.take().lost
        assert backend.engine.session(DOOR) == "offline"  # after the 180 s that it has told
        assert lost == [DOOR]

    @pytest.mark.spec("LIL-FRAME-004")
    def test_its_alarms_events_and_values_keep_their_numbers_and_their_level(self, backend):
        device = Scripted(DOOR, NEWER_KIND)
        backend.give(NOW, device.birth(NOW))
        body = {0: NEWER_ALARM, 1: 4, 2: 4, 3: 4, 4: {NEWER_QUANTITY: 7}}
        (alarm,) = backend.receive(NOW, device.alarm(NOW, body=body))
        (event,) = backend.receive(NOW, device.event(NOW, NEWER_EVENT, {NEWER_QUANTITY: 8}))
        assert (alarm.level, alarm.frame.body[0]) == (1, NEWER_ALARM)
        assert list(alarm.values.values()) == [7]
        assert event.frame.body == {0: NEWER_EVENT, 4: {NEWER_QUANTITY: 8}}
        decided = backend.take()
        assert len(decided.kept) == 2
        assert len(decided.publishes) == 1

    @pytest.mark.spec("LIL-FRAME-004")
    def test_a_person_sees_its_numbers(self):
        device = Scripted(DOOR, NEWER_KIND)
        topic, data, _ = device.birth(NOW)
        told = describe(data, topic, lambda tenant, name: device.root)
        assert (told.verified, told.problem, told.body["kind"]) == (True, None, str(NEWER_KIND))


class TestANewerBackend:
    """What a device is told and does not understand it answers with the code that says why, and goes on."""

    @staticmethod
    def told(changes: dict) -> tuple:
        host = Host("smoke")
        host.run(SECOND)
        uplink = host.device.uplink
        fields = {
            0: 1, 1: frame.COMMAND, 7: {0: 1, 1: {}}, 8: 1, 10: uplink.boot, 11: uplink.nonce,
            12: host.uptime() + 30_000,
        }  # fmt: skip
        host.deliver(topics.COMMAND, cbor.encode(fields | changes))
        host.run(SECOND)
        errors = [sent.body[0] for sent in host.of(frame.ERROR)]
        responses = [sent.body[0] for sent in host.of(frame.RESPONSE)]
        host.command(1, counter=9)  # the session goes on
        host.run(SECOND)
        assert host.of(frame.RESPONSE)[-1].body[0] == frame.OK
        return errors, responses

    @pytest.mark.spec("LIL-FRAME-002", "LIL-FRAME-003", "LIL-FRAME-006")
    @pytest.mark.parametrize(
        ("changes", "code"),
        [({0: 2}, 501), ({1: 99}, 415), ({16: 1}, 402), ({23: None}, 402), ({13: 1}, 400), ({7: 5}, 400)],
    )
    def test_it_says_which_of_them_it_was(self, changes, code):
        assert self.told(changes) == ([code], [])

    @pytest.mark.spec("LIL-FRAME-002", "LIL-FRAME-004")
    def test_optional_keys_do_not_keep_a_command_from_being_obeyed(self):
        assert self.told({**OPTIONAL, 7: {0: 1, 1: {}, 60: "new"}}) == ([], [frame.OK])

    @pytest.mark.spec("LIL-CMD-004")
    def test_a_command_of_a_newer_registry_is_not_found(self):
        assert self.told({7: {0: 4_000, 1: {}}}) == ([], [frame.NOT_FOUND])

"""What the specification settles for a backend where births, commands and configurations leave something open."""

import pytest
from engine_world import DOOR, DOOR_KIND, NOW, SECOND, SMOKE, SMOKE_KIND, Backend, Scripted, told
from lilong_protocol import frame
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.updates import FIRMWARE, Artifact
from lilong_protocol.registry import COMMANDS, KINDS

LAMP, LAMP_KIND = "1a00000000000001", 4
UNKNOWN_OFFLINE_S = 180


# ---- births


def short_birth(device, now, **body):
    """A birth with no more than it must carry."""
    device.connection += 1
    told = {0: device.kind, 1: device.connection} | {int(key[1:]): value for key, value in body.items()}
    return device.seal(now, "st", frame.BIRTH, told, True, nonce=device.nonce)


@pytest.mark.spec("LIL-SESSION-014")
@pytest.mark.parametrize("body", [{}, {"_4": 0}, {"_3": 0}, {"_3": 7}], ids=str)
@pytest.mark.parametrize("kind", [kind.number for kind in KINDS] + [60_000])
def test_silence_proves_loss_after_the_time_of_the_kind_where_a_birth_tells_none(backend, kind, body):
    offline_s = {row.number: row.link.offline_s for row in KINDS}.get(kind, UNKNOWN_OFFLINE_S)
    device = Scripted(DOOR, kind)
    backend.give(NOW, short_birth(device, NOW, **body))
    backend.engine.step(NOW + offline_s * SECOND - 1)
    assert backend.take().lost == []
    backend.engine.step(NOW + offline_s * SECOND)
    assert backend.take().lost == [DOOR]


@pytest.mark.spec("LIL-SESSION-014")
@pytest.mark.parametrize(("body", "state"), [({}, "online"), ({"_5": True}, "online"), ({"_5": False}, "asleep")])
def test_a_device_stays_connected_unless_its_birth_says_otherwise(backend, body, state):
    smoke = Scripted(SMOKE, SMOKE_KIND)
    backend.give(NOW, short_birth(smoke, NOW, **body))
    backend.pass_time(NOW, NOW + 60 * SECOND)
    assert backend.engine.session(SMOKE) == state


@pytest.mark.spec("LIL-SESSION-012", "LIL-SESSION-015")
def test_connections_that_are_left_out_mean_nothing_and_a_late_birth_counts(backend, door):
    late, later = door.birth(NOW), None
    door.connection = 40
    later = door.birth(NOW + SECOND)
    backend.give(NOW + 3_600 * SECOND, late)
    backend.give(NOW + 3_600 * SECOND, later)
    assert [message.name for message in backend.effects] == ["birth", "birth"]
    backend.give(NOW + 3_600 * SECOND, late)
    assert len(backend.effects) == 2


@pytest.mark.spec("LIL-SESSION-013")
def test_a_device_that_was_provisioned_anew_is_one_of_a_higher_boot_whose_numbers_are_new(backend, door):
    backend.give(NOW, door.birth(NOW), door.alarm(NOW))
    door.boot = 1 << 24
    door.restart(NOW + SECOND)
    publishes = backend.give(NOW + SECOND, door.birth(NOW + SECOND), door.alarm(NOW + SECOND))
    assert [(message.boot, message.seq) for message in backend.effects if message.name == "alarm raise"] == [
        (1, 1), ((1 << 24) + 1, 1),
    ]  # fmt: skip
    assert [ack.ref for ack in told(door, publishes, frame.STORED_ACK)] == [[(1 << 24) + 1, 1]]


@pytest.mark.spec("LIL-SESSION-015")
def test_a_birth_is_asked_for_at_most_once_in_ten_seconds(backend, door):
    backend.give(NOW, door.birth(NOW), retained=True)
    asked = []
    for at in range(NOW, NOW + 25 * SECOND, 2 * SECOND):
        backend.engine.command(at, DOOR, "test")
        asked += [at] * len(told(door, backend.commit(), frame.REQUEST))
    assert asked == [NOW, NOW + 10 * SECOND, NOW + 20 * SECOND]


# ---- commands and configuration


@pytest.mark.spec("LIL-CMD-014")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_no_command_leaves_without_an_argument_or_with_one_too_many_or_out_of_its_range(backend, command):
    kinds = [kind for kind in KINDS if command.name in kind.commands]
    device = Scripted(LAMP, kinds[0].number if kinds else LAMP_KIND)
    backend.give(NOW, device.birth(NOW))
    right = {argument.name: argument.low for argument in command.arguments}
    wrong = [right | {"more": 1}, *({k: v for k, v in right.items() if k != name} for name in right)]
    for argument in command.arguments:
        wrong += [right | {argument.name: value} for value in (argument.low - 1, argument.high + 1, True, "1", None)]
    for arguments in wrong:
        with pytest.raises(RequestError):
            backend.engine.command(NOW, LAMP, command.name, arguments)
    assert told(device, backend.commit(), frame.COMMAND) == []
    if command.name != "use_epoch":  # which has a call of its own
        backend.engine.command(NOW, LAMP, command.name, right)
        (sent,) = told(device, backend.commit(), frame.COMMAND)
        assert sent.body[1] == {place: argument.low for place, argument in enumerate(command.arguments)}


@pytest.mark.spec("LIL-CONF-010")
def test_a_configuration_has_a_version_above_all_that_were_given_and_reported(backend, door):
    backend.give(NOW, door.birth(NOW), door.seal(NOW, "cf", frame.REPORTED_CONFIG, {0: 41, 1: {}}, True))
    assert [backend.engine.configure(DOOR, {"beat_s": beat_s}) for beat_s in (120, 130)] == [42, 43]
    backend.commit()
    backend.crash(NOW)
    assert backend.engine.configure(DOOR, {}) == 44


# ---- values


@pytest.mark.spec("LIL-FRAME-011")
def test_values_out_of_range_and_numbers_of_nothing_are_carried_on_as_they_are(backend, door):
    (message,) = backend.receive(NOW, door.event(NOW, values={3: 101, -1: 5, 1 << 40: None}))
    assert message.values == {"battery": 101, "-1": 5, str(1 << 40): None}


# ---- what comes before a birth, late orders, another epoch, the ends of an artifact


@pytest.mark.spec("LIL-SESSION-019")
def test_what_a_device_says_counts_before_its_birth(backend, door):
    publishes = backend.give(NOW, door.alarm(NOW), door.event(NOW), door.heartbeat(NOW))
    assert [(m.name, m.device_kind_name) for m in backend.effects] == [
        ("alarm raise", None), ("event", None), ("heartbeat", None),
    ]  # fmt: skip
    assert len(told(door, publishes, frame.STORED_ACK)) == 1
    backend.give(NOW, door.birth(NOW), door.heartbeat(NOW))
    assert backend.effects[-1].device_kind_name == "door"


@pytest.mark.spec("LIL-CMD-015")
@pytest.mark.parametrize("name", ["unlock", "test"])
def test_what_a_person_orders_lapses_as_counted_from_then(backend, door, name):
    lasts_ms = next(command.deadline_ms for command in COMMANDS if command.name == name)
    backend.give(NOW, door.birth(NOW), retained=True)
    backend.engine.command(NOW + SECOND, DOOR, name)
    backend.commit()
    (command,) = told(
        door, backend.give(NOW + 4 * SECOND, door.birth(NOW + 4 * SECOND, again=True)), frame.COMMAND
    )
    assert command.deadline <= SECOND + lasts_ms


@pytest.mark.spec("LIL-CONF-011")
def test_configuration_is_sealed_anew_for_another_epoch(backend, door):
    backend.give(NOW, door.birth(NOW))
    backend.engine.configure(DOOR, {"beat_s": 120})
    backend.commit()
    door.config = 1
    backend.engine.use_epoch(NOW, DOOR, 1)
    backend.commit()
    door.use(1)
    publishes = backend.give(NOW, door.birth(NOW))
    assert [publish.retain for publish in publishes if publish.topic.endswith("/cf")] == [True]
    assert [message.body for message in told(door, publishes, frame.DESIRED_CONFIG)] == [{0: 1, 1: {1: 120}}]


@pytest.mark.spec("LIL-UPD-009")
def test_a_chunk_ends_where_the_artifact_does(backend, door):
    artifact = Artifact(7, FIRMWARE, "1.1.0", bytes(range(200)))
    backend.give(NOW, door.birth(NOW))
    backend.engine.offer(NOW, DOOR, artifact)
    backend.commit()
    for offset, expected in ((0, 200), (150, 50), (199, 1), (200, None), (900, None)):
        asked = door.seal(NOW, "ot", frame.CHUNK_REQUEST, {0: 7, 1: offset, 2: 768})
        chunks = told(door, backend.give(NOW, asked), frame.CHUNK)
        assert [len(chunk.body[2]) for chunk in chunks] == ([] if expected is None else [expected])


@pytest.mark.spec("LIL-KEY-006")
def test_a_birth_that_does_not_tell_its_outbox_ends_no_epoch(backend, door):
    backend.give(NOW, door.birth(NOW))
    waits = door.alarm(NOW)
    backend.engine.use_epoch(NOW, DOOR, 1)
    backend.commit()
    door.use(1)
    backend.give(NOW, short_birth(door, NOW))
    assert [ack.ref for ack in told(door, backend.give(NOW, waits), frame.STORED_ACK)] == [[1, 1]]


# ---- what is malformed, and gaps


@pytest.mark.spec("LIL-FRAME-012")
@pytest.mark.parametrize(
    ("cls", "kind", "body", "fields"),
    [
        ("st", frame.BIRTH, {0: DOOR_KIND}, {"nonce": b"12345678"}),
        ("st", frame.BIRTH, {0: DOOR_KIND, 1: 1}, {}),
        ("hb", frame.HEARTBEAT, {0: 0, 1: 0}, {"nonce": b"12345678"}),
        ("hb", frame.HEARTBEAT, {0: 0, 1: 0, 2: 0, 4: 1}, {"nonce": b"12345678"}),
        ("tm", frame.TELEMETRY, {0: [1], 1: [], 2: [[]]}, {}),
        ("rs", frame.RESPONSE, {0: 200}, {}),
        ("cf", frame.REPORTED_CONFIG, {0: 1}, {}),
        ("ot", frame.CHUNK_REQUEST, {0: 7, 1: 0, 2: 769}, {}),
        ("lg", frame.LOG, {0: 8, 1: "x"}, {}),
        ("ev", frame.HEARTBEAT, {0: 0, 1: 0, 2: 0}, {"nonce": b"12345678"}),
        ("al", frame.UPDATE, {0: 1, 5: 2}, {}),
    ],
)
def test_what_is_malformed_has_no_effect_and_no_answer_and_is_counted(backend, door, cls, kind, body, fields):
    assert backend.give(NOW, door.seal(NOW, cls, kind, body, **fields)) == []
    assert (backend.effects, backend.kept) == ([], [])
    assert sum(backend.engine.refused.values()) == 1
    assert backend.engine.session(DOOR) == "never"


@pytest.mark.spec("LIL-EVENT-010")
def test_more_than_64_events_beyond_a_gap_end_its_wait(backend, door):
    backend.give(NOW, door.birth(NOW))
    events = [door.event(NOW) for _ in range(66)]
    backend.give(NOW, *events[1:65])
    assert [message for message in backend.effects if message.name == "event"] == []
    backend.give(NOW, events[65])
    assert [message.seq for message in backend.effects if message.name == "event"] == list(range(2, 67))
    assert len(backend.gaps) == 1


# ---- which birth is the newer


@pytest.mark.spec("LIL-SESSION-020")
def test_of_two_births_of_a_boot_the_higher_connection_is_the_newer_then_the_higher_number(backend, door):
    first, again, second = door.birth(NOW), door.birth(NOW, again=True, _7={20: 1}), door.birth(NOW, _7={20: 0})
    backend.give(NOW, second)
    assert [message.values for message in backend.effects] == [{"unlocked": 0}]
    backend.give(NOW, first, again)
    assert len(backend.effects) == 1
    other = Backend()
    other.give(NOW, again)
    other.give(NOW, first)
    assert [message.values for message in other.effects] == [{"unlocked": 1}]


@pytest.mark.spec("LIL-SESSION-021")
def test_a_death_that_comes_before_its_birth_ends_that_session(backend, door):
    backend.give(NOW, door.birth(NOW))
    birth = door.birth(NOW + SECOND)
    backend.give(NOW + 2 * SECOND, door.death())
    assert backend.engine.session(DOOR) == "offline"
    effects = len(backend.effects)
    backend.give(NOW + 3 * SECOND, birth)
    assert backend.engine.session(DOOR) == "offline"
    assert len(backend.effects) == effects
    backend.give(NOW + 4 * SECOND, door.birth(NOW + 4 * SECOND))
    assert backend.engine.session(DOOR) == "online"

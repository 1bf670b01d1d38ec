"""What the specification settles for a device about its connection, its question for the time and its alarms."""

import pytest
from harness import DEVICE, MINUTE, SECOND, TENANT, Host, codes
from lilong_firmware.kinds import rules
from lilong_protocol import frame, mqtt, topics
from lilong_protocol.pc.mqtt_server import read_connect, read_subscribe
from lilong_protocol.registry import ALARM, KIND
from lilong_protocol.registry.tables import SEVERITY
from stories import STORIES, day


@pytest.mark.spec("LIL-SESSION-017")
def test_a_connection_is_mqtt_3_1_1_under_the_id_of_the_device_with_its_will():
    client = mqtt.Client()
    will = (topics.up(TENANT, DEVICE, topics.STATE), b"will", 1, True)
    data = client.connect(0, DEVICE, KIND["door"].link.keepalive_s, will, DEVICE, b"password")
    asked = read_connect(data, 2, len(data))
    assert (asked.level, asked.clean, asked.client_id, asked.username) == (4, True, DEVICE, DEVICE)
    assert (asked.keepalive_s, asked.will) == (KIND["door"].link.keepalive_s, will)
    client.feed(b"\x20\x02\x00\x00", 0)
    client.subscribe(topics.down_filter(TENANT, DEVICE), 1, 0)
    packet = client.take_packet()
    assert read_subscribe(packet, 2, len(packet))[1] == [(f"lilong/1/{TENANT}/{DEVICE}/d/#", 1)]


@pytest.mark.spec("LIL-SESSION-017")
@pytest.mark.parametrize("kind", sorted(STORIES))
def test_the_keep_alive_of_a_kind_is_that_of_the_registry(kind):
    assert codes.link(rules(kind).KIND)[1] == KIND[kind].link.keepalive_s


@pytest.mark.spec("LIL-TIME-007")
def test_a_later_question_for_the_time_takes_the_place_of_an_earlier_one():
    host = Host("door", times=False)
    host.run(2 * SECOND)
    first = host.of(frame.BIRTH)[0].frame.uptime
    host.request({0: 0})
    host.run(SECOND)
    second = host.of(frame.BIRTH)[1].frame.uptime
    host.time(first)
    host.run(SECOND)
    assert host.device.uplink.clock.epoch(host.uptime()) is None
    host.time(second)
    host.run(SECOND)
    assert host.device.uplink.clock.epoch(host.uptime()) is not None


@pytest.mark.spec("LIL-ALARM-019", "LIL-ALARM-020")
@pytest.mark.parametrize("kind", sorted(STORIES))
def test_a_raise_carries_what_the_registry_says_and_all_that_follows_names_it(kind):
    sent = [s for s in day(kind).sent if s.kind in (frame.RAISE, frame.UPDATE, frame.CLEAR)]
    names = {(s.frame.boot, s.frame.seq): s.body[0] for s in sent if s.kind == frame.RAISE}
    for s in sent:
        alarm = ALARM[s.body[0]]
        if s.kind == frame.RAISE:
            assert (s.body[1], s.body[2], s.body[3]) == (SEVERITY[alarm.level], alarm.urgency, alarm.certainty)
            assert s.body[1] == 5 - alarm.level
        else:
            assert names[tuple(s.frame.ref)] == s.body[0]
    assert {s.kind for s in sent} >= {frame.RAISE, frame.CLEAR}


@pytest.mark.spec("LIL-ALARM-020")
def test_an_operator_acknowledges_by_the_name_of_the_raise_and_by_no_other():
    host = Host("door")
    host.run(SECOND)
    host.sense("tamper", 1)
    host.sense("tamper", 0)
    host.run(MINUTE)
    boot, seq = host.ref(codes.ALARM_TAMPER)
    update = host.once(frame.UPDATE)[-1].frame
    assert tuple(update.ref) == (boot, seq)
    wrong, right = host.acknowledge((boot, update.seq)), host.acknowledge((boot, seq))
    host.run(SECOND)
    assert (host.response(wrong), host.response(right)) == (404, 200)

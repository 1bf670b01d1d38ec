"""The backend library behind the hardened broker, with the URL that `lilong broker-config` writes."""

import pytest
from hardened_broker import ALICE, ESTATE_KEY, TENANT, hardened_broker, root
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.pc.backend import Backend
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag
from mqtt_peer import next_message, run


@pytest.mark.spec("LIL-SEC-001")
def test_an_alarm_reaches_the_backend_and_its_stored_ack_the_device(tmp_path):
    payload = frame.pack(frame.RAISE, {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}, boot=1, seq=1, uptime=5_000)
    raised = Seal(frame_key(root(ALICE), UP), TENANT, ALICE, UP).seal(topics.ALARM, payload)
    downlink = Seal(frame_key(root(ALICE), DOWN), TENANT, ALICE, DOWN)

    async def scenario():
        async with (
            hardened_broker(tmp_path / "broker") as broker,
            Backend(broker.backend.url, ESTATE_KEY, tenants=[TENANT], state=tmp_path / "state.db") as backend,
            broker.device(ALICE) as link,
        ):
            await backend.connected()
            await link.subscribe(topics.down_filter(TENANT, ALICE), 1)
            await link.publish(topics.up(TENANT, ALICE, topics.ALARM), raised, 1)
            batch = await anext(aiter(backend))
            await batch.stored()
            message = await next_message(link)
            return batch.messages, frame.unpack(downlink.open(topics.ACK, message.payload))

    (alarm,), told = run(scenario(), 60)
    assert (alarm.tenant, alarm.device, alarm.name) == (TENANT, ALICE, "alarm raise")
    assert (told.kind, told.ref, told.body) == (frame.STORED_ACK, [1, 1], {0: frame_tag(raised)})

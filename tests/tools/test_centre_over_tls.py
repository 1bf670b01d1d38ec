"""The management centre behind the hardened broker: a device's alarm over TLS, stored, acknowledged over TLS."""

import pytest
from centre_process import running
from hardened_broker import ESTATE_KEY, TENANT, hardened_broker, root
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.pc.keystore import KeyStore, TenantKeys, save
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag
from lilong_simulator.estate import load_estate
from mqtt_peer import next_message, run


@pytest.mark.spec("LIL-SEC-001", "LIL-SEC-009")
def test_an_alarm_reaches_the_centre_and_its_stored_ack_the_device(tmp_path):
    device = next(placed.id for placed in load_estate(TENANT).devices if placed.kind == "smoke")
    keys = tmp_path / "keys.json"
    save(KeyStore({TENANT: TenantKeys(ESTATE_KEY)}), keys)
    uplink = Seal(frame_key(root(device), UP), TENANT, device, UP)
    downlink = Seal(frame_key(root(device), DOWN), TENANT, device, DOWN)
    payload = frame.pack(frame.RAISE, {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}, boot=1, seq=1, uptime=5_000)
    raised = uplink.seal(topics.ALARM, payload)

    async def scenario():
        async with (
            hardened_broker(tmp_path / "broker", (device,)) as broker,
            running(broker.backend, tmp_path, "--broker", broker.backend.url, "--keys", keys),
            broker.device(device) as link,
        ):
            await link.subscribe(topics.down_filter(TENANT, device), 1)
            await link.publish(topics.up(TENANT, device, topics.ALARM), raised, 1)
            while True:
                message = await next_message(link)
                told = frame.unpack(downlink.open(message.topic.value.rpartition("/")[2], message.payload))
                if told.kind == frame.STORED_ACK:
                    return told

    told = run(scenario(), 60)
    assert (told.ref, told.body) == ([1, 1], {0: frame_tag(raised)})

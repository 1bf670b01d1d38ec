"""The whole way with nothing played: a device of the firmware, a broker, the centre as a process, a real browser."""

import json
import re
import shutil
from pathlib import Path

import pytest
from centre_process import running
from centre_service import Notes, until
from commands import PATIENCE_S, SMALL_ESTATE
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import DOWN, Seal
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_tools.broker.embedded import EmbeddedBroker
from mqtt_peer import run
from playwright.async_api import async_playwright, expect
from test_console import FLAGS

TAMPER = 7  # an interrupt: no sampling to wait for
expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.mark.timeout(150)
def test_an_alarm_appears_in_the_browser_and_a_click_there_reaches_the_device(tmp_path):
    estate = load_estate(str(SMALL_ESTATE))
    placed = next(device for device in estate.devices if device.kind == "smoke")
    root = device_root(simulation_key(estate.id), estate.id, placed.id)
    observed = tmp_path / "observed.jsonl"

    async def scenario():
        async with (
            EmbeddedBroker() as broker,
            running(broker, tmp_path, "--estate", SMALL_ESTATE, "--observed", observed) as centre,
            async_playwright() as playwright,
        ):
            path = shutil.which("chromium") or playwright.chromium.executable_path
            if not Path(path).exists():
                pytest.skip("Chromium is not installed: `apt install chromium`, or `playwright install chromium`")
            wire = broker.record()
            device = Device(Identity(estate.id, placed.id, root), rules("smoke"), RamStore(), Draws(b"draws"), False, 1)
            fleet = LiveFleet(estate.id, Target(broker.host, broker.port), Notes())
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            try:
                page = await browser.new_page(locale="en-GB")
                page.set_default_timeout(PATIENCE_S * 1000)
                complaints = []
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
                await page.goto(centre.url)
                await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
                await page.get_by_test_id("operator").fill("Wang")

                fleet.add(placed.id, device, fleet.now())
                await until(lambda: (placed.id, "accepted", 0) in fleet.observer.came)
                fleet.sense(placed.id, "tamper", 1)
                row = page.get_by_test_id("alarm-list").get_by_test_id("alarm-row")
                await expect(row).to_have_count(1)
                await expect(row).to_contain_text(placed.name)
                await expect(row.get_by_test_id("alarm-state")).to_have_text("Raised")

                await row.get_by_test_id("alarm-ack").click()
                await expect(row.get_by_test_id("alarm-state")).to_have_text(re.compile("Acknowledged"))
                await until(lambda: (placed.id, "acknowledged", TAMPER) in fleet.observer.came)
                await until(lambda: len(observed.read_text().splitlines()) == 3)
            finally:
                await browser.close()
                await fleet.close()
            return complaints, list(wire)

    complaints, wire = run(scenario(), 140)
    assert complaints == []
    seal = Seal(frame_key(root, DOWN), estate.id, placed.id, DOWN)
    acks = [
        frame.unpack(seal.open(topics.ACK, message.payload))
        for message in wire
        if message.topic == topics.down(estate.id, placed.id, topics.ACK)
    ]
    (told,) = [message for message in acks if message.kind == frame.OPERATOR_ACK]
    assert (list(told.ref), told.body[0], told.target) == ([1, 1], "Wang", 1)
    rows = [json.loads(line) for line in observed.read_text().splitlines()]
    assert [row["event"] for row in rows] == ["stored", "shown", "acknowledged"]
    assert {(row["device"], row["code"], row["boot"], row["seq"]) for row in rows} == {(placed.id, TAMPER, 1, 1)}

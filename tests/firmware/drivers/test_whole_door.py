"""A door with its rules and its drivers: from the chips' pins to the lock, the buzzer and the alarms."""

from pathlib import Path

import pytest
from chips.aes import aes
from chips.buses import UART
from chips.clock import Clock
from chips.osdp_reader import OsdpReader
from chips.pins import ADC, Pin
from chips.switch import Loop, Switch
from lilong_firmware.drivers.contact_line import ContactLine
from lilong_firmware.drivers.exit_button import ExitButton
from lilong_firmware.drivers.lock import Lock
from lilong_firmware.drivers.osdp import Osdp
from lilong_protocol import codes

KEY = bytes(range(100, 116))
STEP_MS = 10
LOCKED, FREE = 1, 0  # the pin of a magnet's relay


class Door:
    """Hardware and rules in one time. Channels are looked at and events taken after each poll, as a board does it."""

    def __init__(self, host_class):
        self.clock = Clock()
        self.host = host_class(
            "door", data={"cards": (7).to_bytes(4, "big"), "pins": (10_042).to_bytes(4, "big"), "card_key": bytes(32)}
        )
        self.loop = Loop()
        self.uart = UART(self.clock)
        self.reader = OsdpReader(self.clock, self.uart, KEY)
        self.relay = Pin(self.clock, Pin.OUT)
        self.button_pin = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.button = Switch(self.clock, self.button_pin, bounce_us=5_000)
        self.lock = Lock(self.relay)
        self.panel = Osdp(self.uart, KEY, aes=aes, random=lambda count: bytes(range(count)))
        self.contact = ContactLine(ADC(self.loop.uv, 8))
        self.exit = ExitButton(self.button_pin)
        self.heard_at = 0
        self.run(2_000)

    def run(self, ms):
        host = self.host
        for _ in range(ms // STEP_MS):
            self.clock.pass_ms(STEP_MS)
            now = self.clock.us // 1000
            host.run_to(now)
            for driver in (self.panel, self.contact, self.exit):
                driver.poll(now)
            values = {"reader": [self.panel.read("reader")], "contact": [self.contact.read("contact")]}
            values["tamper"] = [self.panel.read("tamper"), self.contact.read("tamper")]
            for channel, read in values.items():
                known = [value for value in read if value is not None]
                if known and max(known) != host.values[channel]:
                    host.sense(channel, max(known))
            for driver in (self.panel, self.exit):
                if event := driver.take():
                    host.sense(*event)
            for name, value in host.outputs.items():
                (self.lock if name == "lock" else self.panel).drive(name, value)

    def events(self):
        return [event.body[0] for event in self.host.events()]

    def raised(self):
        return [(at, code) for at, what, code in self.host.notes if what == "raised"]


@pytest.fixture
def door(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    from harness import Host  # noqa: PLC0415  it is in the folder above

    return Door(Host)


def test_at_rest_it_is_locked_and_says_nothing(door):
    door.run(10_000)
    assert door.relay.level == LOCKED
    assert door.raised() == []


def test_a_card_at_the_reader_frees_the_lock_within_200_ms_until_the_door_has_closed(door):
    door.reader.card(7, 26)
    door.run(200)
    assert door.relay.level == FREE
    door.loop.open = True
    door.run(1_000)
    door.loop.open = False
    door.run(100)
    assert door.relay.level == LOCKED
    assert door.raised() == []
    assert codes.EVENT_DOOR_GRANTED in door.events()


def test_a_pin_at_the_reader_frees_the_lock(door):
    door.reader.keys("0042#")
    door.run(200)
    assert door.relay.level == FREE


def test_a_stranger_stays_out(door):
    door.reader.card(8, 26)
    door.reader.keys("0000#")
    door.run(500)
    assert door.relay.level == LOCKED
    assert door.events().count(codes.EVENT_DOOR_DENIED) == 2


def test_the_exit_button_frees_the_lock_without_any_reader(door):
    door.reader.silent = 1 << 30
    door.run(1_000)
    door.button.turn(0)
    door.run(100)
    assert door.relay.level == FREE
    assert door.events().count(codes.EVENT_DOOR_EXIT) == 1


def test_a_forced_door_alarms_and_its_reader_buzzes(door):
    door.loop.open = True
    door.run(100)
    assert [code for _, code in door.raised()] == [codes.ALARM_DOOR_FORCED]
    door.run(200)
    assert door.reader.buzzer == 2


def test_a_cut_loop_is_a_tamper_and_no_forced_door(door):
    door.loop.fault = "cut"
    door.run(100)
    assert [code for _, code in door.raised()] == [codes.ALARM_TAMPER]


def test_a_reader_that_is_prised_open_alarms_within_200_ms(door):
    door.reader.tamper(1)
    door.run(200)
    assert [code for _, code in door.raised()] == [codes.ALARM_TAMPER]


def test_a_reader_that_is_cut_off_is_offline_8_3_s_after_its_last_reply(door):
    door.reader.silent = 1 << 30
    cut = door.clock.us // 1000
    door.run(10_000)
    [(at, code)] = door.raised()
    assert code == codes.ALARM_DOOR_READER_OFFLINE
    assert 8_000 <= at - cut <= 8_300


def test_a_reader_that_another_was_put_in_place_of_is_offline_too(door):
    other = OsdpReader(door.clock, door.uart, None)
    other.card(7, 26)
    door.run(10_000)
    assert [code for _, code in door.raised()] == [codes.ALARM_DOOR_READER_OFFLINE]
    assert door.relay.level == LOCKED

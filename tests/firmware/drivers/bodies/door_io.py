"""A door's contact, supervised line, exit button and lock."""

from chips.clock import Clock
from chips.pins import ADC, Pin
from chips.switch import Loop, Switch
from lilong_firmware.drivers.contact import Contact
from lilong_firmware.drivers.contact_line import ContactLine
from lilong_firmware.drivers.exit_button import ExitButton
from lilong_firmware.drivers.lock import Lock


class Bench:
    """Polls a driver each 10 ms, from a timer, so also while a switch bounces; notes what it gives."""

    def __init__(self, driver, clock, channel=None):
        self.driver = driver
        self.clock = clock
        self.channel = channel
        self.seen = []
        self._poll()

    def _poll(self):
        self.driver.poll(self.clock.us // 1000)
        if self.channel is None:
            event = self.driver.take()
            if event:
                self.seen.append(event)
        else:
            value = self.driver.read(self.channel)
            if not self.seen or self.seen[-1] != value:
                self.seen.append(value)
        self.clock.after_us(10_000, self._poll)


def test_a_contact_that_bounces_changes_once():
    for seed in range(1, 30):
        clock = Clock()
        pin = Pin(clock, Pin.IN, Pin.PULL_UP)
        pin.drive(0)
        bench = Bench(Contact(pin), clock, "contact")
        door = Switch(clock, pin, bounce_us=20_000, seed=seed)
        for level in (0, 1, 0):
            clock.pass_ms(100)
            door.turn(level)
        clock.pass_ms(100)
        assert bench.seen == [None, 0, 1, 0], seed


def test_an_opened_door_is_known_within_50_ms():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.drive(0)
    bench = Bench(Contact(pin), clock, "contact")
    clock.pass_ms(105)
    pin.drive(1)
    clock.pass_ms(45)
    assert bench.seen[-1] == 1


def test_a_cut_wire_is_an_open_door_and_a_spike_is_none():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.drive(0)
    bench = Bench(Contact(pin), clock, "contact")
    clock.pass_ms(100)
    pin.drive(None)
    clock.pass_ms(15)
    pin.drive(0)
    clock.pass_ms(100)
    assert bench.seen == [None, 0]
    pin.drive(None)
    clock.pass_ms(100)
    assert bench.seen == [None, 0, 1]


def test_a_contact_may_be_wired_the_other_way():
    clock = Clock()
    bench = Bench(Contact(Pin(clock, Pin.IN, Pin.PULL_UP), closed=1), clock, "contact")
    clock.pass_ms(50)
    assert bench.seen == [None, 0]


def line(loop, noise_lsb=8, seed=1):
    clock = Clock()
    adc = ADC(loop.uv, noise_lsb, seed)
    driver = ContactLine(adc, loop.supply_mv)
    Bench(driver, clock, "contact")
    return clock, driver


def test_a_supervised_door_is_closed_or_open_with_any_usual_resistor_and_wire():
    for ohm in (2_200, 4_700, 10_000):
        for wire_ohm in (0, 50, 100):
            for off in (-10, 10):  # thousandths, of the resistors at the door
                loop = Loop(ohm, wire_ohm=wire_ohm + ohm * off // 1000)
                clock, driver = line(loop, seed=ohm + wire_ohm)
                for is_open in (False, True, False):
                    loop.open = is_open
                    clock.pass_ms(100)
                    assert driver.read("contact") == (1 if is_open else 0), (ohm, wire_ohm, off)
                    assert driver.read("tamper") == 0


def test_a_short_a_cut_and_other_resistors_are_a_tamper_and_no_door():
    for fault in ("short", "cut", 1_000, 2_200, 3_000, 7_000, 20_000, 100_000):
        loop = Loop()
        clock, driver = line(loop)
        clock.pass_ms(100)
        assert driver.read("tamper") == 0
        loop.fault = fault
        clock.pass_ms(50)
        assert (driver.read("tamper"), driver.read("contact")) == (1, None), fault
        loop.fault = None
        clock.pass_ms(50)
        assert (driver.read("tamper"), driver.read("contact")) == (0, 0)


def test_a_swing_from_closed_to_open_is_no_tamper():
    loop = Loop()
    clock, driver = line(loop)
    clock.pass_ms(100)
    loop.fault = 7_000
    clock.pass_ms(15)
    loop.fault = None
    loop.open = True
    clock.pass_ms(100)
    assert (driver.read("tamper"), driver.read("contact")) == (0, 1)


def test_an_adc_that_fails_is_a_tamper():
    class Broken:
        def read_uv(self):
            raise OSError(5)

    driver = ContactLine(Broken())
    assert driver.read("tamper") is None
    for now in range(0, 60, 10):
        driver.poll(now)
    assert (driver.read("tamper"), driver.read("contact")) == (1, None)


def test_a_press_is_one_event_however_it_bounces_and_lasts():
    for seed in range(1, 30):
        clock = Clock()
        pin = Pin(clock, Pin.IN, Pin.PULL_UP)
        bench = Bench(ExitButton(pin), clock)
        button = Switch(clock, pin, seed=seed)
        clock.pass_ms(100)
        for hold_ms in (60, 60_000):
            button.turn(0)
            clock.pass_ms(hold_ms)
            button.turn(1)
            clock.pass_ms(100)
        assert bench.seen == [("exit_button", 1)] * 2, seed


def test_a_button_that_is_stuck_from_the_start_opens_nothing():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.stick(0)
    bench = Bench(ExitButton(pin), clock)
    clock.pass_ms(10_000)
    assert bench.seen == []
    pin.stick(None)
    clock.pass_ms(100)
    pin.drive(0)
    clock.pass_ms(100)
    assert bench.seen == [("exit_button", 1)]


def test_a_press_that_is_over_before_a_late_poll_lets_out_once():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    button = ExitButton(pin)
    for at in range(0, 100, 10):
        button.poll(at)
    Switch(clock, pin).turn(0)
    pin.drive(1)
    button.poll(100)
    assert button.take() is None  # in time: shorter than 30 ms is a spark
    Switch(clock, pin).turn(0)
    pin.drive(1)
    button.poll(1_300)
    assert button.take() == ("exit_button", 1)
    for at in range(1_310, 3_000, 10):
        button.poll(at)
    assert button.take() is None


def test_a_press_that_lasts_beyond_a_late_poll_lets_out_once():
    for armed in (0, 1):
        clock = Clock()
        pin = Pin(clock, Pin.IN, Pin.PULL_UP)
        if not armed:
            pin.stick(0)
        button = ExitButton(pin)
        for at in range(0, 100, 10):
            button.poll(at)
        pin.stick(None)
        pin.drive(0)
        taken = 0
        for at in range(1_300, 2_000, 10):
            button.poll(at)
            taken += button.take() is not None
        assert taken == armed


def test_a_timer_sees_the_press_by_itself_and_frees_the_lock_after_30_ms():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    relay = Pin(clock, Pin.OUT)
    lock = Lock(relay)
    button = ExitButton(pin)
    button.frees = lock
    lock.drive("lock", 0)
    for level, ticks, free in ((1, 5, 0), (0, 3, 0), (1, 1, 0), (0, 4, 1)):
        pin.drive(level)
        for _ in range(ticks):
            button.tick(None)
        assert relay.level == 1 - free
    button.poll(3_000)
    assert button.take() == ("exit_button", 1)
    for _ in range(100):
        button.tick(None)
        button.poll(3_010)
    assert button.take() is None


def test_a_button_that_is_stuck_from_the_start_frees_nothing_by_the_timer():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.drive(0)
    relay = Pin(clock, Pin.OUT)
    button = ExitButton(pin)
    button.frees = Lock(relay)
    button.frees.drive("lock", 0)
    for _ in range(20):
        button.tick(None)
    assert relay.level == 1


def test_a_lock_is_without_power_until_it_is_told():
    for power_locks, active, off, free in ((1, 1, 0, 0), (1, 0, 1, 1), (0, 1, 0, 1), (0, 0, 1, 0)):
        clock = Clock()
        pin = Pin(clock, Pin.OUT, value=active)
        lock = Lock(pin, power_locks, active)
        assert pin.level == off
        lock.drive("lock", 0)
        assert pin.level == 1 - free
        lock.drive("lock", 1)
        assert pin.level == free

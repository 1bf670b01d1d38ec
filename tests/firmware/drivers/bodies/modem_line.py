"""The way to a data call: key, SIM, PIN, network, and everything that can go wrong on it."""

from chips.buses import UART
from chips.clock import Clock
from chips.modem import Modem as Model
from lilong_firmware.modem import (
    DATA,
    LOST_MS,
    OFF,
    PAUSE_MAX_MS,
    REFUSED,
    REGISTER_MS,
    UP_MS,
    WAKING,
    Cellular,
    Modem,
    dialler,
)

GIVEN = {"apn": "iot.example", "pin": "1234"}


def _line(given=None, spent=False, **model):
    clock = Clock()
    uart = UART(clock, 115_200, 512)
    chip = Model(clock, uart, **model)
    return clock, chip, Modem(uart, chip.key, given or GIVEN, spent), uart


def _run(clock, modem, ms):
    for _ in range(ms // 100):
        clock.pass_ms(100)
        modem.poll(clock.us // 1000)
        if modem.state in (DATA, REFUSED):
            return


def test_a_modem_that_is_off_is_on_the_line_with_its_access_point():
    clock, chip, modem, _ = _line()
    _run(clock, modem, 60_000)
    assert modem.state == DATA
    assert chip.pulses == [1_000]
    assert chip.apn == "iot.example"
    assert [line for line in chip.heard if line not in ("AT+CEREG?;+CREG?", "AT")] == [
        "ATE0", "AT+CPIN?", 'AT+CGDCONT=1,"IP","iot.example"', "ATD*99#",
    ]  # fmt: skip


def test_a_sim_with_a_pin_is_given_it_once():
    clock, chip, modem, _ = _line(sim="pin")
    _run(clock, modem, 60_000)
    assert modem.state == DATA
    assert chip.tries == 3
    assert not modem.pin_spent


def test_a_wrong_pin_is_tried_once_and_never_again():
    clock, chip, modem, uart = _line({"apn": "a", "pin": "9999"}, sim="pin")
    _run(clock, modem, 600_000)
    assert modem.state == REFUSED
    assert modem.pin_spent
    assert chip.tries == 2
    again = Modem(uart, chip.key, {"apn": "a", "pin": "9999"}, True)  # after a restart
    chip.on = False
    _run(clock, again, 600_000)
    assert again.state == REFUSED
    assert again.why == "the SIM has refused its PIN"
    assert chip.tries == 2


def test_a_power_cut_while_the_pin_is_under_way_counts_as_its_try():
    clock, chip, modem, _ = _line({"apn": "a", "pin": "9999"}, sim="pin")
    for _ in range(600):
        clock.pass_ms(100)
        modem.poll(clock.us // 1000)
        if modem.pin_spent:
            break
    assert chip.tries == 3, "it has not even arrived"
    assert modem.pin_spent


def test_a_sim_that_wants_its_puk_or_a_pin_that_nobody_gave_is_left_alone():
    for sim, given in (("puk", GIVEN), ("pin", {"apn": "a"})):
        clock, chip, modem, _ = _line(given, sim=sim)
        _run(clock, modem, 60_000)
        assert modem.state == REFUSED
        assert not [line for line in chip.heard if "CPIN=" in line]


def test_a_modem_that_was_on_is_switched_off_by_the_first_pulse_and_on_by_the_next():
    clock, chip, modem, _ = _line()
    chip.on = True
    chip._ready_at = 0
    _run(clock, modem, 120_000)
    assert modem.state == DATA
    assert len(chip.pulses) == 2


def test_without_a_network_it_begins_anew_ever_later():
    clock, chip, modem, _ = _line(registers_ms=None)
    _run(clock, modem, 3 * REGISTER_MS)
    assert modem.why in ("no network", "no answer to AT")
    chip.registers_ms = 1_000
    _run(clock, modem, 4 * REGISTER_MS)
    assert modem.state == DATA


def test_a_modem_that_never_answers_is_tried_less_and_less_and_for_ever():
    clock, chip, modem, _ = _line()
    chip.deaf = True
    _run(clock, modem, 3_600_000)
    in_an_hour = modem.starts
    assert 5 <= in_an_hour <= 9
    _run(clock, modem, 36_000_000)
    assert modem.starts - in_an_hour <= 36_000_000 // PAUSE_MAX_MS + 4
    chip.deaf = False
    _run(clock, modem, 3 * PAUSE_MAX_MS)
    assert modem.state == DATA


def test_a_call_that_does_not_come_about_begins_anew():
    clock, chip, modem, _ = _line()
    chip.dials = False
    _run(clock, modem, 40_000)
    assert modem.why == "NO CARRIER"
    chip.dials = True
    _run(clock, modem, 240_000)
    assert modem.state == DATA


def test_when_ppp_has_lost_the_link_the_key_is_pulsed_until_there_is_another():
    clock, _, modem, _ = _line()
    _run(clock, modem, 60_000)
    modem.hang_up(clock.us // 1000, "PPP is down")
    assert modem.state == OFF
    _run(clock, modem, 240_000)
    assert modem.state == DATA


def test_noise_on_the_line_is_no_answer():
    clock, chip, modem, uart = _line()
    chip.noise = b"\xff\x00\x80OK\xfe"
    _run(clock, modem, 120_000)
    assert modem.state == DATA
    uart.arrive(bytes(range(256)) * 3)
    clock.pass_ms(1_000)
    modem.hang_up(clock.us // 1000, "noise")
    _run(clock, modem, 240_000)
    assert modem.state == DATA


def test_lost_bytes_cost_time_and_nothing_else():
    for lost in range(0, 60, 7):
        clock, chip, modem, uart = _line(sim="pin")
        _run(clock, modem, 6_000)
        uart.lose = lost
        _run(clock, modem, 900_000)
        assert modem.state in (DATA, REFUSED), lost
        if modem.state == REFUSED:  # the answer to the PIN was lost: not tried again without a person
            assert chip.sim == "ready" or chip.tries >= 2


def test_an_endless_line_takes_no_ram():
    clock, chip, modem, uart = _line()
    _run(clock, modem, 3_000)
    assert modem.state == WAKING
    chip.deaf = True
    for _ in range(50):
        uart.arrive(b"x" * 100)
        clock.pass_ms(100)
        modem.poll(clock.us // 1000)
        assert len(modem._buffer) <= 200


class Ppp:
    SEC_CHAP = 2

    def __init__(self, uart):
        self.up = False
        self.log = []

    def active(self, on):
        self.log.append(on)

    def connect(self, **given):
        self.log.append(given)

    def isconnected(self):
        return self.up

    def ifconfig(self):
        return ("10.0.0.2", "255.255.255.255", "10.0.0.1", "10.0.0.53")


def _cellular(given=None, **model):
    clock, chip, modem, uart = _line(given, **model)
    made, kept = [], []

    def ppp(line):
        made.append(Ppp(line))
        return made[-1]

    dial = dialler(uart, ppp, given or {"user": "u", "password": "p"})
    return clock, chip, Cellular(modem, dial, lambda: clock.us // 1000, kept.append), made, kept


def _look(clock, cellular, ms):
    for _ in range(ms // 100):
        clock.pass_ms(100)
        cellular.look()


def test_ppp_takes_the_line_when_there_is_a_call_and_logs_in():
    clock, _, cellular, made, _ = _cellular()
    _look(clock, cellular, 30_000)
    assert made[0].log == [True, {"security": 2, "user": "u", "key": "p"}]
    assert not cellular.isconnected()
    made[0].up = True
    _look(clock, cellular, 1_000)
    assert cellular.isconnected()
    assert cellular.ifconfig()[3] == "10.0.0.53"


def test_ppp_that_does_not_come_up_or_stays_down_is_hung_up_and_dialled_anew():
    clock, _, cellular, made, _ = _cellular()
    _look(clock, cellular, 30_000)
    _look(clock, cellular, UP_MS)
    assert made[0].log[-1] is False
    assert cellular.modem.why == "PPP is down"
    while len(made) < 2:
        _look(clock, cellular, 1_000)
    made[-1].up = True
    _look(clock, cellular, 1_000)
    made[-1].up = False
    dialled = len(made)
    _look(clock, cellular, LOST_MS - 1_000)
    assert cellular.modem.state == DATA
    _look(clock, cellular, 120_000)
    assert len(made) > dialled


def test_that_the_pin_is_spent_is_kept_before_it_is_sent():
    clock, chip, cellular, _, kept = _cellular({"apn": "a", "pin": "9999"}, sim="pin")
    while not kept:
        _look(clock, cellular, 100)
    assert kept == [True]
    assert not [line for line in chip.heard if "CPIN=" in line]
    _look(clock, cellular, 30_000)
    assert chip.tries == 2
    assert kept == [True]


def test_that_the_pin_was_right_is_kept_too():
    clock, _, cellular, _, kept = _cellular({"apn": "a", "pin": "1234"}, sim="pin")
    _look(clock, cellular, 30_000)
    assert kept == [True, False]

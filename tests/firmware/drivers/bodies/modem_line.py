"""The way to a data call: key, SIM, PIN, network, and everything that can go wrong on it."""

from chips.buses import UART
from chips.clock import Clock
from chips.modem import Modem as Model
from lilong_firmware.cellular import LOST_MS, RECORD, UP_MS, VAIN, VAIN_MAX, Cellular, dialler
from lilong_firmware.modem import (
    DATA,
    DENIED_MS,
    OFF,
    PAUSE_MAX_MS,
    PAUSE_MS,
    REFUSED,
    REGISTER_MS,
    SIM_MS,
    STOPPING,
    WAKING,
    Modem,
)
from lilong_firmware.store import RamStore

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


def test_a_modem_that_is_on_is_taken_as_it_is():
    clock, chip, modem, _ = _line()
    chip.on = True
    chip._ready_at = 0
    _run(clock, modem, 120_000)
    assert modem.state == DATA
    assert chip.pulses == []


def test_what_has_failed_is_switched_off_while_it_is_left_alone():
    for model, why in (({"sim": "none"}, "no SIM"), ({"registers_ms": None}, "no network")):
        clock, chip, modem, _ = _line(**model)
        while not modem.failures:
            clock.pass_ms(100)
            modem.poll(clock.us // 1000)
        assert modem.state == STOPPING
        assert modem.why == why
        clock.pass_ms(2_000)
        modem.poll(clock.us // 1000)
        assert modem.state == OFF
        assert not chip.on
        assert modem.pause_ms == PAUSE_MS


def test_a_sim_that_is_not_there_is_told_within_a_minute_and_asked_for_less_and_less():
    clock, chip, modem, _ = _line(sim="none")
    _run(clock, modem, SIM_MS + 30_000)
    assert modem.why == "no SIM"
    _run(clock, modem, 36_000_000)
    assert modem.starts <= 36_000_000 // PAUSE_MAX_MS + 10
    chip.sim = "ready"
    _run(clock, modem, 2 * PAUSE_MAX_MS)
    assert modem.state == DATA


def test_a_network_that_refuses_the_sim_is_told_before_one_that_is_not_there():
    clock, chip, modem, _ = _line()
    chip.denies = True
    _run(clock, modem, DENIED_MS + 30_000)
    assert modem.why == "the network refuses this SIM"
    chip.denies = False
    _run(clock, modem, 120_000)
    assert modem.state == DATA


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


def test_when_ppp_has_lost_the_link_the_modem_is_switched_off_and_on():
    clock, chip, modem, _ = _line()
    _run(clock, modem, 60_000)
    modem.fail(clock.us // 1000, "PPP is down")
    assert modem.state == STOPPING
    _run(clock, modem, 240_000)
    assert modem.state == DATA
    assert len(chip.pulses) == 3, "on, off, on"


def test_noise_on_the_line_is_no_answer():
    clock, chip, modem, uart = _line()
    chip.noise = b"\xff\x00\x80OK\xfe"
    _run(clock, modem, 120_000)
    assert modem.state == DATA
    uart.arrive(bytes(range(256)) * 3)
    clock.pass_ms(1_000)
    modem.fail(clock.us // 1000, "noise")
    _run(clock, modem, 240_000)
    assert modem.state == DATA


def test_lost_bytes_cost_time_and_nothing_else():
    for lost in range(0, 60, 7):
        clock, chip, modem, uart = _line(sim="pin")
        _run(clock, modem, 8_500)
        uart.lose = lost
        _run(clock, modem, 900_000)
        assert modem.state in (DATA, REFUSED), lost
        if modem.state == REFUSED:  # the answer to the PIN was lost: not tried again without a person
            assert chip.sim == "ready" or chip.tries >= 2


def test_an_endless_line_takes_no_ram():
    clock, chip, modem, uart = _line()
    _run(clock, modem, 6_000)
    assert modem.state == WAKING
    chip.deaf = True
    for _ in range(50):
        uart.arrive(b"x" * 100)
        clock.pass_ms(100)
        modem.poll(clock.us // 1000)
        assert len(modem._buffer) <= 200


class Ppp:
    """As network.PPP of MicroPython 1.27: without `active(True)`; status below 0 is an error of lwIP."""

    SEC_CHAP = 2

    def __init__(self, uart):
        self.up = False
        self.error = 0
        self.log = []

    def active(self, on):
        self.log.append(on)

    def connect(self, **given):
        self.log.append(given)

    def isconnected(self):
        return self.up

    def status(self):
        return -self.error if self.error else 4 if self.up else 3

    def ifconfig(self):
        return ("10.0.0.2", "10.0.0.1", "255.255.255.255", "10.0.0.53")


class Far:
    """A modem, what is made of it, and what it says. `kept`: what the store was told, in order."""

    def __init__(self, given=None, refuses=False, **model):
        self.clock = Clock()
        self.uart = UART(self.clock, 115_200, 512)
        self.chip = Model(self.clock, self.uart, **model)
        self.made = []
        self.said = []
        self.came = []
        self.store = RamStore()
        self.cellular = self.board(given or {"apn": "iot.example", "user": "u", "password": "p"}, refuses)

    def board(self, given, refuses=False):
        def ppp(line):
            if refuses:
                raise OSError("pppos_create failed")
            self.made.append(Ppp(line))
            return self.made[-1]

        def came():
            self.came.append(self.clock.us // 1000)

        return Cellular(
            self.uart, self.chip.key, dialler(self.uart, ppp), given, lambda: self.clock.us // 1000,
            lambda: self.store, came, self.said.append,
        )  # fmt: skip

    def look(self, ms):
        for _ in range(ms // 100):
            self.clock.pass_ms(100)
            self.cellular.look()

    def up(self):
        """On the air, with PPP."""
        while not self.made:
            self.look(100)
        self.made[-1].up = True
        self.look(500)

    def pins(self):
        return [line for line in self.chip.heard if "CPIN=" in line]


def test_ppp_takes_the_line_when_there_is_a_call_and_logs_in():
    far = Far()
    far.look(30_000)
    assert far.made[0].log == [{"security": 2, "user": "u", "key": "p"}]
    assert not far.cellular.isconnected()
    assert far.cellular.awake()
    assert far.came == []
    far.made[0].up = True
    far.look(1_000)
    assert far.cellular.isconnected()
    assert not far.cellular.awake()
    assert far.cellular.name_server() == "10.0.0.53"
    assert len(far.came) == 1
    assert far.said == ["up"]


def test_without_a_login_ppp_starts_without_one():
    far = Far({"apn": "iot.example"})
    far.up()
    assert far.made[0].log == [{}]


def test_without_a_link_there_is_no_name_server_and_the_reason_is_told():
    far = Far(sim="none")
    assert _refusal(far) == "the modem has no link yet"
    far.look(SIM_MS + 30_000)
    assert _refusal(far) == "the modem has no link yet, last: no SIM"


def _refusal(far):
    try:
        return "a name server: " + far.cellular.name_server()
    except OSError as error:
        return str(error)


def test_ppp_that_does_not_come_up_or_stays_down_is_hung_up_and_dialled_anew():
    far = Far()
    far.look(30_000)
    far.look(UP_MS)
    assert far.made[0].log[-1] is False
    assert far.said[-1] == "PPP is down; left alone for 10 s"
    while len(far.made) < 2:
        far.look(1_000)
    far.up()
    far.made[-1].up = False
    dialled = len(far.made)
    far.look(LOST_MS - 1_000)
    assert far.cellular.modem.state == DATA
    far.look(120_000)
    assert len(far.made) > dialled


def test_ppp_that_says_it_is_lost_is_hung_up_at_once():
    far = Far()
    far.up()
    far.made[-1].up = False
    far.made[-1].error = 5
    far.look(200)
    assert far.made[-1].log[-1] is False
    assert far.said[-1] == "PPP is lost (-5); left alone for 10 s"
    assert not far.cellular.isconnected()


def test_ppp_that_cannot_be_made_is_no_fault_of_the_program():
    far = Far(refuses=True)
    far.look(60_000)
    assert far.said[0] == "PPP does not start: pppos_create failed; left alone for 10 s"


def test_a_carrier_that_goes_without_a_word_is_found_by_what_it_does_not_carry():
    far = Far()
    far.up()
    for _ in range(VAIN - 1):
        far.cellular.heard(False)
    far.cellular.heard(True)
    for _ in range(VAIN):
        assert far.cellular.isconnected()
        far.cellular.heard(False)
    far.look(100)
    assert not far.cellular.isconnected()
    assert far.said[-1] == "PPP carries nothing; left alone for 10 s"


def test_a_broker_that_is_down_for_days_does_not_have_the_modem_restarted_each_time():
    far = Far()
    tries = VAIN
    for _ in range(8):
        far.up()
        dialled = len(far.made)
        for at in range(tries):
            assert far.cellular.isconnected(), at
            far.cellular.heard(False)
        assert not far.cellular.isconnected()
        tries = min(2 * tries, VAIN_MAX)
        while len(far.made) == dialled:
            far.look(1_000)


def test_that_the_pin_is_spent_is_kept_before_it_is_sent():
    far = Far({"apn": "a", "pin": "9999"}, sim="pin")
    while not far.store.items():
        far.look(100)
    assert far.pins() == []
    far.look(30_000)
    assert far.chip.tries == 2
    assert [name for name, _ in far.store.items()] == [RECORD]
    assert far.said[-1] == "the SIM has refused its PIN; it wants another PIN"
    assert not far.cellular.awake()
    far.look(5_000)
    assert not far.chip.on


def test_a_pin_that_was_refused_is_not_tried_again_after_a_restart_and_another_one_is():
    far = Far({"apn": "a", "pin": "9999"}, sim="pin")
    far.look(30_000)
    assert far.pins() == ['AT+CPIN="9999"']
    far.cellular = far.board({"apn": "a", "pin": "9999"})
    far.look(30_000)
    assert far.pins() == ['AT+CPIN="9999"']
    far.cellular.use({"modem": {"apn": "a", "pin": "1234"}})
    far.look(30_000)
    assert far.pins() == ['AT+CPIN="9999"', 'AT+CPIN="1234"']
    assert far.made
    assert far.store.items() == []


def test_that_the_pin_was_right_is_kept_too():
    far = Far({"apn": "a", "pin": "1234"}, sim="pin")
    far.look(30_000)
    assert far.chip.sim == "ready"
    assert far.store.items() == []


def test_a_pin_is_not_tried_while_flash_does_not_take_that_it_is():
    far = Far({"apn": "a", "pin": "9999"}, sim="pin")

    class Full(RamStore):
        def put(self, name, data):
            raise OSError(28)

    far.store = Full()
    far.look(300_000)
    assert far.pins() == []
    assert far.said[0] == "flash does not take that the PIN is tried; left alone for 10 s"


def test_another_access_is_dialled_with_at_once_and_the_same_one_changes_nothing():
    far = Far()
    far.up()
    far.cellular.use({"modem": {"apn": "iot.example", "user": "u", "password": "p"}})
    assert far.cellular.isconnected()
    far.cellular.use({"modem": {"apn": "other.example"}})
    dialled = len(far.made)
    while len(far.made) == dialled:
        far.look(1_000)
    assert far.chip.apn == "other.example"
    assert far.made[-1].log == [{}]

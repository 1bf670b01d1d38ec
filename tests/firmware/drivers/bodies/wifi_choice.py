"""Which network a board joins while networks come and go, by a model of the radio."""

from lilong_firmware.network import (
    JOIN_MS,
    LOOK_MS,
    REST_MAX_MS,
    RETURN_MAX_MS,
    RETURN_MS,
    Networks,
    Wifi,
)

THREE = [{"ssid": "a", "password": "1"}, {"ssid": "b", "password": "2"}, {"ssid": "c", "password": "3"}]


class Radio:
    """`air`: the networks that can be joined; `joins_ms`: how long that takes. `broken`: each call fails."""

    def __init__(self, *air):
        self.now = 0
        self.air = set(air)
        self.joins_ms = 3_000
        self.broken = False
        self.log = []
        self._wanted = None
        self._since = 0

    def active(self, on):
        self.log.append(("active", on))

    def connect(self, ssid, password):
        if self.broken:
            raise OSError("Wifi Internal State Error")
        self.log.append((ssid, password))
        self._wanted = ssid
        self._since = self.now

    def disconnect(self):
        self._wanted = None

    def isconnected(self):
        if self.broken:
            raise OSError("Wifi Internal Error")
        return self._wanted in self.air and self.now - self._since >= self.joins_ms

    def status(self):
        return 1010 if self.isconnected() else 1001 if self._wanted in self.air else 201

    @property
    def joined(self):
        return self._wanted if not self.broken and self.isconnected() else None

    @property
    def tried(self):
        return [entry[0] for entry in self.log]


def _there(*air, networks=None):
    radio = Radio(*air)
    busy = [False]
    wifi = Wifi(radio, THREE if networks is None else networks, lambda: radio.now, lambda: not busy[0])
    return radio, wifi, busy


def _pass(radio, wifi, ms):
    for _ in range(ms // LOOK_MS):
        wifi.look()
        radio.now += LOOK_MS


def test_the_preferred_network_is_tried_first_with_its_own_password():
    radio, wifi, _ = _there("a", "b", "c")
    _pass(radio, wifi, 10_000)
    assert radio.log == [("a", "1")]
    assert radio.joined == "a"


def test_one_that_is_not_there_makes_way_for_the_next_within_seconds():
    radio, wifi, _ = _there("c")
    _pass(radio, wifi, 30_000)
    assert radio.tried == ["a", "b", "c"]
    assert radio.joined == "c"


def test_one_that_lets_nobody_in_is_given_its_time():
    radio, wifi, _ = _there("a", "b")
    radio.joins_ms = JOIN_MS - 2_000
    _pass(radio, wifi, JOIN_MS)
    assert radio.tried == ["a"]
    assert radio.joined == "a"


def test_a_network_that_is_lost_is_tried_again_before_another():
    radio, wifi, _ = _there("a", "b")
    _pass(radio, wifi, 10_000)
    radio.air.remove("a")
    _pass(radio, wifi, 30_000)
    assert radio.tried == ["a", "a", "b"]
    assert radio.joined == "b"


def test_while_there_is_none_it_rests_ever_longer_and_at_most_a_minute():
    radio, wifi, _ = _there()
    _pass(radio, wifi, 1_800_000)
    before = len(radio.log)
    _pass(radio, wifi, 600_000)
    rounds = (len(radio.log) - before) // 3
    assert 600_000 // (REST_MAX_MS + 3 * JOIN_MS) <= rounds <= 600_000 // REST_MAX_MS + 1
    radio.air.add("b")
    _pass(radio, wifi, REST_MAX_MS + 3 * JOIN_MS)
    assert radio.joined == "b"


def test_after_an_hour_on_a_lesser_one_it_returns_to_the_preferred():
    radio, wifi, _ = _there("b")
    _pass(radio, wifi, 30_000)
    radio.air.add("a")
    _pass(radio, wifi, RETURN_MS - 60_000)
    assert radio.joined == "b"
    _pass(radio, wifi, 90_000)
    assert radio.joined == "a"


def test_a_preferred_network_that_is_not_there_costs_seconds_ever_more_rarely():
    radio, wifi, _ = _there("b")
    _pass(radio, wifi, RETURN_MS * 4)
    assert radio.joined == "b"
    tries = radio.tried.count("a")
    assert tries <= 3
    _pass(radio, wifi, 4 * RETURN_MAX_MS)
    assert radio.tried.count("a") - tries <= 8
    assert radio.joined == "b"


def test_while_something_waits_to_be_told_no_network_is_left_for_a_better():
    radio, wifi, busy = _there("b")
    _pass(radio, wifi, 30_000)
    busy[0] = True
    radio.air.add("a")
    _pass(radio, wifi, 3 * RETURN_MS)
    assert radio.joined == "b"
    busy[0] = False
    _pass(radio, wifi, 30_000)
    assert radio.joined == "a"


def test_without_networks_the_radio_is_left_alone():
    radio, wifi, _ = _there("a", networks=[])
    _pass(radio, wifi, 600_000)
    assert radio.log == []
    assert not Networks(0).step(0, False, True, True)


def test_one_network_alone_is_tried_for_ever():
    radio, wifi, _ = _there(networks=THREE[:1])
    _pass(radio, wifi, 600_000)
    radio.air.add("a")
    _pass(radio, wifi, REST_MAX_MS + JOIN_MS)
    assert radio.joined == "a"


def test_a_radio_that_fails_is_asked_again():
    radio, wifi, _ = _there("a")
    radio.broken = True
    _pass(radio, wifi, 60_000)
    radio.broken = False
    _pass(radio, wifi, REST_MAX_MS + 3 * JOIN_MS)
    assert radio.joined == "a"


def test_another_list_is_tried_at_once():
    radio, wifi, _ = _there("a", "new")
    _pass(radio, wifi, 10_000)
    wifi.use({"networks": [{"ssid": "new", "password": "n"}]})
    _pass(radio, wifi, 10_000)
    assert radio.joined == "new"


def test_whatever_comes_and_goes_a_network_that_stays_is_joined():
    from chips.noise import Noise  # noqa: PLC0415

    for seed in range(12):
        noise = Noise(seed)
        radio, wifi, busy = _there()
        for _ in range(60):
            radio.air = {name for name in ("a", "b", "c") if noise.below(2)}
            busy[0] = bool(noise.below(2))
            _pass(radio, wifi, 1_000 + noise.below(90_000))
        radio.air = {"c"}
        _pass(radio, wifi, 2 * (REST_MAX_MS + 3 * JOIN_MS))
        assert radio.joined == "c", seed

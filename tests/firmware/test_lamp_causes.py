"""What follows from another fault is not told beside it, independent faults are all told; and a lamp that cycles."""

import pytest
from harness import HOUR, MINUTE, SECOND, codes
from lamps import cleared, lamp_at, raised, reads
from lilong_simulator.fleet.plant import Plant

# ---- what follows from another fault


@pytest.mark.parametrize(
    ("values", "alarms"),
    [
        ({"voltage": 0, "power": 0, "current": 0, "power_factor": 0, "gear": 0}, {"lamp.supply_loss"}),
        ({"relay": 0, "power": 5, "current": 4, "power_factor": 50, "gear": 0}, {"lamp.relay_failure"}),
        ({"gear": 0, "power": 185, "current": 105, "power_factor": 80}, {"lamp.control_gear_comm_failure"}),
        ({"power": 5, "current": 4, "power_factor": 50}, {"lamp.failure"}),
        ({"power": 185, "current": 105, "power_factor": 80}, {"lamp.dimming_failure"}),
        ({"power": 425, "current": 203, "power_factor": 84}, {"lamp.dimming_failure"}),
        ({"power": 1_300, "current": 600}, {"lamp.current_too_high"}),
        ({"current": 100, "power_factor": 80}, {"lamp.current_too_low"}),
    ],
    ids=lambda value: "" if isinstance(value, dict) else min(value),
)
def test_what_follows_from_a_fault_is_not_raised_beside_it(values, alarms):
    host = lamp_at()
    reads(host, **values)
    host.run(HOUR)
    assert raised(host) == alarms


@pytest.mark.parametrize(
    ("wrong", "level", "alarm"),
    [
        ({"broken": True}, 100, "lamp.failure"),
        ({"stuck": 0}, 100, "lamp.relay_failure"),
        ({"stuck": 1}, 0, "lamp.relay_failure"),
        ({"silent": True}, 40, "lamp.control_gear_comm_failure"),
    ],
)
def test_what_is_wrong_with_a_plant_is_told_by_one_alarm(wrong, level, alarm):
    made = Plant()
    host = lamp_at(level, made)
    for name, value in wrong.items():
        setattr(made, name, value)
    reads(host, **dict(made.felt()))
    host.run(HOUR)
    assert raised(host) == {alarm}
    for name in wrong:
        setattr(made, name, getattr(Plant(), name))
    reads(host, **dict(made.felt()))
    host.run(HOUR)
    assert cleared(host) == {alarm}


def test_a_lamp_that_is_on_since_its_relay_has_stuck_is_one_fault():
    host = lamp_at(0)
    reads(host, relay=1, power=605, current=289, power_factor=95)
    host.run(HOUR)
    assert raised(host) == {"lamp.relay_failure"}


def test_independent_faults_are_all_present():
    host = lamp_at()
    reads(host, power=0, leakage=400, temperature=9_000, voltage=2_400, current=500)
    host.run(HOUR)
    assert raised(host) == {
        "lamp.failure", "lamp.leakage_detected", "lamp.high_temperature", "lamp.supply_voltage_too_high",
        "lamp.current_too_high",
    }  # fmt: skip


def test_a_fault_that_was_there_before_its_cause_neither_ends_nor_is_raised_again():
    host = lamp_at()
    host.set("power", 0)
    host.run(2 * MINUTE)
    host.set("voltage", 0)
    host.run(HOUR)
    assert raised(host) == {"lamp.failure", "lamp.supply_loss"}
    host.set("power", 605)  # it cannot be, and says nothing
    host.run(HOUR)
    assert cleared(host) == set()
    host.set("voltage", 2_200)
    host.run(2 * MINUTE)
    assert cleared(host) == {"lamp.failure", "lamp.supply_loss"}


def test_a_lamp_that_is_dead_when_the_supply_is_back_is_told_then():
    host = lamp_at()
    reads(host, voltage=0, power=0)
    host.run(HOUR)
    host.set("voltage", 2_200)
    host.run(2 * MINUTE)
    assert raised(host) == {"lamp.supply_loss", "lamp.failure"}


# ---- cycling


def losses(host, times, every_ms):
    for _ in range(times):
        host.set("power", 0)
        host.run(20 * SECOND)
        host.set("power", 605)
        host.run(every_ms - 20 * SECOND)


@pytest.mark.parametrize(("times", "every_ms", "cycles"), [
    (3, MINUTE, True), (2, MINUTE, False), (3, 30 * MINUTE, True), (10, 31 * MINUTE, False),
])  # fmt: skip
def test_cycles_when_it_has_lost_its_light_three_times_within_an_hour(times, every_ms, cycles):
    host = lamp_at()
    losses(host, times, every_ms)
    assert raised(host) == ({"lamp.cycling_failure"} if cycles else set())


def test_cycling_ends_after_an_hour_of_light():
    host = lamp_at()
    losses(host, 3, MINUTE)
    back = host.now - 40 * SECOND
    host.run_to(back + HOUR - 1)
    assert cleared(host) == set()
    host.run(1)
    assert cleared(host) == {"lamp.cycling_failure"}


def test_another_loss_keeps_it_cycling():
    host = lamp_at()
    losses(host, 3, MINUTE)
    host.run(50 * MINUTE)
    losses(host, 1, 50 * MINUTE)
    assert cleared(host) == set()


def test_a_lamp_that_cycled_and_then_stays_dark_has_not_come_to_rest():
    host = lamp_at()
    losses(host, 3, MINUTE)
    host.set("power", 0)
    host.run(3 * HOUR)
    assert cleared(host) == set()


def test_what_it_does_when_it_is_commanded_is_no_cycling():
    host = lamp_at()
    for _ in range(10):
        host.order(codes.CMD_SET_LEVEL, {0: 0})
        host.run(MINUTE)
        host.order(codes.CMD_SET_LEVEL, {0: 100})
        host.run(MINUTE)
    assert raised(host) == set()


def test_losses_at_one_level_do_not_count_at_another():
    host = lamp_at()
    losses(host, 2, MINUTE)
    host.order(codes.CMD_SET_LEVEL, {0: 99})
    host.run(20 * SECOND)
    losses(host, 2, MINUTE)
    assert raised(host) == set()


def test_a_supply_that_comes_and_goes_is_no_cycling_of_the_lamp():
    host = lamp_at()
    for _ in range(10):
        reads(host, voltage=0, power=0)
        host.run(8 * SECOND)
        reads(host, voltage=2_200, power=605)
        host.run(52 * SECOND)
    assert raised(host) == set()


def test_a_night_ends_cycling_only_when_it_was_steadily_lit():
    host = lamp_at()
    losses(host, 3, MINUTE)
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run(12 * HOUR)
    assert cleared(host) == set()
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    host.run(61 * MINUTE)
    assert cleared(host) == {"lamp.cycling_failure"}


def test_cycling_outlasts_a_restart_and_ends_after_an_hour_of_light():
    host = lamp_at()
    losses(host, 3, MINUTE)
    host.power_cut()
    host.run(SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    host.run(59 * MINUTE)
    assert cleared(host) == set()
    host.run(2 * MINUTE)
    assert cleared(host) == {"lamp.cycling_failure"}

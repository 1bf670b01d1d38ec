"""The gateway's rules: its children, its mains, and what it lets them do with no network."""

import pytest
from harness import MINUTE, SECOND, Host, codes
from lilong_firmware.bus import ANSWERS, ASK, BEAT, CLEARED, RAISED, SILENT, STARTED, command_of, heard
from lilong_firmware.children import APART, FEW
from lilong_protocol import frame
from stories.gateway import FENCE, FIRE, GIVEN, LIGHT, bits, children, rows

RELEASE, LEVEL, AUTOMATIC = codes.CMD_FIRE_RELEASE, codes.CMD_SET_LEVEL, codes.CMD_AUTOMATIC
CLOSE_VALVE = codes.CMD_CLOSE_VALVE
CHILD, MANY = codes.ALARM_GATEWAY_CHILD_OFFLINE, codes.ALARM_GATEWAY_CHILDREN_OFFLINE


def gateway(given=GIVEN, settled=True, **options):
    host = Host("gateway", data=given, **options)
    host.run(3 * MINUTE if settled else SECOND)
    return host


def tell(host, *messages):
    """All at one instant."""
    for message in messages:
        host.set("bus", message)
    host.run(1)


def orders(host):
    """(child, command, argument) in order."""
    return [command_of(value) for _, value in host.switched("bus") if value != ASK]


def fire(host):
    tell(host, heard(1, RAISED, 1))
    host.run(MINUTE)
    tell(host, heard(2, RAISED, 1))


class TestLinkage:
    def test_one_detector_releases_nothing(self):
        host = gateway()
        tell(host, heard(1, RAISED, 1), heard(1, RAISED, 1))
        host.run(20 * MINUTE)
        assert orders(host) == []

    @pytest.mark.parametrize("link", [True, False], ids=["network", "no network"])
    def test_two_detectors_release_the_doors_at_once(self, link):
        """GB 50166-2019: the start signal within 3 s."""
        host = gateway(link=link)
        fire(host)
        assert orders(host) == [(3, RELEASE, None), (4, RELEASE, None), (10, LEVEL, 100)]
        assert host.switched("bus")[-1][0] == host.now - 1
        assert host.outputs["siren"] == 1

    def test_what_has_been_done_is_told_after_it(self):
        host = gateway()
        fire(host)
        host.run(SECOND)
        (told,) = host.events(codes.EVENT_GATEWAY_LINKAGE)
        assert told.body[4] == {codes.Q_LINKAGE: codes.LINKAGE_FIRE, codes.Q_LINKAGES: 0b11}

    def test_alarms_more_than_ten_minutes_apart_do_not_confirm_one_another(self):
        host = gateway()
        tell(host, heard(1, RAISED, 1))
        host.run(11 * MINUTE)
        tell(host, heard(2, RAISED, 1))
        host.run(MINUTE)
        assert orders(host) == []

    def test_an_alarm_that_has_been_cleared_confirms_nothing(self):
        host = gateway()
        tell(host, heard(1, RAISED, 1))
        tell(host, heard(1, CLEARED, 1))
        tell(host, heard(2, RAISED, 1))
        assert orders(host) == []

    def test_another_alarm_of_a_detector_and_a_detector_of_nobodys_business_confirm_nothing(self):
        host = gateway()
        tell(host, heard(1, RAISED, 1), heard(2, RAISED, 7), heard(5, RAISED, 1), heard(99, RAISED, 1))
        assert orders(host) == []

    def test_an_episode_acts_once_whatever_repeats(self):
        host = gateway()
        fire(host)
        before = orders(host)
        for _ in range(3):
            tell(host, heard(1, RAISED, 1), heard(2, RAISED, 1))
            host.run(MINUTE)
        tell(host, heard(1, CLEARED, 1))
        tell(host, heard(1, RAISED, 1))
        assert orders(host) == before

    def test_doors_stay_released_when_the_fire_is_over_and_lamps_go_back(self):
        host = gateway()
        fire(host)
        before = len(orders(host))
        tell(host, heard(1, CLEARED, 1))
        assert host.outputs["siren"] == 1
        tell(host, heard(2, CLEARED, 1))
        assert orders(host)[before:] == [(10, AUTOMATIC, None)]
        assert host.outputs["siren"] == 0
        host.run(SECOND)
        assert len(host.events(codes.EVENT_GATEWAY_LINKAGE_ENDED)) == 1

    def test_a_fire_does_not_end_with_a_detector_that_burns(self):
        host = gateway()
        fire(host)
        tell(host, heard(1, SILENT), heard(2, SILENT))
        host.run(10 * MINUTE)
        assert host.outputs["siren"] == 1
        assert host.device.rules.report()[codes.Q_LINKAGES] == 0b11

    def test_gas_closes_the_valves_of_its_flat_and_no_others(self):
        host = gateway()
        tell(host, heard(5, RAISED, 2))
        assert orders(host) == [(5, CLOSE_VALVE, None), (7, CLOSE_VALVE, None)]
        tell(host, heard(6, RAISED, 2))
        assert orders(host)[2:] == [(6, CLOSE_VALVE, None)]

    def test_a_fence_lights_its_lamps_until_it_is_reset(self):
        host = gateway()
        tell(host, heard(8, RAISED, 42))
        tell(host, heard(9, RAISED, 45))
        assert orders(host) == [(10, LEVEL, 80)]
        tell(host, heard(8, CLEARED, 42))
        tell(host, heard(9, CLEARED, 45))
        assert orders(host) == [(10, LEVEL, 80), (10, AUTOMATIC, None)]

    def test_fire_goes_before_others_and_leaves_them_what_they_had(self):
        host = gateway()
        tell(host, heard(8, RAISED, 42))
        fire(host)
        tell(host, heard(8, CLEARED, 42))
        tell(host, heard(8, RAISED, 42))
        assert [order for order in orders(host) if order[0] == 10] == [(10, LEVEL, 80), (10, LEVEL, 100)]
        tell(host, heard(1, CLEARED, 1), heard(2, CLEARED, 1))
        assert orders(host)[-1] == (10, LEVEL, 80)

    def test_a_child_that_may_have_missed_it_is_told_again(self):
        host = gateway()
        fire(host)
        for message in (heard(3, STARTED), heard(4, SILENT), heard(4, ANSWERS)):
            before = orders(host)
            tell(host, message)
            again = [] if message == heard(4, SILENT) else [(message >> 16, RELEASE, None)]
            assert orders(host)[len(before) :] == again

    def test_a_restart_in_the_middle_of_a_fire_acts_on_nobody_twice_and_ends_it_as_before(self):
        host = gateway()
        fire(host)
        before = orders(host)
        host.power_cycle()
        host.run(SECOND)
        assert host.outputs == {"siren": 1, "bus": ASK}
        tell(host, heard(1, RAISED, 1), heard(2, RAISED, 1))
        host.run(5 * MINUTE)
        assert orders(host) == before
        tell(host, heard(1, CLEARED, 1), heard(2, CLEARED, 1))
        assert host.outputs["siren"] == 0

    def test_a_fire_that_was_put_out_while_it_had_no_power_is_over(self):
        host = gateway()
        fire(host)
        host.power_cycle()
        host.run(3 * MINUTE)
        assert host.outputs["siren"] == 0

    def test_what_was_cleared_while_the_bus_was_deaf_is_over(self):
        host = gateway()
        fire(host)
        host.sense("bus", None)
        host.run(MINUTE)
        before = len(host.switched("bus"))
        tell(host, heard(1, RAISED, 1))  # and no more of the other
        assert host.switched("bus")[before][1] == ASK
        host.run(3 * MINUTE)
        assert host.outputs["siren"] == 1
        tell(host, heard(1, CLEARED, 1))
        assert host.outputs["siren"] == 0

    def test_an_operator_lets_everybody_out_and_ends_that(self):
        host = gateway()
        assert host.order(RELEASE) == frame.OK
        assert orders(host) == [(3, RELEASE, None), (4, RELEASE, None)]
        assert host.outputs["siren"] == 1
        host.power_cycle()
        host.run(SECOND)
        assert host.outputs["siren"] == 1
        assert host.order(codes.CMD_RESET) == frame.OK
        host.run(3 * MINUTE)
        assert host.outputs["siren"] == 0
        assert len(orders(host)) == 2

    def test_a_muted_siren_sounds_for_another_fire(self):
        other = (1, 1, 600, False, b"\1", bits(5), 5, None, 0, bits(6))
        given = {"children": children(), "linkage": rows(FIRE, other)}
        host = gateway(given)
        fire(host)
        assert host.order(codes.CMD_MUTE) == frame.OK
        assert host.outputs["siren"] == 0
        assert host.order(codes.CMD_MUTE) == frame.CONFLICT
        tell(host, heard(5, RAISED, 1))
        assert host.outputs["siren"] == 1

    @pytest.mark.parametrize("damaged", [b"\0", b"\0\x30" + bytes(3), b"\0\1\xff", rows((1, 2)), rows(FIRE)[:-1]])
    def test_rows_before_a_damaged_one_count(self, damaged):
        host = gateway({"children": children(), "linkage": rows(FENCE, LIGHT) + damaged})
        assert host.device.rules._linkage.count == 2


class TestChildren:
    def lost(self, host, *missing, wait=91 * SECOND):
        tell(host, *[heard(child, SILENT) for child in missing])
        host.run(wait)

    def told(self, host):
        return [sent.body[4][codes.Q_CHILD] for sent in host.raised(CHILD)]

    def test_a_child_is_missed_once_its_limit_has_passed(self):
        host = gateway()
        tell(host, heard(3, SILENT))
        host.run(89 * SECOND)
        assert self.told(host) == []
        host.run(2 * SECOND)
        assert self.told(host) == [3]

    def test_one_that_answers_in_time_is_not(self):
        host = gateway()
        self.lost(host, 3, wait=80 * SECOND)
        tell(host, heard(3, ANSWERS))
        host.run(5 * MINUTE)
        assert not host.notes

    def test_each_has_an_alarm_of_its_own_that_ends_when_it_is_back(self):
        host = gateway()
        self.lost(host, 2, 5, 7)
        self.lost(host, 1)
        assert self.told(host) == [2, 5, 7, 1]
        refs = {sent.body[4][codes.Q_CHILD]: [sent.frame.boot, sent.frame.seq] for sent in host.raised(CHILD)}
        tell(host, heard(5, ANSWERS))
        tell(host, heard(1, BEAT))
        host.run(SECOND)
        assert [sent.frame.ref for sent in host.once(frame.CLEAR, CHILD)] == [refs[5], refs[1]]
        report = host.device.rules.report()
        assert (report[codes.Q_CHILDREN_ONLINE], report[codes.Q_CHILDREN_OFFLINE]) == (8, 2)

    def test_alarms_of_several_children_go_on_after_a_restart_each_under_its_own_name(self):
        host = gateway()
        host.acks = 0
        self.lost(host, 2, 5)
        refs = {sent.body[4][codes.Q_CHILD]: [sent.frame.boot, sent.frame.seq] for sent in host.raised(CHILD)}
        host.acks = 1
        for _ in range(2):  # from the outbox, then from their records
            host.power_cycle()
            host.run(5 * MINUTE)
        assert self.told(host) == [2, 5]
        tell(host, heard(5, ANSWERS))
        host.run(SECOND)
        assert [sent.frame.ref for sent in host.once(frame.CLEAR, CHILD)] == [refs[5]]

    def test_many_at_once_are_one_alarm_and_events_that_say_who(self):
        host = gateway({"children": children(100)})
        missing = [*range(1, 40), 77, 100]
        self.lost(host, *missing)
        host.run(5 * SECOND)
        assert self.told(host) == []
        (raised,) = host.raised(MANY)
        assert raised.body[4][codes.Q_CHILDREN_OFFLINE] == len(missing)
        assert self.members(host, codes.EVENT_GATEWAY_CHILDREN_LOST) == missing
        tell(host, *[heard(child, ANSWERS) for child in missing])
        host.run(5 * SECOND)
        assert self.members(host, codes.EVENT_GATEWAY_CHILDREN_BACK) == missing
        assert len(host.once(frame.CLEAR, MANY)) == 1

    def members(self, host, event):
        values = [sent.body[4] for sent in host.events(event)]
        return [v[codes.Q_CHILD] + n for v in values for n in range(48) if v[codes.Q_CHILDREN] >> n & 1]

    def test_those_that_are_left_of_many_are_an_alarm_each(self):
        host = gateway({"children": children(30)})
        self.lost(host, *range(1, 21))
        tell(host, *[heard(child, ANSWERS) for child in range(1, 21 - FEW)])
        host.run(SECOND)
        assert len(host.once(frame.CLEAR, MANY)) == 1
        assert self.told(host) == [17, 18, 19, 20]

    def test_one_after_the_other_are_an_alarm_each_until_they_are_many(self):
        host = gateway({"children": children(30)})
        for child in range(1, APART + 4):
            self.lost(host, child)
        assert self.told(host) == list(range(1, APART + 1))
        assert len(host.raised(MANY)) == 1
        host.run(5 * SECOND)
        assert self.members(host, codes.EVENT_GATEWAY_CHILDREN_LOST) == [APART + 1, APART + 2, APART + 3]

    def test_one_that_beats_by_itself_has_to_be_heard_within_its_limit(self):
        host = gateway()
        for _ in range(5):
            tell(host, heard(4, BEAT))
            host.run(80 * SECOND)
        assert self.told(host) == []
        host.run(20 * SECOND)
        assert self.told(host) == [4]

    def test_nobody_is_missed_because_the_bus_is_deaf(self):
        host = gateway()
        tell(host, heard(4, BEAT), heard(5, SILENT))
        host.sense("bus", None)
        host.run(10 * MINUTE)
        assert self.told(host) == []
        assert host.raised(codes.ALARM_SENSOR_FAULT)
        tell(host, heard(4, BEAT))
        host.run(80 * SECOND)
        assert self.told(host) == []
        host.run(20 * SECOND)
        assert self.told(host) == [4, 5]

    def test_one_that_is_gone_from_the_list_is_missed_no_more(self):
        host = gateway({"children": children(10)})
        self.lost(host, 9)
        host.given = {"children": children(5)}
        host.power_cycle()
        host.run(SECOND)
        assert not host.device.episodes.codes()


class TestSupply:
    def test_a_dip_is_no_loss_of_the_mains(self):
        host = gateway()
        host.set("mains", 0)
        host.run(1_900)
        host.set("mains", 1)
        host.run(MINUTE)
        assert not host.notes

    def test_the_loss_of_the_mains_is_told_after_two_seconds_and_ends_with_it(self):
        host = gateway()
        host.set("mains", 0)
        host.run(2_100)
        (raised,) = host.raised(codes.ALARM_POWER_MAINS_LOSS)
        assert raised.body[4] == {codes.Q_MAINS: 0, codes.Q_BATTERY: 100}
        host.set("mains", 1)
        host.run(3 * SECOND)
        assert not host.device.active(codes.ALARM_POWER_MAINS_LOSS)

    def test_its_battery_is_low_before_it_ends(self):
        host = gateway()
        host.set("battery", 20)
        host.run(MINUTE)
        assert host.raised(codes.ALARM_BATTERY_LOW)
        host.set("battery", 29)
        host.run(2 * MINUTE)
        assert host.device.active(codes.ALARM_BATTERY_LOW)
        host.set("battery", 30)
        host.run(2 * MINUTE)
        assert not host.device.active(codes.ALARM_BATTERY_LOW)

"""Whatever happens to a lane: its arm never comes down upon a vehicle, a fire opens it, each passage is told once."""

from harness import MINUTE, SECOND, CutStore, Host, PowerCut, codes, online
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lanes import FIRE_OPEN, LOWER, RAISE, TRAVEL_MS, lane, read, records, state
from lilong_protocol import frame
from stories.vehicle_lane import ARGUMENTS_OF, COMMANDS, GIVEN, VALUES

SHORT = (0, 20, SECOND, 2 * SECOND, 2_500, 6 * SECOND, 30 * SECOND, MINUTE)


class Watched(Host):
    """Checks after every instant that the motor does not lower upon a vehicle, nor in a fire."""

    burns = False

    def _steps(self):
        super()._steps()
        if self.device is not None:
            safe = self.values["loop"] == 0 and not self.burns
            assert self.outputs["barrier"] != LOWER or safe


class AnyLane(RuleBasedStateMachine):
    """Values that no world would give, in any order, with power cuts in the middle of what is written."""

    @initialize(seed=st.binary(min_size=1, max_size=2))
    def birth(self, seed):
        self.host = Watched("vehicle_lane", data=GIVEN, seed=seed, store=CutStore(), beat_s=43_200)
        self.host.run(SECOND)

    @rule(data=st.data(), wait=st.sampled_from(SHORT))
    def a_sensor_says_something(self, data, wait):
        channel = data.draw(st.sampled_from(sorted(VALUES)))
        self._set(channel, data.draw(st.sampled_from(VALUES[channel])))
        self.host.run(wait)

    @rule(wait=st.sampled_from(SHORT))
    def the_arm_goes_where_its_motor_moves_it(self, wait):
        motor = self.host.outputs["barrier"]
        for channel, value in {RAISE: (("down", 0), ("up", 1)), LOWER: (("up", 0), ("down", 1))}.get(motor, ()):
            self.host.sense(channel, value)
        self.host.run(wait)

    @rule(plate=st.sampled_from((7, 2_000, 3_000)), wait=st.sampled_from(SHORT))
    def a_plate_is_read(self, plate, wait):
        self._set("confidence", 96)
        self._set("plate", plate)
        self.host.run(wait)

    @rule()
    def the_arm_is_on_its_way_down(self):
        """As far as it can be brought there."""
        self._set("loop", 0)
        self.a_plate_is_read(7, 0)
        for channel, value in (("down", 0), ("up", 1)):
            self.host.sense(channel, value)
        self.host.run(31 * SECOND)

    @rule(there=st.sampled_from((1, 0, None)), wait=st.sampled_from(SHORT))
    def a_vehicle_comes_or_goes_or_nobody_knows(self, there, wait):
        self._set("loop", there)
        self.host.run(wait)

    @rule(ms=st.sampled_from(SHORT))
    def time_passes(self, ms):
        self.host.run(ms)

    @precondition(lambda self: online(self.host))
    @rule()
    def an_attendant_closes(self):
        self.host.order(codes.CMD_CLOSE_BARRIER)

    @rule(data=st.data(), writes=st.integers(0, 4))
    def the_power_goes(self, data, writes):
        host = self.host
        host.store.left = writes
        try:
            self.a_sensor_says_something(data, SECOND)
            self.a_plate_is_read(7, SECOND)
        except PowerCut:
            pass
        host.store.left = None
        host.power_cut()
        host.burns = host.device.rules.report()[codes.Q_LANE_STATE] == FIRE_OPEN
        host.run(0)

    @precondition(lambda self: online(self.host))
    @rule(command=st.sampled_from(COMMANDS))
    def somebody_commands(self, command):
        code = self.host.order(command, ARGUMENTS_OF.get(command))
        if command == codes.CMD_FIRE_RELEASE and code == frame.OK:
            self.host.burns = True
        if command == codes.CMD_RESET and code == frame.OK:
            assert not self.host.burns or self.host.values["fire"] != 1
            self.host.burns = False

    @invariant()
    def a_fire_lifts_it_until_it_is_up(self):
        if hasattr(self, "host") and self.host.burns:
            assert state(self.host) == FIRE_OPEN
            assert self.host.outputs["barrier"] == RAISE or self.host.values["up"] == 1

    def _set(self, channel, value):
        if channel == "fire" and value == 1:
            self.host.burns = True
        self.host.sense(channel, value)


class Traffic(RuleBasedStateMachine):
    """Vehicles as they are: they come, are read, pass when the arm is up, whatever network and power do."""

    @initialize(seed=st.binary(min_size=1, max_size=2))
    def birth(self, seed):
        self.host = lane(seed=seed, store=CutStore())
        self.passed = []
        self.vehicle = None  # the plate of the one that is there
        self.place = ""  # "before" the arm or "below" it

    @precondition(lambda self: self.vehicle is None)
    @rule(plate=st.integers(10, 60_000), writes=st.none() | st.integers(0, 3))
    def one_comes(self, plate, writes):
        self.vehicle, self.place = plate, "before"
        self._does(writes, self.host.sense, "approach", 1)
        self.it_is_read(writes)

    @precondition(lambda self: self.vehicle is not None)
    @rule(writes=st.none() | st.integers(0, 3))
    def it_is_read(self, writes):
        self._does(writes, read, self.host, self.vehicle)
        self._does(None, self.host.run, TRAVEL_MS)

    @precondition(lambda self: self.place == "before" and self.host.values["up"] == 1)
    @rule(writes=st.none() | st.integers(0, 1))
    def it_drives_on(self, writes):
        self.place = "below"
        self._does(writes, self.host.sense, "loop", 1)
        self._does(None, self.host.sense, "approach", 0)

    @precondition(lambda self: self.place == "below")
    @rule(writes=st.none() | st.integers(0, 6))
    def it_leaves(self, writes):
        self.passed.append(self.vehicle)
        self.vehicle, self.place = None, ""
        self._does(writes, self.host.sense, "loop", 0)
        self._does(None, self.host.run, 2 * SECOND + TRAVEL_MS)

    @precondition(lambda self: self.place == "before")
    @rule()
    def it_turns_round(self):
        self.vehicle, self.place = None, ""
        self.host.sense("approach", 0)
        self.host.run(6 * SECOND)

    @rule(ms=st.sampled_from(SHORT))
    def time_passes(self, ms):
        self.host.run(ms)

    @rule(there=st.booleans())
    def the_link_goes_or_comes(self, there):
        if there:
            self.host.heal()
        else:
            self.host.cut()

    @rule(off_ms=st.sampled_from((0, SECOND, MINUTE)))
    def the_power_goes_for_a_while(self, off_ms):
        self.host.power_cycle(off_ms)

    @invariant()
    def none_is_told_that_has_not_passed(self):
        if hasattr(self, "host"):
            assert len(records(self.host)) <= len(self.passed)

    def teardown(self):
        if not hasattr(self, "host"):
            return
        host = self.host
        host.heal()
        host.run(3 * MINUTE)
        told = records(host)
        assert len(told) == len(self.passed), "one for each that has passed"
        names = [record[codes.Q_STAY] for record in told]
        assert names == list(range(names[0], names[0] + len(names))) if names else True
        pairs = {(plate, record.get(codes.Q_CREDENTIAL)) for plate, record in zip(self.passed, told, strict=True)}
        assert len(pairs) == len(set(self.passed)), "each under its own pseudonym"

    def _does(self, writes, deed, *arguments):
        """Something happens, and the power goes after so many writes."""
        self.host.store.left = writes
        try:
            deed(*arguments)
        except PowerCut:
            self.host.store.left = None
            self.host.power_cut()
        self.host.store.left = None


TestAnyLane = AnyLane.TestCase
TestAnyLane.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestTraffic = Traffic.TestCase
TestTraffic.settings = TestAnyLane.settings

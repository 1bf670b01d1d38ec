"""Gas detector: combustible gas, carbon monoxide, sounder, and a valve that only a person opens again."""

from lilong_protocol import codes, frame

from ..co_dose import LEAST_PPM, CoDose
from ..effects import NEVER, OWN_FAULT
from ..hold import Hold
from ..rules import Rules
from ..service_life import ServiceLife

GAS, CO, TAMPER, VALVE_STUCK = 0, 1, 2, 3  # channels; a sensor that has failed reads below 0

SAMPLE_MS = 5_000
# The setting "gas_trip" is 10 %LEL, inside the 5 to 25 %LEL of GB 15322.2.
# GB 15322.2 as approved in 2026: the alarm not before 15 s and not after 60 s. Here 20 to 25 s after the crossing.
LEAK_MS = 20_000
CLEAR_MS = 30_000  # (ours) air counts as clean after half a minute below half of it; above, the valve stays shut too
HIGH_DLEL = 250  # 25 %LEL, the top of the low alarm's range: not to be muted
CO_CLEAR_MS = 60_000  # (ours) below the least concentration that EN 50291 counts
WARM_UP_MS = 180_000  # (ours)
MUTE_MS = 300_000  # (ours)
LIFE_YEARS = 5  # (ours) what makers give their gas sensors


class Gas(Rules):
    """warming up > ready > alarm (muted or not) > restored > reset; the valve shuts with the leak alarm."""

    KIND = codes.KIND_GAS
    FINDS_FAULTS = True
    CHANNELS = (("gas", SAMPLE_MS, 0), ("co", SAMPLE_MS, 0), ("tamper", 0, 0), ("valve_stuck", 0, 0))

    __slots__ = ("_clean", "_dose", "_leak", "_life", "_muted_until", "_ready_at", "_sounding", "_valve_closed")

    def start(self, now: int) -> None:
        device = self.device
        self._leak = Hold()  # gas is there: when that is a leak; gas has gone: when that is the end
        self._dose = CoDose()
        self._clean = Hold()
        self._life = ServiceLife(device, LIFE_YEARS)
        self._muted_until = NEVER
        self._ready_at = now + WARM_UP_MS
        self._sounding = False
        self._valve_closed = device.kept("valve")
        if device.active(codes.ALARM_GAS_LEAK):
            self._valve_closed = 1
        self._sound()
        if self._valve_closed:
            device.output("valve", 1)
        for channel in (TAMPER, VALVE_STUCK):
            if not device.faults >> channel & 1:
                self._switch(now, channel, device.sampling.values[channel])
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel >= TAMPER:
            return True
        if self._failed() != (self.device.faults >> OWN_FAULT != 0):
            return False
        if channel == GAS:
            if self._muted_until != NEVER and value >= HIGH_DLEL:
                return False
            return self._leak.follows(self._gas_turning(value))
        if self._ready_at != NEVER or value < 0:
            return True
        return self._dose.follows(value) and self._clean.follows(self._co_turning(value))

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel >= TAMPER:
            self._switch(now, channel, value)
            return
        self._sensors(now)
        if channel == GAS:
            self._gas(now, value)
        else:
            self._co(now, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        values = self.device.sampling.values
        if channel == GAS:
            self._gas(now, values[GAS])
            if self._muted_until != NEVER:  # nobody sees the gas rise
                self._muted_until = NEVER
                self._sound()
        elif channel == CO:
            self._co(now, values[CO])
        self._schedule()

    def timer(self, now: int) -> None:
        device = self.device
        if now >= self._ready_at:
            self._ready_at = NEVER
            self._gas(now, device.sampling.values[GAS])
            self._co(now, device.sampling.values[CO])
            device.event(now, codes.EVENT_GAS_READY, self.report())
        if self._ready_at == NEVER:
            if self._leak.over(now):
                if device.active(codes.ALARM_GAS_LEAK):
                    self._end(now, codes.ALARM_GAS_LEAK)
                else:
                    self._alarm(now, codes.ALARM_GAS_LEAK)
            if now >= self._dose.full_at() and not device.active(codes.ALARM_GAS_CO):
                self._alarm(now, codes.ALARM_GAS_CO)
            if self._clean.over(now):
                self._end(now, codes.ALARM_GAS_CO)
        if now >= self._muted_until:
            self._muted_until = NEVER
            self._sound()
        self._life.count(now)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        if command == codes.CMD_MUTE:
            return self._mute(now)
        if command == codes.CMD_OPEN_VALVE:
            return self._open_valve(now)
        if command == codes.CMD_CLOSE_VALVE:
            self._shut(now)
            return frame.OK
        if command == codes.CMD_RESET:
            return self.device.reset(now)
        if command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self.report())
            return frame.OK
        return frame.NOT_FOUND

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        return {
            codes.Q_GAS: values[GAS],
            codes.Q_CO: values[CO],
            codes.Q_VALVE_CLOSED: self._valve_closed,
            codes.Q_READY: 0 if self._ready_at != NEVER else 1,
            codes.Q_SERVICE_DAYS: self._life.days,
        }

    # ---- sensors

    def _failed(self) -> bool:
        values = self.device.sampling.values
        return values[GAS] < 0 or values[CO] < 0

    def _sensors(self, now: int) -> None:
        self.device.fault(now, OWN_FAULT, self._failed(), GAS if self.device.sampling.values[GAS] < 0 else CO)

    def _gas_turning(self, value: int) -> bool:
        trip = self.device.settings[codes.S_GAS_TRIP]
        if self.device.active(codes.ALARM_GAS_LEAK):
            ready = self._ready_at == NEVER and not self.device.faults >> GAS & 1
            return 0 <= value <= trip // 2 and ready  # a cold or silent sensor ends no alarm
        return value >= trip

    def _gas(self, now: int, value: int) -> None:
        active = self.device.active(codes.ALARM_GAS_LEAK)
        self._leak.follow(now, self._gas_turning(value), CLEAR_MS if active else LEAK_MS)
        if self._muted_until != NEVER and value >= HIGH_DLEL:
            self._muted_until = NEVER
            self._sound()

    def _co_turning(self, value: int) -> bool:
        return value < LEAST_PPM and self.device.active(codes.ALARM_GAS_CO) and not self.device.faults >> CO & 1

    def _co(self, now: int, value: int) -> None:
        if self._ready_at == NEVER and value >= 0:
            self._dose.follow(now, value)
            self._clean.follow(now, self._co_turning(value), CO_CLEAR_MS)

    def _switch(self, now: int, channel: int, value: int) -> None:
        code = codes.ALARM_TAMPER if channel == TAMPER else codes.ALARM_GAS_VALVE_FAULT
        if value:
            self.device.alarm(now, code, {})
        else:
            self.device.restore(now, code, {})

    # ---- alarms

    def _alarm(self, now: int, code: int) -> None:
        device = self.device
        self._muted_until = NEVER  # what was muted was another alarm
        if not self._sounding:
            self._sounding = True
            device.output("sounder", 1)
        shut = code == codes.ALARM_GAS_LEAK and not self._valve_closed
        if shut:
            self._valve_closed = 1
            device.output("valve", 1)
            device.keep("valve", 1)
        device.alarm(now, code, self.report())
        if shut:
            device.event(now, codes.EVENT_GAS_VALVE_CLOSED, self.report())

    def _end(self, now: int, code: int) -> None:
        self.device.restore(now, code, self.report())
        self._sound()

    def _sound(self) -> None:
        active = self.device.active
        sounding = self._muted_until == NEVER and (active(codes.ALARM_GAS_LEAK) or active(codes.ALARM_GAS_CO))
        if sounding != self._sounding:
            self._sounding = sounding
            self.device.output("sounder", 1 if sounding else 0)

    def _mute(self, now: int) -> int:
        device = self.device
        leak = device.active(codes.ALARM_GAS_LEAK)
        if not leak and not device.active(codes.ALARM_GAS_CO):
            return frame.CONFLICT  # nothing to mute
        if leak and (device.faults >> GAS & 1 or device.sampling.values[GAS] >= HIGH_DLEL):
            return frame.CONFLICT
        self._muted_until = now + MUTE_MS
        self._sound()
        device.event(now, codes.EVENT_MUTED, self.report())
        self._schedule()
        return frame.OK

    def _shut(self, now: int) -> None:
        """For gas elsewhere in the building, or by an operator."""
        if not self._valve_closed:
            self._valve_closed = 1
            self.device.output("valve", 1)
            self.device.keep("valve", 1)
            self.device.event(now, codes.EVENT_GAS_VALVE_CLOSED, self.report())

    def _open_valve(self, now: int) -> int:
        device = self.device
        unknown = self._ready_at != NEVER or device.faults >> GAS & 1
        unsafe = unknown or not 0 <= device.sampling.values[GAS] <= device.settings[codes.S_GAS_TRIP] // 2
        if unsafe or device.episodes.get(codes.ALARM_GAS_LEAK) is not None:
            return frame.CONFLICT
        if self._valve_closed:
            self._valve_closed = 0
            device.output("valve", 0)
            device.keep("valve", 0)
            device.event(now, codes.EVENT_GAS_VALVE_OPENED, self.report())
        return frame.OK

    def _schedule(self) -> None:
        if self._ready_at != NEVER:
            self.deadline = min(self._ready_at, self._muted_until)
            return
        full_at = NEVER if self.device.active(codes.ALARM_GAS_CO) else self._dose.full_at()
        self.deadline = min(self._leak.at, full_at, self._clean.at, self._muted_until, self._life.at)


RULES = Gas

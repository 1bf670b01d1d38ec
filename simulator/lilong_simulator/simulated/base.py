"""What simulated kinds have in common: switches that are alarms while they are on, the self-test and the reset."""

from lilong_firmware.rules import Rules
from lilong_protocol import codes, frame


class SimulatedRules(Rules):
    """SWITCHES: (channel, alarm); the alarm's condition holds while the channel is not 0."""

    SWITCHES: tuple[tuple[int, int], ...] = ()

    __slots__ = ()

    def start(self, now: int) -> None:
        for channel, _ in self.SWITCHES:
            if not self.device.faults >> channel & 1:
                self.switch(now, channel, self.device.sampling.values[channel])

    def sample(self, now: int, channel: int, value: int) -> None:
        self.switch(now, channel, value)

    def switch(self, now: int, channel: int, value: int) -> None:
        """What a channel says, when it is one of the switches."""
        for at, code in self.SWITCHES:
            if at == channel and value:
                self.device.alarm(now, code, {})
            elif at == channel:
                self.device.restore(now, code, {})

    def command(self, now: int, command: int, arguments: dict[int, int]) -> int:
        if command == codes.CMD_RESET:
            return self.device.reset(now)
        if command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self.report())
            return frame.OK
        return frame.NOT_FOUND

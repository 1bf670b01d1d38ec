"""The frame that the rules of a kind fill in."""

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lilong_protocol.frame import Frame

    from .device import Device
    from .sleep import Naps


class Rules:
    """What one kind of device decides. A subclass is the whole of a kind's logic, in one file.

    CHANNELS: (name, sampling period in ms or 0 for an interrupt, idle value) for each sensor channel.
    LOG_EVENTS: events that are kept in a log on flash; 0: they wait for the link in RAM.
    FINDS_FAULTS: it finds faults of its sensors by itself, and tells them by `Device.fault`.
    HAS_LIST: it decides by `cards`, and takes a new list of them as an update.
    PRIVATE: what it reports is of a person, and stands in nothing that a broker retains.
    `deadline`: uptime in ms of the next call of `timer`.
    """

    KIND = 0
    CHANNELS: "tuple[tuple[str, int, int], ...]" = ()
    LOG_EVENTS = 0
    FINDS_FAULTS = False
    HAS_LIST = False
    PRIVATE = False

    __slots__ = ("deadline", "device")

    def __init__(self, device: "Device") -> None:
        self.device = device
        self.deadline = NEVER

    def quiet(self, channel: int, value: int) -> bool:
        """True when a sample of `value` would change nothing as things stand."""
        return True

    if TYPE_CHECKING:  # a function takes 100 bytes of a board's RAM: these are one

        def start(self, now: int) -> None:
            """Power is on; open alarms have been resumed."""

        def resume(self, now: int, code: int) -> None:
            """An alarm was open when the power went: take up its local outputs again."""

        def sample(self, now: int, channel: int, value: int) -> None:
            """A sample of a channel, or the interrupt of one whose period is 0."""

        def silent(self, now: int, channel: int) -> None:
            """A sensor gives no value any more: nothing that its last one would end may end now."""

        def linked(self, now: int, up: bool) -> None:
            """The backend can be heard, or the link is gone; told again at each attempt that fails."""

        def timed(self, now: int) -> None:
            """The wall clock has been set: `device.uplink.clock`."""

        def configured(self, now: int) -> None:
            """Other settings are in effect: `device.settings`."""

        def answered(self, now: int, message: "Frame") -> None:
            """The backend answers what was asked of it."""

        def acknowledged(self, now: int, code: int) -> None:
            """An operator has acknowledged the alarm."""

        def cleared(self, now: int, code: int) -> None:
            """The alarm has ended, by a reset or because its condition did."""

        def renewed(self, now: int) -> None:
            """What the kind was given has been replaced by an update."""

        # These three each kind has for itself.

        def timer(self, now: int) -> None:
            """`deadline` has come; set the next one."""

        def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
            """Carry out a command; a response code of `lilong_protocol.frame`."""
            return 404

        def report(self) -> "dict[int, int]":
            """Present values by quantity number, for birth and telemetry."""
            return {}

        def naps(self, started: bool = False) -> "Naps | None":
            """How it sleeps deeply, None while it cannot; after a sleep (`started`) in any case."""

    if not TYPE_CHECKING:

        def start(self, *_: object) -> None:
            """It is nothing to this kind."""

        resume = sample = silent = linked = timed = configured = start
        answered = acknowledged = cleared = renewed = naps = start

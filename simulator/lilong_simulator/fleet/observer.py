"""What a host tells of its devices while they run; a run measures and counts with it."""

CONNACK = "connack"
ONLINE = "online"


class Observer:
    """Times in ms of the run's clock (virtual: integers; live: fractions). A subclass says only what it wants to hear.

    `due` is the instant for which the host called the device: its time in the calendar, the world's instant of a
    stimulus, the arrival of what the device answers; never the time of sending, so that a host that lags cannot hide
    it. None where the host cannot know: a device in a process of its own.
    """

    def output(self, at: float, device: str, name: str, value: int) -> None:
        """A local output changed."""

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        """Something happened to an alarm: raised, stored, acknowledged, restored, cleared."""

    def answered(self) -> None:
        """The frame that is told next has a PUBACK to come, though its class has none: it was made in an outage."""

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        """A frame was handed to the transport."""

    def puback(self, at: float, device: str, cls: str, due: float | None) -> None:
        """The broker has a frame that was sent with QoS 1."""

    def delivered(self, at: float, device: str, cls: str, frame: bytes) -> None:
        """A radio that loses frames has brought this one to the broker."""

    def lost(self, at: float, device: str, cls: str, due: float | None) -> None:
        """The link ended before the PUBACK of a frame."""

    def skipped(self, at: float, device: str, cls: str) -> None:
        """A frame was not handed over: no link, or too much in flight; its device repeats what matters."""

    def left_out(self, at: float, device: str, cls: str, frame: bytes) -> None:
        """A frame that has no counterpart in what is said in place of frames."""

    def lag(self, lag_ms: float) -> None:
        """How late the host called a device."""

    def connect(self, at: float, device: str, stage: str, due: float | None) -> None:
        """A connection that the device wanted at `due` has come as far as CONNACK, or is ONLINE (its SUBACK)."""

    def link(self, at: float, device: str, up: bool) -> None:
        """The broker has accepted the device's session, or it has ended."""

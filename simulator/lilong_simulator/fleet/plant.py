"""What hangs on a device's outputs and is seen by its sensors again: the lamp at a streetlight controller.

A plant is the hardware beyond the pins. It answers an output with the new values of sensor channels.
"""

from collections.abc import Iterable

LAMP_DW = 600  # a 60 W LED lamp, in 0.1 W
STANDBY_DW = 5  # the driver's own draw


class Plant:
    """The outside of one device. `broken`: the lamp has burnt out."""

    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False

    def answer(self, output: str, value: int) -> Iterable[tuple[str, int]]:
        """The (channel, value) pairs that follow from an output."""
        if output == "lamp":
            lit = 0 if self.broken else LAMP_DW * value // 100
            return (("power", STANDBY_DW + lit),)
        return ()

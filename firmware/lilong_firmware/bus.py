"""The building bus as a gateway's rules see it: numbers on its channel "bus", and on its output "bus".

A child is a place in the gateway's list, from 1. Whoever drives the bus (a board, a simulator) polls the children by
itself and tells changes: who answers no more, who answers again, who has started, whose alarm begins or ends. Told
anew is told for nothing. A child that is not polled sends beats, and has to be heard of within its limit.

The output is a command for a child, or ASK: tell all that are silent, all that answer of those told as silent before,
and every alarm that has been raised and not cleared.
"""

BEAT, ANSWERS, SILENT, STARTED, RAISED, CLEARED = 1, 2, 3, 4, 5, 6
ASK = 0


def heard(child: int, what: int, code: int = 0) -> int:
    """What the channel reads. `code`: the alarm's number, of RAISED and CLEARED."""
    return child << 16 | what << 8 | code


def told(child: int, command: int, operand: "int | None") -> int:
    """What the output says. `operand`: the command's first argument, 0 to 254."""
    return child << 16 | command << 8 | (0 if operand is None else operand + 1)


def command_of(value: int) -> "tuple[int, int, int | None]":
    """(child, command, argument) of an output other than ASK."""
    return value >> 16, value >> 8 & 0xFF, (value & 0xFF) - 1 if value & 0xFF else None

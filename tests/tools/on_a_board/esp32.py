"""`esp32` of a board that is flashed: what deep sleep asks for. `WOKEN_BY`: the calls, in their order."""

WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True
WOKEN_BY = []


def wake_on_ext0(pin, level):
    WOKEN_BY.append(("ext0", pin, level))


def wake_on_ext1(pins, level):
    WOKEN_BY.append(("ext1", pins, level))

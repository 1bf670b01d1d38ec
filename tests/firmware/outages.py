"""A gas detector that is cut off for hours; CPython and MicroPython run the same."""

from harness import HOUR, MINUTE, Host


def gas_after(hours, level=lambda minute: 0):
    """A detector that was cut off for so long, and when the link came back."""
    host = Host("gas", {"gas": 0})
    host.run(HOUR)
    host.cut()
    for minute in range(hours * 60):
        host.sense("gas", level(minute))
        host.run(MINUTE)
    back = host.now
    host.heal()
    host.run(10 * MINUTE)
    return host, back

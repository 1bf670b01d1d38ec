"""What sends pulses on each port: `esp32.RMT`, and `rp2.StateMachine` with a program of one `out(pins, 1)`."""

import sys


class RMT:
    """Plays durations on the line of a `chips.dali.Bus`, in units of 80 MHz / `clock_div`."""

    def __init__(self, channel, *, pin=None, clock_div=8, idle_level=False):
        self._bus = pin.bus
        self._tick_us = clock_div / 80
        self._turned = pin.inverted
        if bool(idle_level) == pin.inverted:
            self._bus.pull("master", True)

    def write_pulses(self, durations, data=True):
        if not all(1 <= us <= 32_767 for us in durations):
            raise ValueError("RMT pulse")
        self._bus.write_pulses([us * self._tick_us for us in durations], int(data) ^ self._turned)


class PIO:
    OUT_LOW, OUT_HIGH, SHIFT_LEFT, SHIFT_RIGHT = 2, 3, 0, 1


def asm_pio(out_init=None, out_shiftdir=0, autopull=False, pull_thresh=32):
    if (out_shiftdir, autopull, pull_thresh) != (PIO.SHIFT_LEFT, True, 32):
        raise ValueError("another program than the model knows")
    return lambda program: out_init


class StateMachine:
    """Shifts words of 32 bits out, the highest bit first, one a cycle, and stays at the last."""

    def __init__(self, number, program, freq=0, out_base=None):
        self._bus = out_base.bus
        self._turned = out_base.inverted
        if (program == PIO.OUT_HIGH) == self._turned:
            self._bus.pull("master", True)
        self._cycle_us = 1e6 / freq
        self._free_us = 0
        self._level = 1

    def active(self, on):
        pass

    def put(self, word):
        if not 0 <= word < 1 << 32:
            raise ValueError("a word of the FIFO")
        clock = self._bus.clock
        if self._free_us <= clock.us:
            self._free_us = clock.us
            self._bus.frames.append((clock.us, []))
        for at in range(31, -1, -1):
            low = (not word >> at & 1) != self._turned
            clock.after_us(int(self._free_us - clock.us), lambda low=low: self._bus.pull("master", low))
            self._free_us += self._cycle_us


class TxPin:
    """A pin on a bus of `chips.dali`. `inverted`: high pulls it low."""

    def __init__(self, bus, inverted=False):
        self.bus = bus
        self.inverted = inverted


class _Module:
    pass


def install(port):
    """Make `import esp32` or `import rp2` give these; the other is not there."""
    module = _Module()
    if port == "esp32":
        module.RMT = RMT
    else:
        module.PIO, module.asm_pio, module.StateMachine = PIO, asm_pio, StateMachine
    sys.modules[port] = module


def uninstall(port):
    del sys.modules[port]

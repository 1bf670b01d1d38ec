"""`machine` of a whole device: its pins and buses are at the other end of two pipes, with the models of their chips.

So that of a chip's model nothing is in the heap of the device. What a call needs here is made once.
"""

import gc
from struct import pack_into

PWRON_RESET, DEEPSLEEP_RESET = 1, 4
OUT = open(10, "wb")  # noqa: SIM115  they end with the process
IN = open(11, "rb")  # noqa: SIM115
HEAD = bytearray(12)
BACK = bytearray(8)
RANG = bytearray(64)
HANDLERS = {}  # (pin, handler) by the number of the pin


def ask(op, thing, a=0, b=0, data=None, into=None):
    """What comes back of one call; OSError as the other end says. `into` is filled as far as there is something."""
    pack_into("<BBHiI", HEAD, 0, op, thing, 0 if data is None else len(data), a, b)
    OUT.write(HEAD)
    if data is not None:
        OUT.write(data)
    IN.readinto(BACK)
    size = BACK[4] | BACK[5] << 8
    if size:
        IN.readinto(into, size)
    value = size if into is not None else BACK[0] | BACK[1] << 8 | BACK[2] << 16 | BACK[3] << 24
    failed = BACK[7]
    rang = BACK[6]
    if rang:
        IN.readinto(RANG, rang)
        for at in range(rang):
            pin, handler = HANDLERS[RANG[at]]
            handler(pin)
    if failed:
        raise OSError(failed)
    return value


class Thing:
    def __init__(self, *given, **named):
        given = [thing.id if isinstance(thing, Thing) else thing for thing in given]
        named = {name: named[name].id if isinstance(named[name], Thing) else named[name] for name in named}
        self.id = ask(78, 0, 0, 0, repr((self.NAME, given, named)).encode())


class Pin(Thing):
    NAME = "Pin"
    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 2, 1

    def __call__(self, level=None):
        if level is None:
            return ask(103, self.id)
        return ask(115, self.id, 1 if level else 0)

    value = __call__

    def irq(self, handler=None, trigger=3, hard=False):
        HANDLERS[self.id] = (self, handler)
        ask(105, self.id, trigger)


class ADC(Thing):
    NAME = "ADC"
    ATTN_11DB = 3

    def read_uv(self):
        return ask(117, self.id)

    def read_u16(self):
        return ask(97, self.id)


class PWM(Thing):
    NAME = "PWM"

    def freq(self, hz=None):
        return ask(70, self.id) if hz is None else ask(102, self.id, hz)

    def duty_u16(self, duty=None):
        return ask(68, self.id) if duty is None else ask(100, self.id, duty)


class UART(Thing):
    NAME = "UART"

    def any(self):
        return ask(110, self.id)

    def read(self, count=-1):
        buffer = bytearray(self.any() if count < 0 else count)
        return bytes(memoryview(buffer)[: self.readinto(buffer) or 0]) or None

    def readinto(self, buffer, count=-1):
        return ask(114, self.id, len(buffer) if count < 0 else count, 0, None, buffer) or None

    def write(self, data):
        return ask(119, self.id, 0, 0, data)


class I2C(Thing):
    NAME = "I2C"

    def readfrom_mem_into(self, address, register, buffer):
        ask(109, self.id, address, register | len(buffer) << 8, None, buffer)

    def writeto_mem(self, address, register, data):
        ask(77, self.id, address, register, data)

    def readfrom_into(self, address, buffer):
        ask(118, self.id, address, len(buffer), None, buffer)

    def writeto(self, address, data):
        return ask(87, self.id, address, 0, data)


class SPI(Thing):
    NAME = "SPI"

    def write(self, data):
        ask(121, self.id, 0, 0, data)

    def readinto(self, buffer, byte=0):
        ask(122, self.id, len(buffer), byte, None, buffer)

    def write_readinto(self, data, buffer):
        ask(120, self.id, 0, 0, data, buffer)


class Flash:
    """Sectors of 4 KB: a block device of the extended interface."""

    def __init__(self, first=0, sectors=0):
        self.first = first
        self.sectors = sectors

    def readblocks(self, block, buffer, offset=0):
        ask(98, 0, self.first + block, offset | len(buffer) << 13, None, buffer)

    def writeblocks(self, block, buffer, offset=0):
        ask(66, 0, self.first + block, offset, buffer)

    def ioctl(self, what, argument):
        if what == 4:
            return self.sectors
        if what == 5:
            return 4096
        if what == 6:
            ask(69, 0, self.first + argument)
        return 0


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        if ask(107, 0):
            gc.collect()
            ask(82, 0, gc.mem_alloc(), gc.mem_free())


class RTC:
    kept = b""

    def datetime(self, at=None):
        pass

    def memory(self, record=None):
        if record is None:
            return RTC.kept
        RTC.kept = record
        return None


def reset_cause():
    return PWRON_RESET


def deepsleep(_ms):
    ask(88, 0)


def reset():
    ask(88, 0)

"""I2C, SPI and UART as `machine` has them, with chip models on them and the faults that real wires have.

A chip on I2C has `start(read) -> bool` (its acknowledge), `write(byte) -> bool`, `read() -> byte`, `stop()`. One on SPI
has `select(on)` and `transfer(byte) -> byte`. One on a UART has `receive(byte)`, and talks by `UART.arrive`.
"""

EIO = (5, "not acknowledged")
ENODEV = (19, "no chip at this address")
ETIMEDOUT = (110, "the bus is stuck")


class I2C:
    """One bus. Each byte takes its nine clocks of time.

    `stuck`: SDA is held low, every transfer times out. `nack_after`: so many bytes from now one is not acknowledged.
    `flip`: (bytes from now, mask) for a byte that is read wrong. Each happens once, `stuck` until it is mended.
    """

    def __init__(self, clock, freq=400_000):
        self.clock = clock
        self.chips = {}
        self.stuck = False
        self.nack_after = None
        self.flip = None
        self.transfers = 0
        self._byte_us = 9_000_000 // freq + 1

    def scan(self):
        return [] if self.stuck else sorted(address for address in self.chips if self.chips[address].start(False))

    def writeto(self, address, data, stop=True):
        self._send(address, data, stop)
        return len(data)

    def readfrom_into(self, address, buffer, stop=True):
        self._receive(address, buffer)

    def readfrom(self, address, count, stop=True):
        buffer = bytearray(count)
        self._receive(address, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, data, addrsize=8):
        self._send(address, bytes([register]) + bytes(data), True)

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        self._send(address, bytes([register]), False)
        self._receive(address, buffer)

    def readfrom_mem(self, address, register, count, addrsize=8):
        buffer = bytearray(count)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)

    def _open(self, address, read):
        self.transfers += 1
        self.clock.pass_us(self._byte_us)
        if self.stuck:
            raise OSError(*ETIMEDOUT)
        chip = self.chips.get(address)
        if chip is None or not chip.start(read):
            raise OSError(*ENODEV)
        return chip

    def _send(self, address, data, stop):
        chip = self._open(address, False)
        try:
            for byte in data:
                self.clock.pass_us(self._byte_us)
                if self._nacked() or not chip.write(byte):
                    stop = True
                    raise OSError(*EIO)
        finally:
            if stop:
                chip.stop()

    def _receive(self, address, buffer):
        chip = self._open(address, True)
        try:
            for at in range(len(buffer)):
                self.clock.pass_us(self._byte_us)
                if self._nacked():
                    raise OSError(*EIO)
                buffer[at] = chip.read() ^ self._flipped()
        finally:
            chip.stop()

    def _nacked(self):
        if self.nack_after is None:
            return False
        self.nack_after -= 1
        if self.nack_after >= 0:
            return False
        self.nack_after = None
        return True

    def _flipped(self):
        if self.flip is None:
            return 0
        after, mask = self.flip
        if after:
            self.flip = (after - 1, mask)
            return 0
        self.flip = None
        return mask


class Registers:
    """What most I2C and SPI chips are: registers behind a pointer. A model overrides `load` and `store`.

    `auto(register)`: which register the next byte goes to. `alive` False: without power, or off the bus.
    """

    def __init__(self):
        self.alive = True
        self.pointer = None
        self._addressed = False

    def load(self, register):
        return 0

    def store(self, register, value):
        pass

    def auto(self, register):
        return (register + 1) & 0xFF

    def start(self, read):
        self._addressed = read
        return self.alive

    def write(self, byte):
        if self._addressed:
            self.store(self.pointer, byte)
            self.pointer = self.auto(self.pointer)
        else:
            self.pointer = byte
            self._addressed = True
        return self.alive

    def read(self):
        value = self.load(self.pointer)
        self.pointer = self.auto(self.pointer)
        return value & 0xFF

    def stop(self):
        self._addressed = False


class SPI:
    """One bus; the chip whose select pin is low answers, and with none MISO floats high.

    `flip`: (bytes from now, mask) for a byte that is read wrong, once.
    """

    def __init__(self, clock, baudrate=1_000_000):
        self.clock = clock
        self.flip = None
        self._chips = []
        self._byte_us = 8_000_000 // baudrate + 1

    def attach(self, chip, cs):
        """`cs`: the Pin that selects it."""
        self._chips.append((chip, cs))
        cs.watch(lambda level: chip.select(not level))

    def write(self, data):
        for byte in data:
            self._transfer(byte)

    def read(self, count, write=0):
        return bytes([self._transfer(write) for _ in range(count)])

    def readinto(self, buffer, write=0):
        for at in range(len(buffer)):
            buffer[at] = self._transfer(write)

    def write_readinto(self, out, buffer):
        for at in range(len(out)):
            buffer[at] = self._transfer(out[at])

    def _transfer(self, byte):
        self.clock.pass_us(self._byte_us)
        answer = 0xFF
        for chip, cs in self._chips:
            if not cs.level:
                answer &= chip.transfer(byte)
        if self.flip is not None:
            after, mask = self.flip
            if after:
                self.flip = (after - 1, mask)
            else:
                self.flip = None
                answer ^= mask
        return answer


class UART:
    """A serial line of 10 bits a byte. What the chip says arrives byte by byte as time passes.

    `lose`: so many bytes from the chip are lost. `flip`: a mask for the next one. Beyond `rxbuf` unread ones are lost.
    """

    def __init__(self, clock, baudrate=9_600, rxbuf=256):
        self.clock = clock
        self.chip = None
        self.lose = 0
        self.flip = 0
        self.overruns = 0
        self._rxbuf = rxbuf
        self._received = bytearray()
        self._byte_us = 10_000_000 // baudrate
        self._free_at = 0

    def init(self, baudrate=9_600, **_):
        self._byte_us = 10_000_000 // baudrate

    def any(self):
        return len(self._received)

    def read(self, count=-1):
        if not self._received:
            return None
        count = len(self._received) if count < 0 else min(count, len(self._received))
        data = bytes(self._received[:count])
        self._received = self._received[count:]
        return data

    def readinto(self, buffer, count=-1):
        data = self.read(len(buffer) if count < 0 else min(count, len(buffer)))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        at = 0
        for byte in bytes(data):
            at += self._byte_us
            if self.chip is not None:
                self.clock.after_us(at, lambda byte=byte: self.chip.receive(byte))
        return len(data)

    def flush(self):
        pass

    def txdone(self):
        return True

    # ---- the other side

    def arrive(self, data, after_us=0):
        """The chip says `data`, from so much later on."""
        at = max(self.clock.us + after_us, self._free_at)
        for byte in bytes(data):
            at += self._byte_us
            self.clock.after_us(at - self.clock.us, lambda byte=byte: self._in(byte))
        self._free_at = at

    def _in(self, byte):
        if self.lose:
            self.lose -= 1
            return
        byte ^= self.flip
        self.flip = 0
        if len(self._received) >= self._rxbuf:
            self.overruns += 1
        else:
            self._received.append(byte)

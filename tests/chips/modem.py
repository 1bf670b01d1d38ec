"""A cellular modem behind its AT interpreter (3GPP TS 27.007, ITU-T V.250): power key, SIM, network, data call.

`boots_ms`: from the key to its first word. `sim`: "ready", "pin", "puk", "none". `registers_ms`: from then to a
network, None for never. `dials`: whether a data call comes about. `deaf`: it takes no command. `denies`: +CEREG: 3.
`noise`: bytes before each answer.
"""


class Modem:
    def __init__(self, clock, uart, sim="ready", pin="1234", boots_ms=4_000, registers_ms=6_000):
        self.clock = clock
        self.uart = uart
        uart.chip = self
        self.sim = sim
        self.pin = pin
        self.tries = 3
        self.boots_ms = boots_ms
        self.registers_ms = registers_ms
        self.dials = True
        self.deaf = False
        self.denies = False
        self.noise = b""
        self.on = False
        self.data = False
        self.echo = True
        self.apn = None
        self.heard = []
        self.pulses = []
        self._ready_at = None
        self._line = bytearray()
        self._pressed_at = None

    def key(self, level=None):
        """The pin of its power key: held for half a second and more it switches on, or off."""
        if level:
            self._pressed_at = self.clock.us
        elif self._pressed_at is not None:
            held_ms = (self.clock.us - self._pressed_at) // 1000
            self._pressed_at = None
            self.pulses.append(held_ms)
            if held_ms >= 500:
                self.on = not self.on
                self.data = False
                self.echo = True
                self._ready_at = self.clock.us + self.boots_ms * 1000

    @property
    def ready_ms(self):
        """Since it takes commands; below 0 when it does not yet."""
        return -1 if not self.on else (self.clock.us - self._ready_at) // 1000

    def receive(self, byte):
        if self.data or self.deaf or self.ready_ms < 0:
            return
        if byte != 13:
            self._line.append(byte)
            return
        line = bytes(self._line).decode()
        self._line = bytearray()
        self.heard.append(line)
        if self.echo:
            self.uart.arrive(line.encode() + b"\r\r\n")
        self.uart.arrive(self.noise)
        for answer in self.answers(line):
            self.uart.arrive(b"\r\n" + answer.encode() + b"\r\n", 20_000)

    def answers(self, line):
        if line == "AT":
            return ["OK"]
        if line == "ATE0":
            self.echo = False
            return ["OK"]
        if line == "AT+CPIN?":
            says = {"ready": "READY", "pin": "SIM PIN", "puk": "SIM PUK"}.get(self.sim)
            return ["+CME ERROR: 10"] if says is None else ["+CPIN: " + says, "OK"]
        if line.startswith("AT+CPIN="):
            if self.sim == "pin" and line == 'AT+CPIN="%s"' % self.pin:
                self.sim = "ready"
                return ["OK"]
            self.tries -= 1
            if not self.tries:
                self.sim = "puk"
            return ["+CME ERROR: 16"]
        if line == "AT+CEREG?;+CREG?":
            there = self.registers_ms is not None and self.ready_ms >= self.registers_ms
            status = 3 if self.denies else 5 if there else 2
            return ["+CEREG: 0,%d" % status, "+CREG: 0,0", "OK"]
        if line.startswith("AT+CGDCONT=1,"):
            self.apn = line.split('"')[3]
            return ["OK"]
        if line == "ATD*99#":
            self.data = self.dials
            return ["CONNECT 150000000"] if self.dials else ["NO CARRIER"]
        return ["ERROR"]

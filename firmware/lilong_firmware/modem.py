"""A cellular modem at a serial line, from its power key to the point where PPP takes the line over.

    off -- does it answer? -- key --> waking -- OK --> echo off -- SIM ready, or its PIN --> registering --> context
    --> dialling --> data;  what fails: stopping (the key, if it had answered) --> off, for ever longer

One command at a time, each with an end. A modem that answers is never given the key to start it, since the key would
stop it; one that has failed is stopped, so that it takes nothing from a battery while it is left alone. A PIN that the
SIM has refused is not tried again while the device is provisioned with it: the third time would lock the SIM.
Commands: 3GPP TS 27.007 (+CPIN 8.3, +CEREG 10.1.22, +CREG 7.2, +CGDCONT 10.1.1, D*99# 10.2.1.1, +CME ERROR 9.2) and
V.250 (AT, E). Times are uptimes in ms.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PULSE_MS = 1_000  # (ours) of the power key: common modems want 0.5 to 1.5 s
LISTEN_MS = 2_500  # (ours) it may be on already, and then answers within two AT
WAKE_MS = 30_000  # from the key to the first OK
ASK_MS = 1_000  # between two AT while it wakes
ANSWER_MS = 9_000  # of a command
DIAL_MS = 60_000
SIM_MS = 30_000  # (ours) a SIM is busy for some seconds after the start
REGISTER_MS = 180_000  # a search over all bands takes minutes
DENIED_MS = 60_000  # (ours) of nothing but refusals
POLL_MS = 2_000  # between two questions for SIM and network
PAUSE_MS = 10_000  # after a failure, then twice as long each time
PAUSE_MAX_MS = 1_800_000
LINE_MAX = 96  # bytes; what is longer is none of the answers that are awaited

OFF, LISTENING, PULSE, WAKING, ECHO, SIM, PIN, REGISTER, CONTEXT, DIAL, DATA, REFUSED, STOPPING = range(13)
FINAL = ("OK", "ERROR", "NO CARRIER", "BUSY", "NO DIALTONE")
_HOME, _DENIED, _ROAMING = 1, 3, 5


class Modem:
    """uart: `any`, `read`, `write`. key: a pin that starts and stops the modem. pin_spent: the SIM has refused the PIN.

    given: {"apn", "pin"} of the configuration. state: DATA when PPP may have the line; REFUSED until it is provisioned
    with another PIN. why: the last failure, of `failures`; pause_ms: how long it is left alone then.
    """

    __slots__ = (
        "_apn", "_asked_at", "_buffer", "_busy", "_denied_at", "_key", "_on", "_pin", "_pressed", "_sent_at", "_since",
        "_uart", "failures", "pause_ms", "pin_spent", "starts", "state", "why",
    )  # fmt: skip

    def __init__(self, uart: "Any", key: "Any", given: "dict[str, str]", pin_spent: bool = False) -> None:
        self._uart = uart
        self._key = key
        self._apn = self._pin = ""
        self._buffer = bytearray()
        self._since = 0  # when this state began
        self._sent_at = -1  # when its command was sent; -1: it is to be sent
        self._busy = False  # a command has had no final answer yet
        self._asked_at = 0  # when that was sent
        self._on = False  # it has answered since it was last stopped
        self._pressed = False  # the key
        self._denied_at = -1  # since when every answer says that the network refuses it
        self.pause_ms = 0
        self.pin_spent = pin_spent
        self.failures = 0
        self.starts = 0  # pulses of the key that were to start it
        self.state = OFF
        self.why = ""  # of the last failure
        self.use(given, pin_spent)

    def use(self, given: "dict[str, str]", pin_spent: bool) -> None:
        """From the next start on; one that was refused for its PIN starts."""
        self._apn = given.get("apn") or ""
        self._pin = given.get("pin") or ""
        self.pin_spent = pin_spent
        if self.state == REFUSED:
            self.pause_ms = 0
            self.state = STOPPING if self._pressed else OFF

    def poll(self, now: int) -> None:
        """Go on; to be called some ten times a second until it is DATA, and not while PPP has the line."""
        waited = now - self._since
        if self._pressed and waited >= PULSE_MS:
            self._key(0)
            self._pressed = False
            if self.state == STOPPING:
                self._enter(now, OFF)
            elif self.state == PULSE:
                self._flush()
                self._enter(now, WAKING)
        elif self.state == OFF:
            if waited >= self.pause_ms:
                self._flush()
                self._enter(now, LISTENING)
        elif LISTENING <= self.state < DATA and not self._pressed:
            for line in self._lines():
                self._hear(now, line)
                if not LISTENING <= self.state < DATA:
                    return
            self._wait(now)

    def fail(self, now: int, why: str) -> None:
        """Begin anew after a pause, with a modem that is off: also what PPP has lost, or never got."""
        self.why = why
        self.failures += 1
        self.pause_ms = min(max(2 * self.pause_ms, PAUSE_MS), PAUSE_MAX_MS)
        if self._on:
            self._press(now, STOPPING)
        else:
            self._enter(now, OFF)

    def good(self) -> None:
        """PPP is up: the next failure is the first one again."""
        self.pause_ms = 0

    def stop(self) -> bool:
        """Press the key of a modem that is on, before the board sleeps; True when it has to be held for PULSE_MS and
        `release`d."""
        if self._on or self._pressed:
            self._key(1)
            return True
        return False

    def release(self) -> None:
        self._key(0)
        self._pressed = self._on = False
        self.state = OFF

    # ---- inside

    def _wait(self, now: int) -> None:
        """No line has changed the state: send its command, or give it up."""
        state = self.state
        waited = now - self._since
        free = not self._busy or now - self._asked_at >= ANSWER_MS
        if state == LISTENING and waited >= LISTEN_MS:
            self.starts += 1
            self._press(now, PULSE)
        elif state in (LISTENING, WAKING):
            if waited >= WAKE_MS:
                self.fail(now, "no answer to AT")
            elif self._sent_at < 0 or now - self._sent_at >= ASK_MS:
                self._send(now, "AT")
        elif state in (SIM, REGISTER):
            if state == REGISTER and self._denied_at >= 0 and now - self._denied_at >= DENIED_MS:
                self.fail(now, "the network refuses this SIM")
            elif waited >= (SIM_MS if state == SIM else REGISTER_MS):
                self.fail(now, "no SIM" if state == SIM else "no network")
            elif free and (self._sent_at < 0 or now - self._sent_at >= POLL_MS):
                self._send(now, "AT+CPIN?" if state == SIM else "AT+CEREG?;+CREG?")
        elif self._sent_at < 0:
            if not free:
                return
            if state == ECHO:
                self._send(now, "ATE0")
            elif state == PIN:
                if not self.pin_spent:
                    self.pin_spent = True  # told to who keeps it, before the next poll sends the PIN
                    return
                self._send(now, 'AT+CPIN="%s"' % self._pin)
            elif state == CONTEXT:
                self._send(now, 'AT+CGDCONT=1,"IP","%s"' % self._apn)
            else:
                self._send(now, "ATD*99#")
        elif now - self._sent_at >= (DIAL_MS if state == DIAL else ANSWER_MS):
            self.fail(now, "no answer")

    def _hear(self, now: int, line: str) -> None:
        state = self.state
        if line in FINAL or line.startswith(("+CME ERROR", "CONNECT")):
            self._busy = False
            if self._sent_at < 0:
                return  # to the command of the state before
        if line == "OK":
            if state in (LISTENING, WAKING):
                self._on = True
                self._enter(now, ECHO)
            elif state == ECHO:
                self._enter(now, SIM)
            elif state == PIN:
                self.pin_spent = False  # it was right
                self._enter(now, SIM)
            elif state == CONTEXT:
                self._enter(now, DIAL)
        elif line.startswith("+CPIN:"):
            if state == SIM and line.endswith("READY"):
                self._enter(now, REGISTER)
            elif state == SIM and line.endswith("SIM PIN"):
                if self._pin and not self.pin_spent:
                    self._enter(now, PIN)
                else:
                    self._refuse(now, "the SIM wants a PIN" if not self._pin else "the SIM has refused its PIN")
            elif state == SIM and line.endswith("PUK"):
                self._refuse(now, "the SIM is locked and wants its PUK")
        elif line.startswith(("+CEREG:", "+CREG:")):
            if state == REGISTER:
                status = _status(line)
                if status in (_HOME, _ROAMING):
                    self._enter(now, CONTEXT)
                elif status != _DENIED:
                    if line.startswith("+CEREG:"):  # a network of one generation may refuse what that of another takes
                        self._denied_at = -1
                elif self._denied_at < 0:
                    self._denied_at = now
        elif line.startswith("CONNECT"):
            if state == DIAL:
                self._enter(now, DATA)
        elif line.startswith(("ERROR", "+CME ERROR")):
            if state == PIN:
                self._refuse(now, "the SIM has refused its PIN")
            elif state in (ECHO, CONTEXT, DIAL):
                self.fail(now, line)
        elif line in FINAL and state == DIAL:
            self.fail(now, line)

    def _refuse(self, now: int, why: str) -> None:
        self.why = why
        self.failures += 1
        self._press(now, REFUSED)

    def _press(self, now: int, state: int) -> None:
        self._key(1)
        self._pressed = True
        self._on = False
        self._enter(now, state)

    def _enter(self, now: int, state: int) -> None:
        self.state = state
        self._since = now
        self._sent_at = self._denied_at = -1

    def _send(self, now: int, command: str) -> None:
        self._sent_at = self._asked_at = now
        self._busy = True
        self._uart.write(command.encode() + b"\r")

    def _flush(self) -> None:
        if self._uart.any():
            self._uart.read()
        self._buffer = bytearray()
        self._busy = False

    def _lines(self) -> "list[str]":
        """The whole lines that have come; bytes that are no ASCII are noise, and make a line that is none."""
        if self._uart.any():
            self._buffer.extend(self._uart.read() or b"")
        found: list[str] = []
        while True:
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > LINE_MAX:
                    self._buffer = bytearray()
                return found
            line = bytes(self._buffer[:end])
            self._buffer = self._buffer[end + 1 :]
            if len(line) <= LINE_MAX and max(line, default=0) < 0x80:
                found.append(line.decode().strip())


def _status(line: str) -> int:
    """The second number of "+CEREG: 0,1", or the only one."""
    text = line[line.find(":") + 1 :].split(",")
    number = text[1 if len(text) > 1 else 0].strip()
    return int(number) if number.isdigit() else -1

"""A cellular modem at a serial line, from its power key to the point where PPP takes the line over.

    off -- key --> waking -- OK --> echo off -- SIM ready, or its PIN --> registering --> context --> dialling --> data

One command at a time, each with an end; what fails too often begins anew with the power key, ever later. A PIN that the
SIM has refused is not tried again while the device is provisioned with it: the third time would lock the SIM.
Commands: 3GPP TS 27.007 (+CPIN 8.3, +CEREG 10.1.22, +CREG 7.2, +CGDCONT 10.1.1, D*99# 10.2.1.1) and V.250 (AT, E).
Times are uptimes in ms.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PULSE_MS = 1_000  # (ours) of the power key: common modems want 0.5 to 1.5 s
WAKE_MS = 30_000  # from the key to the first OK
ASK_MS = 1_000  # between two AT while it wakes
ANSWER_MS = 9_000  # of a command
DIAL_MS = 60_000
REGISTER_MS = 180_000  # a search over all bands takes minutes
POLL_MS = 2_000  # between two questions for SIM and network
PAUSE_MS = 10_000  # after a failure, then twice as long each time
PAUSE_MAX_MS = 1_800_000
LOOK_MS = 100
UP_MS = 60_000  # (ours) for LCP, authentication and IPCP
LOST_MS = 30_000  # PPP without a link for so long is hung up
LINE_MAX = 96  # bytes; what is longer is none of the answers that are awaited

OFF, PULSE, WAKING, ECHO, SIM, PIN, REGISTER, CONTEXT, DIAL, DATA, REFUSED = range(11)
FINAL = ("OK", "ERROR", "NO CARRIER", "BUSY", "NO DIALTONE")
_HOME, _ROAMING = 1, 5


class Modem:
    """uart: `any`, `read`, `write`. key: a pin that starts and stops the modem. pin_spent: the SIM has refused the PIN.

    given: {"apn", "pin"} of the configuration. state: DATA when PPP may have the line; REFUSED until it is provisioned
    with another PIN. why: the last failure.
    """

    __slots__ = (
        "_apn", "_asked_at", "_buffer", "_busy", "_key", "_pause_ms", "_pin", "_sent_at", "_since", "_uart",
        "pin_spent", "starts", "state", "why",
    )  # fmt: skip

    def __init__(self, uart: "Any", key: "Any", given: "dict[str, str]", pin_spent: bool = False) -> None:
        self._uart = uart
        self._key = key
        self._apn = given.get("apn") or ""
        self._pin = given.get("pin") or ""
        self._buffer = bytearray()
        self._since = 0  # when this state began
        self._sent_at = -1  # when its command was sent; -1: it is to be sent
        self._busy = False  # a command has had no final answer yet
        self._asked_at = 0  # when that was sent
        self._pause_ms = 0
        self.pin_spent = pin_spent
        self.starts = 0  # pulses of the key
        self.state = OFF
        self.why = ""  # of the last failure

    def poll(self, now: int) -> None:
        """Go on; to be called some ten times a second until it is DATA, and not while PPP has the line."""
        if self.state == OFF:
            if now - self._since >= self._pause_ms:
                self.starts += 1
                self._key(1)
                self._enter(now, PULSE)
        elif self.state == PULSE:
            if now - self._since >= PULSE_MS:
                self._key(0)
                self._flush()
                self._enter(now, WAKING)
        elif self.state < DATA:
            for line in self._lines():
                self._hear(now, line)
                if self.state >= DATA or self.state == OFF:
                    return
            self._wait(now)

    def hang_up(self, now: int, why: str) -> None:
        """PPP has lost the link, or never got it: begin anew with the power key."""
        self._fail(now, why)

    # ---- inside

    def _wait(self, now: int) -> None:
        """No line has changed the state: send its command, or give it up."""
        state = self.state
        waited = now - self._since
        free = not self._busy or now - self._asked_at >= ANSWER_MS
        if state == WAKING:
            if waited >= WAKE_MS:
                self._fail(now, "no answer to AT")
            elif self._sent_at < 0 or now - self._sent_at >= ASK_MS:
                self._send(now, "AT")
        elif state in (SIM, REGISTER):
            if waited >= REGISTER_MS:
                self._fail(now, "no SIM" if state == SIM else "no network")
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
            self._fail(now, "no answer")

    def _hear(self, now: int, line: str) -> None:
        state = self.state
        if line in FINAL or line.startswith(("+CME ERROR", "CONNECT")):
            self._busy = False
            if self._sent_at < 0:
                return  # to the command of the state before
        if line == "OK":
            if state == WAKING:
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
            if state == REGISTER and _status(line) in (_HOME, _ROAMING):
                self._enter(now, CONTEXT)
        elif line.startswith("CONNECT"):
            if state == DIAL:
                self._pause_ms = 0
                self._enter(now, DATA)
        elif line.startswith(("ERROR", "+CME ERROR")):
            if state == PIN:
                self._refuse(now, "the SIM has refused its PIN")
            elif state in (ECHO, CONTEXT, DIAL):
                self._fail(now, line)
        elif line in FINAL and state == DIAL:
            self._fail(now, line)

    def _refuse(self, now: int, why: str) -> None:
        self.why = why
        self._enter(now, REFUSED)

    def _fail(self, now: int, why: str) -> None:
        self.why = why
        self._pause_ms = min(max(2 * self._pause_ms, PAUSE_MS), PAUSE_MAX_MS)
        self._flush()
        self._enter(now, OFF)

    def _enter(self, now: int, state: int) -> None:
        self.state = state
        self._since = now
        self._sent_at = -1

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


class Cellular:
    """A modem and its PPP. dial: makes PPP on the line, dials in, and returns it; it is `network.PPP` with its login.

    kept: called when the SIM is about to be given its PIN, and when that was right: True and False, to be stored.
    """

    def __init__(
        self, modem: Modem, dial: "Callable[[], Any]", clock: "Callable[[], int]", kept: "Callable[[bool], None]"
    ) -> None:
        self.modem = modem
        self._dial = dial
        self._clock = clock
        self._kept = kept
        self._ppp: Any = None
        self._up_at = 0  # when it was last up, or dialled
        self._was_up = False

    async def run(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep_ms(LOOK_MS)  # type: ignore[attr-defined]  # MicroPython's

    def look(self) -> None:
        modem = self.modem
        now = self._clock()
        if modem.state != DATA:
            spent = modem.pin_spent
            modem.poll(now)
            if modem.pin_spent != spent:
                self._kept(modem.pin_spent)
            return
        if self._ppp is None:
            self._up_at = now
            self._was_up = False
            self._ppp = self._dial()
        elif self._ppp.isconnected():
            self._up_at = now
            self._was_up = True
        elif now - self._up_at >= (LOST_MS if self._was_up else UP_MS):
            try:
                self._ppp.active(False)
            except OSError:
                pass  # the modem is switched off anyway
            self._ppp = None
            modem.hang_up(now, "PPP is down")

    def isconnected(self) -> bool:
        return self._ppp is not None and bool(self._ppp.isconnected())

    def ifconfig(self) -> "tuple[str, ...]":
        """As `network.WLAN` has it: the last is the name server."""
        found: tuple[str, ...] = self._ppp.ifconfig() if self._ppp is not None else ("", "", "", "")
        return found


def dialler(uart: "Any", ppp: "Callable[[Any], Any]", given: "dict[str, str]") -> "Callable[[], Any]":
    """What `Cellular` dials with. ppp: `network.PPP`. given: "user" and "password", where the operator wants them."""

    def dial() -> "Any":
        made = ppp(uart)
        made.active(True)
        if given.get("user"):
            made.connect(security=made.SEC_CHAP, user=given["user"], key=given.get("password") or "")
        else:
            made.connect()
        return made

    return dial


def _status(line: str) -> int:
    """The second number of "+CEREG: 0,1", or the only one."""
    text = line[line.find(":") + 1 :].split(",")
    number = text[1 if len(text) > 1 else 0].strip()
    return int(number) if number.isdigit() else -1

"""`network` of a board whose Wi-Fi, or whose modem's PPP, is the PC's own network.

PPP is that of MicroPython 1.27's port to ESP32 (ports/esp32/network_ppp.c) as far as a program sees it: it wants a
stream with `irq`, comes up by itself a while after `connect` if a peer is there, and tells an error of lwIP as a status
below 0.
"""

import time


class WLAN:
    IF_STA = 0

    def __init__(self, interface=0):
        self._on = False
        self._joined = None

    def active(self, on=None):
        if on is None:
            return self._on
        self._on = on
        return None

    def connect(self, ssid, password=None):
        self._joined = ssid

    def disconnect(self):
        self._joined = None

    def isconnected(self):
        return self._joined is not None

    def scan(self):
        return [(b"estate", b"\x01\x02\x03\x04\x05\x06", 6, -52, 3, 0)]

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def status(self, what=None):
        return -52


INACTIVE, ACTIVE, ERROR, CONNECTING, CONNECTED = range(5)
PEERDEAD = 9  # lwIP: PPPERR_PEERDEAD
UP_MS = 300
EALREADY = 114
LINKS = []  # every PPP; the last one carries the sockets


class PPP:
    SEC_NONE, SEC_PAP, SEC_CHAP = 0, 1, 2

    def __init__(self, stream):
        self._stream = stream
        self._state = INACTIVE
        self._since = 0
        LINKS.append(self)

    def connect(self, security=0, user=None, key=None):
        if self._state == INACTIVE:
            self._stream.irq(self.poll, self._stream.IRQ_RXIDLE)
            self._state = ACTIVE
        if self._state >= CONNECTING:
            raise OSError(EALREADY)
        if security not in (PPP.SEC_NONE, PPP.SEC_PAP, PPP.SEC_CHAP):
            raise ValueError("invalid auth")
        self._state = CONNECTING
        self._since = time.ticks_ms()

    def poll(self, _=None):
        return 0

    def _look(self):
        import modem_line  # noqa: PLC0415  only with a modem

        if self._state >= CONNECTING:
            there = modem_line.around().get("carrier", True) and self._stream.chip.data
            if self._state == CONNECTED and not there:
                self._state = ERROR
            elif there and time.ticks_diff(time.ticks_ms(), self._since) >= UP_MS:
                self._state = CONNECTED

    def status(self):
        self._look()
        return -PEERDEAD if self._state == ERROR else self._state

    def isconnected(self):
        self._look()
        return self._state == CONNECTED

    def disconnect(self):
        self._state = INACTIVE

    def active(self, on=None):
        if on is False and self._state != INACTIVE:
            self._stream.irq(None)
            self._state = INACTIVE
        return self._state >= ACTIVE

    def ifconfig(self):
        if self._state == INACTIVE:
            return (None, None, None, None)
        return ("127.0.0.1", "127.0.0.1", "255.255.255.255", "127.0.0.1")

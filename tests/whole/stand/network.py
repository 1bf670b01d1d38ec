"""`network` of a whole device: the PC's own."""


class WLAN:
    IF_STA = 0

    def __init__(self, interface):
        pass

    def active(self, on=None):
        return True

    def connect(self, ssid, password=None):
        pass

    def disconnect(self):
        pass

    def isconnected(self):
        return True

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def status(self, what=None):
        return -52

    def scan(self):
        return [(b"estate", b"\x01\x02\x03\x04\x05\x06", 6, -52, 3, 0)]


class PPP:
    """Up as soon as it is dialled. Status as ports/esp32/network_ppp.c: 0 before, 4 connected."""

    def __init__(self, stream):
        self._up = False

    def connect(self, security=0, user=None, key=None):
        self._up = True

    def active(self, on=None):
        if on is False:
            self._up = False
        return self._up

    def isconnected(self):
        return self._up

    def status(self):
        return 4 if self._up else 0

    def ifconfig(self):
        return ("127.0.0.1", "127.0.0.1", "255.255.255.255", "127.0.0.1")

"""`network` of a board whose Wi-Fi is the PC's own network."""


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

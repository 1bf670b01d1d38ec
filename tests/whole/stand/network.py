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

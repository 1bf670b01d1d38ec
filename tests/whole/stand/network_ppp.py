"""`network` of a whole device with a modem: what carries its sockets is the PC's own network."""


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

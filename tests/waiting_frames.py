"""What waits in an outbox, unpacked: for tests that look at it or spoil it. Runs on MicroPython too."""

from struct import pack_into, unpack_from

from lilong_firmware.outbox import CODE, DUE, HEAD, KIND, NUMBER, SINCE, TRIES


class Waiting:
    """One frame of `box`, by its packed entry."""

    def __init__(self, box, entry):
        self.code, self.kind, self.tries = entry[CODE], entry[KIND], entry[TRIES]
        self.boot, self.seq = unpack_from(">II", entry, NUMBER)
        self.since = unpack_from(">Q", entry, SINCE)[0]
        self.in_ram = len(entry) > HEAD
        self.frame = box._frame(entry)
        self._box = box
        self._entry = entry

    def put_off(self, until):
        pack_into(">Q", self._entry, DUE, until)

    def hurry(self, until):
        self.put_off(min(until, unpack_from(">Q", self._entry, DUE)[0]))

    def replace(self, frame):
        self._entry[HEAD:] = frame

    def forget(self):
        self._box._forget(self._entry)


def waiting(box):
    """In the order of their turn."""
    return [Waiting(box, entry) for entry in box._entries]

"""A store on a board whose power goes at a chosen change."""

from lilong_firmware.store import RamStore


class Cut(RamStore):
    """Loses its power before its n-th change."""

    def __init__(self, store, changes):
        super().__init__()
        self._records, self._logs = store._records, store._logs
        self.changes = changes

    def _change(self):
        if not self.changes:
            raise KeyboardInterrupt  # no code of a board catches that
        self.changes -= 1

    def put(self, name, data):
        self._change()
        super().put(name, data)

    def drop(self, name):
        self._change()
        super().drop(name)

    def write(self, name, at, data):
        self._change()
        super().write(name, at, data)

"""How a device gets to its backend may change: networks, broker, TLS. The new way is tried first, the old one is kept.

    as provisioned, or file 1 or 2  --an artifact of kind 2, and a restart-->  on trial
    on trial   --the backend answers on the new way-->  that is in effect, the old one is forgotten
               --it answers on the old way, after TRIES in vain-->  the new one is forgotten
               --neither-->  TRIES on the one, TRIES on the other, twice as many each time, until one of them answers

Only the answer of the backend itself counts, sealed for this device: no broker can give it. The record "way" says how
things stand: (file in effect or 0, file on trial or 0, 1 while it is the old one's turn, tries left, rounds). It is
written before what it says is tried, so that a power cut at any point costs a try, and no way is lost by one.

The artifact is wrapped for this device (`lilong_protocol.wrap`). In it are items: what (1 byte), size (u16), that many
bytes. What is not in it stays as provisioned.
"""

from lilong_protocol import cbor, frame, topics
from lilong_protocol.wrap import OVERHEAD, unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .device import Device
    from .store import LogStore

ACCESS = 2  # the kind of artifact
NETWORK, BROKER, AUTHORITY, CERTIFICATE, KEY, MODEM = 1, 2, 3, 4, 5, 6
TRIES = 8  # (ours) with their pauses some three minutes: time enough to join a network
ROUNDS_MAX = 4  # then a side has its turn for an hour and more
SIZE_MAX = 4_096  # (ours) three certificates of EC keys, and what else there is
RECORD = "way"
PENDING = "upd2"  # as `fetch` names it


def name(file: int) -> str:
    return "lacc%d" % file


class Access:
    """trial: the file on trial, 0 when there is none. settings: as provisioned; what is changed is put over it."""

    __slots__ = ("_in_effect", "_left", "_old", "_root", "_rounds", "_settings", "_store", "trial")

    def __init__(self, store: "LogStore", root: bytes, settings: "dict[str, Any]") -> None:
        self._store = store
        self._root = root
        self._settings = {key: settings.get(key) for key in ("host", "port", "tls", "networks", "modem")}
        record = dict(store.items()).get(RECORD, b"")
        if len(record) != 5:
            record = bytes(5)
        self._in_effect, self.trial, self._old, self._left, self._rounds = record
        if self.trial:
            self.attempt()  # a reset costs a try

    def ways(self) -> "dict[str, Any]":
        """The settings whose turn it is: "tls" has bytes where it was changed, else the paths of files."""
        file = self._in_effect if self._old or not self.trial else self.trial
        chosen = dict(self._settings)
        if file:
            try:
                data = self._store.read(name(file), 0, SIZE_MAX)
                changed = parse(unwrap(self._root, data))
            except ValueError:  # it has rotted
                if file == self.trial:
                    self._old, self._left = 1, TRIES
                    return self.ways()
                return chosen
            for key in sorted(changed):
                chosen[key] = changed[key]
        return chosen

    def attempt(self) -> bool:
        """A connection is about to be tried; True when it is another way's turn from now on."""
        if not self.trial:
            return False
        turns = not self._left
        if turns:
            self._rounds = min(self._rounds + self._old, ROUNDS_MAX)
            self._old = 1 - self._old
            self._left = min(TRIES << self._rounds, 255)
        self._left -= 1
        if turns or not self._rounds:  # later rounds wear no flash; a reset then gives its side all its tries again
            self._keep()
        return turns

    def accepted(self, device: "Device", now: int) -> None:
        """The backend has answered: the way whose turn it is, is good, and the other one is forgotten."""
        if not self.trial:
            return
        good = not self._old
        gone = self._in_effect if good else self.trial
        self._in_effect = self.trial if good else self._in_effect
        self.trial = self._old = self._left = self._rounds = 0
        if not self._keep():
            return  # the next answer, after a restart, will end it
        try:
            if gone:
                self._store.write(name(gone), 0, b"")  # no password is kept that is used no more
            pending = dict(self._store.items()).get(PENDING)
            if pending is not None:
                artifact, version, digest = cbor.decode(pending)
                body = {0: artifact, 1: frame.OK if good else frame.EXPIRED}
                if good:
                    body[2] = version
                    self._store.put("u%x" % ACCESS, digest)
                told = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
                device.session.send(now, topics.UPDATE, told)
                self._store.drop(PENDING)
        except (OSError, ValueError, TypeError):
            pass  # the offer will come again

    def _keep(self) -> bool:
        try:
            self._store.put(RECORD, bytes((self._in_effect, self.trial, self._old, self._left, self._rounds)))
        except OSError:
            return False
        return True


class Incoming:
    """The sink: the file that is not in effect."""

    RESTARTS = True

    __slots__ = ("_in_effect", "_root", "_size", "_store")

    def __init__(self, store: "LogStore", root: bytes) -> None:
        self._store = store
        self._root = root
        record = dict(store.items()).get(RECORD, b"")
        self._in_effect = record[0] if len(record) == 5 else 0
        self._size = 0

    def begin(self, size: int, digest: bytes) -> int:
        record = dict(self._store.items()).get(RECORD, b"")
        if len(record) == 5 and record[1]:
            raise OSError(16)  # EBUSY: one is on trial
        self._size = size
        return 0 if OVERHEAD < size <= SIZE_MAX else -1

    def judge(self, have: int) -> int:
        return frame.OK

    def read(self, offset: int, size: int) -> bytes:
        return b""  # `begin` counts nothing

    def write(self, offset: int, data: bytes) -> None:
        self._store.write(name(self._spare()), offset, data)

    def finish(self, now: int) -> bool:
        """On trial from the next start on; False for what is not for this device, or makes no sense."""
        try:
            parse(unwrap(self._root, self._store.read(name(self._spare()), 0, self._size)))
        except ValueError:
            return False
        self._store.put(RECORD, bytes((self._in_effect, self._spare(), 0, TRIES, 0)))
        return True

    def discard(self) -> None:
        """A file that no record names is of no use."""

    def _spare(self) -> int:
        return 2 if self._in_effect == 1 else 1


def parse(plain: bytes) -> "dict[str, Any]":
    """What an artifact changes, by the keys of a configuration; ValueError when it cannot be used."""
    found: dict[str, Any] = {}
    tls: dict[str, bytes] = {}
    at = 0
    while at < len(plain):
        what = plain[at]
        end = at + 3 + int.from_bytes(plain[at + 1 : at + 3], "big")
        data = plain[at + 3 : end]
        if end > len(plain) or at + 3 > len(plain) or not data:
            raise ValueError("cut short")
        if what == NETWORK:
            ssid, password = _texts(data, 2)
            found.setdefault("networks", []).append({"ssid": ssid, "password": password})
        elif what == BROKER:
            found["host"] = str(data[2:], "utf-8")
            found["port"] = int.from_bytes(data[:2], "big")
        elif what == MODEM:
            apn, user, password, pin = _texts(data, 4)
            found["modem"] = {"apn": apn, "user": user, "password": password, "pin": pin}
        elif what in (AUTHORITY, CERTIFICATE, KEY):
            tls[("ca", "certificate", "key")[what - AUTHORITY]] = data
        else:
            raise ValueError("item %d" % what)
        at = end
    if tls:
        if "ca" not in tls or ("certificate" in tls) != ("key" in tls):
            raise ValueError("a certificate goes with its key, and both with an authority")
        found["tls"] = tls
    if not found or ("host" in found and (not found["host"] or not found["port"])):
        raise ValueError("nothing, or half a broker")
    return found


def _texts(data: bytes, count: int) -> "list[str]":
    texts = str(data, "utf-8").split("\0")
    if len(texts) != count or not texts[0]:
        raise ValueError("%d texts" % len(texts))
    return texts

"""Updates with two slots and real files, whole: offered, verified, fetched, staged, tried, confirmed or rolled back.

Runs on both interpreters. A `Board` lives through restarts: the slots choose what runs, and the firmware's own version
is what the chosen bundle says. The power goes at any write of a file or a record, which is then torn.
"""

import os

from harness import MINUTE, SECOND, Host, PowerCut
from lilong_firmware import boot, install, suit, trial
from lilong_firmware.effects import ACCEPTED, NOTE, RESTART
from lilong_firmware.flash import FileStore
from lilong_firmware.slots import NONE, TRIES, Slots
from lilong_protocol import frame

VENDOR, CLASS = bytes(range(16)), bytes(range(16, 32))
FIRMWARE = 0


class Power:
    """`left`: writes until it goes, None: it stays. A write at which it goes is done to `torn` of its bytes."""

    left = None
    torn = 0
    done = 0


class Torn:
    """A file whose writes count."""

    def __init__(self, path, mode):
        self._file = open(path, mode)  # noqa: SIM115  closed by __exit__

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def seek(self, at):
        self._file.seek(at)

    def read(self, size=-1):
        return self._file.read(size)

    def write(self, data):
        Power.done += 1
        if Power.left is not None:
            if Power.left == 0:
                self._file.write(data[: Power.torn])
                self._file.close()
                raise PowerCut
            Power.left -= 1
        return self._file.write(data)


def opened(path, mode="r"):
    return open(path, mode) if mode == "rb" else Torn(path, mode)


class CutFiles(boot.Files):
    def keep(self, at, data):
        path = "%s/boot.%d" % (self._folder, at)
        with Torn(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)


class CutStore(FileStore):
    def put(self, name, data):
        path = self._path(name)
        with Torn(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)


install.open = opened  # the bundle's file


def image(version):
    """What a bundle holds here: its version, and enough behind it for several chunks."""
    return b"version %03d\n" % version + bytes(range(256)) * 5


def artifact(version, sequence, digest, vendor=VENDOR, device_class=CLASS):
    """digest: of bytes; the interpreter's own hashlib differs in its interface."""
    data = image(version)
    made = suit.Manifest(sequence, vendor, device_class, suit.ROMFS, len(data), digest(data), str(version))
    return suit.head(made) + data


class Board:
    """works: versions that reach the broker; heard: those that the backend accepts, while `backend` is there.

    The factory has put version 1 into the first slot.
    """

    def __init__(self, folder, key, digest, works=(1, 2, 3), heard=(1, 2, 3), kind="smoke", beat_s=None):
        self.kind = kind
        self.beat_s = beat_s
        self.heard = heard
        self.backend = self.broker = True
        self.folder = folder
        self.maker = install.Maker(key, VENDOR, CLASS)
        self.works = works
        self.digest = digest
        for name in ("", "/bundles", "/store"):
            _make(folder + name)
        data = artifact(1, 1, digest)
        with open(folder + "/bundles/a", "wb") as file:
            file.write(data)
        slots = Slots(boot.Files(folder + "/bundles"))
        slots.active = 1
        slots.stage(1, len(data), digest(data))
        slots.boot(False)
        slots.confirm()
        self.host = None
        self.ran = []
        self.start()

    @property
    def version(self):
        """Of the bundle that runs."""
        return self.ran[-1]

    def start(self, woken=False):
        """Power on: a choice of slot, and the device on it."""
        self.slots = Slots(CutFiles(self.folder + "/bundles"))
        slot = self.slots.boot(woken)
        assert slot != NONE, "a board without firmware"
        with open(self.folder + "/bundles/" + boot.NAMES[slot], "rb") as file:
            data = file.read()
        self.ran.append(int(data[suit.head_size(data[: suit.HEAD]) :][8:11]))
        store = CutStore(self.folder + "/store")
        self._from = 0 if self.host is None else len(self.host.trace)  # of this life
        if self.host is None:
            self.host = Host(self.kind, store=store, beat_s=self.beat_s)
        else:
            self.host.store = store
            self.reached()
            self.host.power_cut()
        self.host.device.updating = self._updating
        self.settled = False
        self.trial = trial.Trial(self.slots) if slot == self.slots.trial else None
        self._again = False

    def reached(self, backend=None, broker=None):
        """What there is of the world for the version that runs, from now on."""
        self.backend = self.backend if backend is None else backend
        self.broker = self.broker if broker is None else broker
        host = self.host
        if self.broker and self.version in self.works:
            host.heal()
        elif host.device is not None:
            host.cut()
        host.times = self.backend and self.version in self.heard
        host.acks = 1 if host.times else 0

    def _updating(self, device):
        return install.TwoSlots(device.store, self.slots, self.folder + "/bundles", self.maker)

    def run(self, ms=MINUTE):
        """Let time pass. A board settles a trial once its session is accepted; it restarts when its device wants to."""
        until = self.host.now + ms
        while self.host.now < until:
            self.host.run(SECOND)
            device = self.host.device
            if not self.settled and self._has(NOTE, ACCEPTED):
                self.settled = True
                self._again = trial.settle(device, self.host.uptime(), self.slots) is not None
                self.trial = None
                self.host._drain()
            elif self.trial is not None and self.trial.step(self.host.uptime(), device):
                self.start()
            if (self._again or self.restarts()) and not device.session._queue:
                self.start()

    def restarts(self):
        """The device wants to run what is staged."""
        return self._has(RESTART)

    def _has(self, *effect):
        return any([told[: len(effect)] == effect for _, told in self.host.trace[self._from :]])

    def offer(self, data, signature, number=5):
        body = {0: number, 1: FIRMWARE, 2: "v", 3: len(data), 4: self.digest(data)}
        if signature is not None:
            body[5] = signature
        counter = self.host.offer(body)
        self.host.run(2 * SECOND)  # for the signature too
        return self.host.response(counter)

    def serve(self, data, number=5, most=200):
        """Answer chunk requests until there is none, or the board restarts."""
        answered = len(self.host.of(frame.CHUNK_REQUEST, number))
        asked = self.host.of(frame.CHUNK_REQUEST, number)[-1:]
        for _ in range(most):
            if not asked or self.restarts():
                return
            last = asked[-1]
            answered = len(self.host.of(frame.CHUNK_REQUEST, number))
            self.host.chunk(number, last.body[1], data[last.body[1] : last.body[1] + last.body[2]])
            self.host.run(SECOND)
            asked = self.host.of(frame.CHUNK_REQUEST, number)[answered:]

    def results(self):
        return [s.body[1] for s in self.host.once(frame.UPDATE_RESULT)]


def _make(path):
    try:
        os.mkdir(path)
    except OSError:
        pass


def update(board, data, signature):
    """Offer, serve, restart, and let it be accepted; as often as the power goes it is offered again."""
    for _ in range(40):
        try:
            board.run()
            if board.results():
                return
            board.offer(data, signature)
            board.serve(data)
            for _ in range(2 * TRIES):
                board.run(MINUTE)
                if board.results():
                    return
                if board.version not in board.works:
                    board.start()  # its watchdog, some time
        except PowerCut:
            Power.left = None
            while True:
                try:
                    board.start()
                    break
                except PowerCut:
                    pass
    raise AssertionError("the update has no end")

"""Takes up the alarms where the power went: the outbox is ahead of the episodes' records, never behind.

What is written, in this order, and what a restart makes of it when the power goes after each write:

- a raise. 1: its frame, marked RAISED: the alarm is open under the frame's name. 2: the episode's record.
- an update (restored, or there again). 1: its frame: the episode is as the frame says. 2: the episode's record.
- a clear. 1: its frame: the alarm is over; the two writes below are made up for. 2: the raise, if it still waits,
  without its mark. 3: the episode's record goes.

An episode's record names the last alarm frame that it knows of, so that an older update, which waits in the outbox
while a newer one has been acknowledged and is gone, changes nothing. A raise that waits without its mark, as after a
clear that has been acknowledged before it, opens nothing.

A flash that fails: an episode whose raise is in RAM only has no record, so that a restart raises the alarm anew rather
than to resume one that nobody has heard of (`Episodes.open`, `confirm`).
"""

from lilong_protocol import cbor, frame
from lilong_protocol.codes import Q_CHILD, retry_s

from .episodes import RESTORED
from .outbox import ENDED, RAISED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .draws import Draws
    from .episodes import Episodes
    from .outbox import Outbox
    from .store import Store

UNSTORED_BOOTS = 4_096  # boot numbers to draw from when the store has failed


def resume(records: "list[tuple[str, bytes]]", store: "Store", outbox: "Outbox", episodes: "Episodes") -> int:
    """Load the episodes, then the frames of the outbox, in the order of the records, which is that of their names.

    The number of records that were torn or of something else: they are dropped, and stop nothing.
    """
    damaged = 0
    for name, data in records:
        try:
            if name[0] == "a":
                episodes.load(name, data)
            elif name[0] == "o":
                _frame(name, data, outbox, episodes)
        except (ValueError, TypeError, IndexError):
            damaged += 1
            store.drop(name)
    return damaged


def _frame(name: str, data: bytes, outbox: "Outbox", episodes: "Episodes") -> None:
    _, _, payload, _ = cbor.decode(data[1:])
    message = frame.unpack(payload)
    code = data[0] & ~RAISED
    if name != "o%08x%08x" % (message.boot, message.seq) or message.body.get(0) != code:
        raise ValueError
    told = (message.boot, message.seq)
    retry_s(code)
    if message.kind == frame.RAISE:
        values = message.body.get(4)
        code |= values.get(Q_CHILD, 0) << 8 if isinstance(values, dict) else 0
    else:
        boot, seq = message.ref
        waits = outbox._find(boot, seq)
        code = episodes.find(boot, seq) or (int.from_bytes(waits[:4], "big") if waits else code)
    episode = episodes.get(code)
    ended = message.kind == frame.RAISE and not data[0] & RAISED
    outbox.take(0, code, ENDED if ended else message.kind, message.boot, message.seq, data[1:])
    episodes.told = told
    if message.kind == frame.RAISE:
        if data[0] & RAISED and episode is None:
            episodes.open(code, message.boot, message.seq)
    elif episode is not None and [episode.boot, episode.seq] == message.ref and told > episode.told:
        if message.kind == frame.CLEAR:
            outbox.unmark(episode.boot, episode.seq)
            episodes.close(code)
        else:
            episode.restored = message.body.get(5) == RESTORED
            episode.acknowledged = episode.acknowledged and episode.restored
            episodes.keep(code)


def next_boot(store: "Store", last: bytes, draws: "Draws", given: "int | None") -> int:
    """The boot number, stored before anything is published: a number used twice would look like a replay.

    When it cannot be stored the device starts all the same, under a number that the next boot will hardly draw, and
    when the last one (4 bytes) cannot be read, under one that is hardly among those of before.
    """
    boot = int.from_bytes(last, "big") + 1 if given is None else given
    if given is None and len(last) != 4:
        boot = 1 + draws.below(UNSTORED_BOOTS)
    try:
        store.put("boot", boot.to_bytes(4, "big"))
    except OSError:
        if given is None:
            boot += 1 + draws.below(UNSTORED_BOOTS)
    return boot

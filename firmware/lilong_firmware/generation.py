"""A device that is provisioned anew: what it has kept of its former life is not its any more (LIL-SESSION-013).

The generation is the top byte of boot. One that is above that of the last boot begins with an empty store, in the key
epoch that it was given. The boot number is written last: a power cut before that has all of it done again.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .draws import Draws
    from .store import LogStore

SEGMENTS = 64  # files that a log may have; `log` names them
UNSTORED_BOOTS = 4_096  # as `resume` draws where the last number is not known


def begin(store: "LogStore", generation: int, epoch: int, draws: "Draws") -> "int | None":
    """Before the device takes its records up. The number for this boot where the store cannot keep one, else None."""
    known = dict(store.items())
    last = known.get("boot")
    if last is not None and len(last) == 4 and last[0] >= generation:
        return None
    number = generation << 24
    try:
        if last is not None and len(last) != 4:  # it cannot be read: alarms that wait are worth more than order
            number += 1 + draws.below(UNSTORED_BOOTS)
        else:
            for name in sorted(known):
                if name != "boot":
                    store.drop(name)
            if store.LOGS:
                for at in range(SEGMENTS):
                    if store.read("l%02d" % at, 0, 1):
                        store.write("l%02d" % at, 0, b"")
            if epoch:
                store.put("epoch", epoch.to_bytes(4, "big"))
        store.put("boot", number.to_bytes(4, "big"))
    except OSError:
        return number + 1 + draws.below(UNSTORED_BOOTS)
    return None if store.LOGS else number + 1 + draws.below(UNSTORED_BOOTS)

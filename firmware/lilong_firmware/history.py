"""What a log still has, sent or not: for a backend that asks for events again. Loaded when one does."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .log import Log


def records(log: "Log", boot: int = 0, seq: int = 0) -> "Iterator[tuple[int, int, bytes]]":
    """(boot, seq, frame) of what is kept, oldest first, from the segment on in which (boot, seq) would be.

    One at a time is in memory. What is overwritten meanwhile is passed over.
    """
    serial = log.oldest()
    while serial < log.serial:
        record = log.record(serial + 1, log.HEAD)
        if record is None or _name(record) > (boot, seq):
            break
        serial += 1
    while serial <= log.serial:
        at = log.HEAD
        record = log.record(serial, at)
        while record is not None:
            its_boot, its_seq = _name(record)
            yield its_boot, its_seq, record[log.RECORD :]
            at += len(record)
            record = log.record(serial, at)
        serial += 1


def _name(record: bytes) -> "tuple[int, int]":
    return int.from_bytes(record[6:10], "big"), int.from_bytes(record[10:14], "big")

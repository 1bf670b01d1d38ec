"""Who has been let through a lane and has not passed yet: each passage gets one record, whatever happens to the power.

A lane numbers its passages. Number n of a lane is `era << 20 | n`, where the era is the boot in which its book began:
a lane that has lost its flash numbers anew, under names that nobody had. What it reports as "stay" is its last number,
so that a backend knows when it has all records of a lane up to some time.

The two lanes of a stay know nothing of each other, and need not: each tells the pseudonym of the plate, which is the
same at both, and a number of its own. The backend joins an exit to the entry of the same plate that is the last before
it, as soon as it has heard every lane up to then, and settles the fee once by the pair of numbers. No order of arrival,
no outage of a lane and no repetition changes which two these are.

The record "stays", big-endian: the last number (u64), boot and seq of the event that is being told (u32 each), then 8
bytes for each vehicle that was let through: pseudonym (u32), permit, vehicle class, confidence, whether there is one.
What is written for a passage, and what a restart makes of it when the power goes after each write:

- the vehicle is let through. 1: its ticket. Is nobody there any more after a restart, it has passed, and is told then.
- it has passed. 1: the number, and boot and seq of the event to come: the log says whether that was written; if not, it
  is told anew under the same number. 2: the event, into the log. 3: the ticket goes.
"""

from lilong_protocol import codes, topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

NOBODY = (0, 0, 0, 0, 0)  # the ticket of a vehicle that was not read
NOTHING = bytes(8)


class Stays:
    """number: of the last passage. tickets: of those let through, the next to pass first.

    A ticket: (pseudonym, permit, vehicle class, confidence, 1). Where there is no key for pseudonyms it has the plate's
    own number, which is told to nobody, and 0 at its end.
    """

    __slots__ = ("_device", "_direction", "_telling", "number", "tickets")

    def __init__(self, device: "Device", direction: int) -> None:
        self._device = device
        self._direction = direction
        self._telling = NOTHING  # boot and seq of the event that the power cut short, if there was one
        self.number = device.uplink.boot << 20
        self.tickets: list[tuple[int, int, int, int, int]] = []
        record = device.store.get("stays")
        if len(record) > 15 and not len(record) % 8:
            self.number = int.from_bytes(record[:8], "big")
            self._telling = record[8:16]
            for at in range(16, len(record), 8):
                who = int.from_bytes(record[at : at + 4], "big")
                self.tickets.append((who, record[at + 4], record[at + 5], record[at + 6], record[at + 7]))

    def resume(self, now: int) -> None:
        """What was being told when the power went is told, if it was not yet."""
        log = self._device.event_log
        if self._telling == NOTHING:
            return
        if log is not None:
            from .history import records  # noqa: PLC0415  after a power cut in the middle of a passage

            name = (int.from_bytes(self._telling[:4], "big"), int.from_bytes(self._telling[4:], "big"))
            for boot, seq, _ in records(log, name[0], name[1]):
                if (boot, seq) == name:
                    self._telling = NOTHING
                    self.tickets.pop(0)
                    self.keep()
                    return
        self.number -= 1
        self.passed(now)

    def passed(self, now: int) -> int:
        """The first of `tickets` has passed; its pseudonym, 0 when nobody has read it."""
        device = self._device
        ticket = self.tickets[0]
        self.number += 1
        seq = device.uplink.next_seq(topics.EVENT)
        self._telling = device.uplink.boot.to_bytes(4, "big") + seq.to_bytes(4, "big")
        self.keep()
        values = told(ticket, self._direction)
        values[codes.Q_STAY] = self.number
        device.event(now, codes.EVENT_LANE_ENTERED if self._direction == 1 else codes.EVENT_LANE_LEFT, values)
        self._telling = NOTHING
        self.tickets.pop(0)
        self.keep()
        return ticket[0]

    def keep(self) -> None:
        """`tickets` has changed: make it last."""
        record = self.number.to_bytes(8, "big") + self._telling
        for ticket in self.tickets:
            record += ticket[0].to_bytes(4, "big") + bytes(ticket[1:])
        try:
            self._device.store.put("stays", record)
        except OSError:
            pass  # it holds until the power goes


def told(ticket: "tuple[int, int, int, int, int]", direction: int) -> "dict[int, int]":
    """What is said of a vehicle, by quantity."""
    values = {
        codes.Q_PERMIT: ticket[1],
        codes.Q_VEHICLE_CLASS: ticket[2],
        codes.Q_CONFIDENCE: ticket[3],
        codes.Q_DIRECTION: direction,
    }
    if ticket[4]:
        values[codes.Q_CREDENTIAL] = ticket[0]
    return values

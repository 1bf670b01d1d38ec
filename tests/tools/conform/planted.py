"""How faults are planted: what a device or backend is called, which sentences it breaks."""

from lilong_firmware.device import Device


class Faults(dict):
    """name: (kind of device, what makes it, the sentences that it breaks and no others)."""

    def fault(self, kind, *ids):
        def enter(made):
            self[made.__name__] = (kind, made, set(ids))
            return made

        return enter

    def with_part(self, part, kind, spoilt, *ids):
        """A device one part of which is of another class, with no slots of its own."""

        def make(identity, rules, store, draws):
            device = Device(identity, rules, store, draws)
            getattr(device, part).__class__ = spoilt
            return device

        make.__name__ = spoilt.__name__
        self.fault(kind, *ids)(make)


def swap(thing, kind):
    """`thing` behaves as an object of `kind`, which has no slots of its own."""
    thing.__class__ = kind
    return thing


def payload_of(data):
    """The payload of a frame, unverified."""
    start = 16
    head = data[start]
    size, skip = (data[start + 1], 2) if head == 0x58 else (head - 0x40, 1)
    if head == 0x59:
        size, skip = int.from_bytes(data[start + 1 : start + 3], "big"), 3
    return data[start + skip : start + skip + size]

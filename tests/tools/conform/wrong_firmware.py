"""Devices that are wrong about signed firmware, in one way each: whose, for whom, how new, what is in effect."""

from lilong_firmware.device import Device
from lilong_protocol import frame
from lilong_simulator.fleet.slots import InMemory
from planted import Faults, swap

FAULTS = Faults()
IN_EFFECT = "u0"  # the record of `update`


def with_sink(kind, spoilt, *ids):
    """A device whose firmware goes into a sink of another class."""

    class Made(Device):
        @property
        def updating(self):
            def of(device):
                host = self.given(device)
                sink = host.sink
                slots = {"__slots__": (), "sink": lambda _, what: of_class(sink(what))}
                return swap(host, type("Host", (type(host),), slots))

            return of

        @updating.setter
        def updating(self, given):
            self.given = given

    def of_class(sink):
        return sink if sink is None else swap(sink, spoilt)

    Made.__name__ = spoilt.__name__
    FAULTS.fault(kind, *ids)(Made)


class takes_what_anybody_has_signed(InMemory):
    __slots__ = ()

    def begin(self, size, digest):
        there = super().begin(size, digest)
        self._verifying = None
        return there


class takes_firmware_for_others(InMemory):
    __slots__ = ()

    def judge(self, have):
        code = super().judge(have)
        return frame.OK if code == frame.INVALID and self._head else code


class goes_back_to_older_firmware(InMemory):
    __slots__ = ()

    def judge(self, have):
        code = super().judge(have)
        return frame.OK if code == frame.CONFLICT else code


with_sink("smoke", takes_what_anybody_has_signed, "LIL-UPD-002")
with_sink("gas", takes_firmware_for_others, "LIL-UPD-012")
with_sink("door", goes_back_to_older_firmware, "LIL-UPD-012")


@FAULTS.fault("door", "LIL-UPD-004")
def forgets_what_is_in_effect(identity, rules, store, draws):
    whole = type(store)

    def get(self, name):
        return b"" if name == IN_EFFECT else whole.get(self, name)

    return Device(identity, rules, swap(store, type("Forgetful", (whole,), {"__slots__": (), "get": get})), draws)

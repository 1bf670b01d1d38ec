"""A GNSS receiver on a UART: the sentences of one fix each second."""


def sentence(body):
    total = 0
    for byte in body.encode():
        total ^= byte
    return b"$" + body.encode() + b"*%02X\r\n" % total


def angle(udeg, width):
    """dddmm.mmmmm of microdegrees."""
    degrees, rest = divmod(abs(udeg), 1_000_000)
    minutes = rest * 6  # 1e-5 minutes
    return "%0*d%02d.%05d" % (width, degrees, minutes // 100_000, minutes % 100_000)


class Receiver:
    """`fix` (latitude, longitude in microdegrees) or None; `hdop` in tenths."""

    def __init__(self, clock, uart, talker="GN"):
        self.clock = clock
        self.uart = uart
        self.talker = talker
        self.fix = None
        self.hdop = 9
        self.alive = True
        self.spoil = None  # where a byte of the next fix is flipped
        clock.after_us(1_000_000, self._say)

    def sentences(self):
        if self.fix is None:
            return sentence(self.talker + "GGA,,,,,,0,00,,,M,,M,,") + sentence(self.talker + "RMC,,V,,,,,,,,,,N")
        latitude, longitude = self.fix
        hdop = "%d.%d" % divmod(self.hdop, 10)
        place = ",".join((
            angle(latitude, 2), "S" if latitude < 0 else "N", angle(longitude, 3), "W" if longitude < 0 else "E"
        ))  # fmt: skip
        return (
            sentence("%sGGA,061530.00,%s,1,08,%s,21.5,M,2.0,M,," % (self.talker, place, hdop))
            + sentence("%sGSV,3,1,11,03,03,111,00,04,15,270,00,06,01,010,00,13,06,292,00" % self.talker)
            + sentence("%sRMC,061530.00,A,%s,0.0,,221126,,,A" % (self.talker, place))
        )

    def _say(self):
        self.clock.after_us(1_000_000, self._say)
        if not self.alive:
            return
        said = bytearray(self.sentences())
        if self.spoil is not None:
            said[self.spoil % len(said)] ^= 1 + self.spoil % 7
            self.spoil = None
        self.uart.arrive(said)

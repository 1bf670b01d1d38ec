"""A smoke sensor module with an analogue output, by ADC and a table of calibration."""

from .curve import between, read_mv, recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any module with a voltage for obscuration", "its calibration in a smoke tunnel", "(ours)"),
    "measures": {"obscuration": ("mdB/m", 0, 10_000, "the table's last point")},
    "bus": ("ADC", "0.1 to 3.0 V", "(ours)"),
    "timing_ms": {"sample": (4_000, "(ours)")},
    "limits": {"fault_mV": (100, 3_000, "(ours) a wire to ground or supply; an ESP32 reads little more")},
}
WIRING = {
    "class": "SmokeAdc",
    "takes": {
        "adc": "adc", "?clean_mv": (100, 2_900), "?full_mv": (200, 3_000), "?full_mdb": (345, 10_000),
        "?record": "data",
    },
    "gives": ("obscuration",),
    "drives": (),
}  # fmt: skip

SAMPLES = 10  # (ours)
OPEN_MV, SHORT_MV = 100, 3_000  # (ours) no module's output, a wire's
LEAST_FULL_MDB = 345  # one and a half times the trip level of 230: what hushing goes by must be told apart


class SmokeAdc:
    """A straight line from `clean_mv` to `full_mv` at `full_mdb`, until there is a `record`: a table of more points.

    `record`: mV and mdB/m by turns, 16 bits each, the high byte first.
    """

    def __init__(
        self,
        adc: "Any",
        clean_mv: int = 500,
        full_mv: int = 2_500,
        full_mdb: int = 1_000,
        record: "bytes | None" = None,
    ) -> None:
        self._adc = adc
        count = len(record or b"") >> 1
        self.calibrate(recorded("SmokeAdc", record, ">%dH" % count, (clean_mv, 0, full_mv, full_mdb)))

    def calibrate(self, table: "tuple[int, ...]") -> None:
        """`table`: mV, mdB/m, mV, mdB/m ... from clean air on."""
        last = len(table) - 2
        bad = last < 2 or last % 2 or table[0] < OPEN_MV or table[last] > SHORT_MV or table[last + 1] < LEAST_FULL_MDB
        for at in range(0, last if not bad else 0, 2):
            bad = bad or table[at] >= table[at + 2] or table[at + 1] >= table[at + 3]
        if bad:
            raise ValueError(
                "SmokeAdc: table %s; give mV and mdB/m in pairs, both rising, within %d to %d mV, to %d mdB/m or more"
                % (table, OPEN_MV, SHORT_MV, LEAST_FULL_MDB)
            )
        self._table = table

    def read(self, channel: str) -> "int | None":
        """mdB/m; None when the wire is open or shorted."""
        mv = read_mv(self._adc, SAMPLES)
        if mv is None or not OPEN_MV <= mv <= SHORT_MV:
            return None
        return between(self._table, mv)

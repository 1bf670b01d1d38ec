"""All kinds of data faults."""

from .base import DataFault
from .contradiction import Contradiction
from .future_time import FutureTime
from .gap import Gap
from .out_of_range import OutOfRange
from .rate import Rate
from .stuck import Stuck

DATA_FAULTS: dict[str, type[DataFault]] = {
    fault.NAME: fault for fault in (OutOfRange, Stuck, Rate, FutureTime, Gap, Contradiction)
}

"""`lilong provision`: what devices are given, anew where wanted, and taken away again; one idea a file."""

from .batch import Outcome, Wanted, provision
from .broker_folder import BrokerFolder
from .contents import There
from .errors import ProvisionError
from .networks import Networks
from .rows import Row, read_csv, rows

__all__ = [
    "BrokerFolder", "Networks", "Outcome", "ProvisionError", "Row", "There", "Wanted", "provision", "read_csv", "rows",
]  # fmt: skip

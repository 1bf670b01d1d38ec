"""The configuration of a hardened broker for an estate: `lilong broker-config`, one idea a file."""

from .errors import BrokerConfigError
from .folder import Wanted, write_folder

__all__ = ["BrokerConfigError", "Wanted", "write_folder"]

"""Live: tens of thousands of real MQTT connections from one process, one lean protocol object a connection."""

from .credentials import Certificates, CredentialsError, Passwords
from .dial import Login, Target
from .fleet import LiveFleet
from .limits import FileLimitError, need_files

__all__ = [
    "Certificates", "CredentialsError", "FileLimitError", "LiveFleet", "Login", "Passwords", "Target", "need_files",
]  # fmt: skip

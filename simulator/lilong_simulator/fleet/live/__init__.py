"""Live: tens of thousands of real MQTT connections from one process, one lean protocol object a connection."""

from . import faulty
from .collector import leave_alone
from .credentials import Certificates, CredentialsError, Passwords
from .dial import Login, Target
from .fleet import LiveFleet
from .limits import FileLimitError, need_files
from .plain import PLAIN, PlainClients
from .refusal import Refusal

__all__ = [
    "PLAIN", "Certificates", "CredentialsError", "FileLimitError", "LiveFleet", "Login", "Passwords", "PlainClients",
    "Refusal", "Target", "faulty", "leave_alone", "need_files",
]  # fmt: skip

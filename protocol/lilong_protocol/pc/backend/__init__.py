"""A backend library over MQTT: `Backend`, and what it gives and takes. It needs aiomqtt (the extra `backend`)."""

from ..decided import Publish, StateRow
from ..engine import Engine
from ..errors import BackendError, RequestError
from ..keystore import KeyStore
from ..message import Key, Message, Row
from ..order import Order
from ..received import Gap, Incident
from ..updates import CARD_LIST, FIRMWARE, Artifact
from ..values import Measured
from .backend import Backend
from .statefile import StateFile
from .workers import worker_of

__all__ = [
    "CARD_LIST", "FIRMWARE", "Artifact", "Backend", "BackendError", "Engine", "Gap", "Incident", "Key", "KeyStore",
    "Measured", "Message", "Order", "Publish", "RequestError", "Row", "StateFile", "StateRow", "worker_of",
]  # fmt: skip

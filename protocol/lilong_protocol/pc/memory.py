"""The memory of an engine: rows that a store keeps, (tenant, device, name) to bytes, and an engine made from them.

names: "device" (session, clock, numbers, epochs, counter), "al/BOOT/SEQ" and "ev/BOOT/SEQ" (the 8-byte tag of a frame
that was there; the whole frame of an event that waits for its turn), "order/COUNTER", "config", "update". All but the
frames are JSON, so that a person can read them.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from .. import topics
from ..seal import frame_tag
from .decided import StateRow
from .desired import Configuration
from .errors import BackendError
from .message import Message
from .order import Order
from .peer import Peer
from .receiver import Receiver
from .seen import TAG_BYTES
from .updates import Updates

DEVICE, CONFIG, UPDATE, ORDER = "device", "config", "update", "order/"
_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def device_row(receiver: Receiver, device: str, counter: int, silence: tuple[int, bool] | None) -> StateRow:
    """What a receiver keeps of a device beside its numbers, its highest downlink counter, and its silence."""
    saved = receiver.save(device)
    saved["counter"], saved["silence"] = counter, silence
    nonce = saved["nonce"]
    saved["nonce"] = None if nonce is None else nonce.hex()
    return StateRow(receiver.tenant, device, DEVICE, _json(saved))


def number_row(message: Message, peer: Peer) -> StateRow:
    """That an alarm or event frame was there. An event that waits for its turn is kept whole."""
    waits = message.cls == topics.EVENT and not peer.order.late(message.boot, message.seq)
    value = message.data if waits else frame_tag(message.data)
    return StateRow(message.tenant, message.device, f"{message.cls}/{message.boot}/{message.seq}", value)


def order_row(tenant: str, order: Order) -> StateRow:
    """An order as it stands; one that is over is forgotten."""
    value = _json(order.save()) if order.code is None else None
    return StateRow(tenant, order.device, f"{ORDER}{order.counter}", value)


def config_row(tenant: str, device: str, configuration: Configuration) -> StateRow:
    return StateRow(tenant, device, CONFIG, _json(configuration.save()))


def update_row(tenant: str, device: str, updates: Updates) -> StateRow:
    return StateRow(tenant, device, UPDATE, _json(updates.save(device)))


class Remembered:
    """Rows of one tenant, sorted out. Rows of other tenants, and of devices that are not `known`, are left out."""

    def __init__(self, tenant: str, rows: Iterable[StateRow], known: Callable[[str], bool]) -> None:
        self.devices: dict[str, dict[str, Any]] = {}
        self.numbers: list[tuple[str, str, int, int, bytes]] = []  # device, class, boot, seq, tag or frame
        self.orders: list[Order] = []
        self.configurations: dict[str, Configuration] = {}
        self.updates: dict[str, dict[str, Any]] = {}
        for row_tenant, device, name, value in rows:
            if row_tenant != tenant or value is None or not known(device):
                continue
            try:
                self._take(device, name, value)
            except (ValueError, KeyError, TypeError) as error:
                raise BackendError(
                    f"state of {tenant}: row {name!r} of {device} cannot be read ({error}); give the rows back as they "
                    "were stored, of this version of the library or an earlier one"
                ) from error
        self.numbers.sort()

    def _take(self, device: str, name: str, value: bytes) -> None:
        if name == DEVICE:
            saved = json.loads(value)
            saved["nonce"] = None if saved["nonce"] is None else bytes.fromhex(saved["nonce"])
            self.devices[device] = saved
        elif name.startswith(ORDER):
            self.orders.append(Order.load(json.loads(value)))
        elif name == CONFIG:
            self.configurations[device] = Configuration.load(json.loads(value))
        elif name == UPDATE:
            self.updates[device] = json.loads(value)
        else:
            cls, boot, seq = name.split("/")
            self.numbers.append((device, cls, int(boot), int(seq), value))

    @property
    def silences(self) -> dict[str, tuple[int, bool]]:
        """Of the devices that were heard of."""
        found = {}
        for device, saved in self.devices.items():
            since_ms, lost = saved.get("silence") or (saved["last_ms"], False)  # rows of before have none
            if since_ms is not None:
                found[device] = (since_ms, lost)
        return found

    def restore(self, now_ms: int, receiver: Receiver) -> None:
        """Give a fresh receiver its memory back."""
        for device, saved in self.devices.items():
            receiver.restore(device, saved)
        for device, cls, boot, seq, value in self.numbers:
            if len(value) > TAG_BYTES:
                receiver.restore_frame(now_ms, device, cls, value)
            else:
                receiver.restore_number(device, cls, boot, seq, value)


def _json(saved: dict[str, Any]) -> bytes:
    return _ENCODE(saved).encode()

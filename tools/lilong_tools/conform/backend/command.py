"""`lilong conform backend`: what it was given, checked; the devices that are played; the run."""

import asyncio
import time
from pathlib import Path

from lilong_protocol.keys import device_root
from lilong_protocol.pc.keystore import load
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.registry import KIND
from lilong_protocol.seal import device_bytes
from lilong_simulator.estate import load_estate
from rich.console import Console

from ...broker import parse_url
from ...inputs import InputError
from ..hooks import checked
from ..progress import teller
from ..report import Result
from .bench import Bench
from .feed import FeedFile
from .mqtt_wire import Hooks, MqttWire
from .run import run

PLAYED = ("gas", "gas", "door")
BOOTS = 10  # more than a scenario uses, and what the clock of boots counts while the shortest lasts
SINCE_S = 1_577_836_800  # 2020: boots are tenths of a second from there, so that they rise from run to run


def players(tenant: str, devices: list[str], estate: str | None) -> dict[str, int]:
    """Kind by id of the devices that are played: those given, else three of the estate."""
    if devices:
        for device in devices:
            try:
                device_bytes(device)
            except ValueError as error:
                raise InputError(f"--device: {error}") from None
        if len(set(devices)) < len(PLAYED):
            raise InputError(f"--device: {len(PLAYED)} devices are played; give as many ids, or --estate")
        return {device: KIND["gas"].number for device in devices}
    if estate is None:
        raise InputError("--device or --estate: give ids that the backend knows, or an estate to take them from")
    placed = load_estate(estate)
    if placed.id != tenant:
        raise InputError(f"--estate {estate}: its devices are of tenant {placed.id}, not {tenant}; give --tenant")
    chosen: dict[str, int] = {}
    for kind in PLAYED:
        free = (one.id for one in placed.devices if one.kind == kind and one.id not in chosen)
        found = next(free, None)
        if found is None:
            raise InputError(f"--estate {estate}: has not enough devices of kind {kind}; give --device three times")
        chosen[found] = KIND[kind].number
    return chosen


def roots_of(
    tenant: str, devices: dict[str, int], key: str | None, keys: Path | None, public: bool
) -> dict[str, bytes]:
    """The root keys of the devices; InputError when there is no key."""
    if (key is not None) + (keys is not None) + public != 1:
        raise InputError("--key (the estate's), --keys FILE, --simulation-key: give one of them")
    if keys is not None:
        store = load(keys)
        found = {device: store.root(tenant, device) for device in devices}
        if None in found.values():
            raise InputError(f"--keys {keys}: has no key of estate {tenant}; `lilong keys new` makes one")
        return {device: root for device, root in found.items() if root is not None}
    estate_key = simulation_key(tenant)
    if key is not None:
        try:
            estate_key = bytes.fromhex(key)
        except ValueError:
            estate_key = b""
        if len(estate_key) != 32:
            raise InputError("--key: no key of 32 bytes; give 64 hex digits")
    return {device: device_root(estate_key, tenant, device) for device in devices}


def against(
    url: str, tenant: str, kinds: dict[str, int], roots: dict[str, bytes], hooks: Hooks, observed: Path | None,
    wanted: list[str], patience: float, console: Console,
) -> list[Result]:  # fmt: skip
    """Play the devices against whoever listens on that broker."""
    broker = parse_url(url)
    checked("--kill", hooks.kill)
    checked("--restart", hooks.restart)
    checked("--command", hooks.command, "device")
    checked("--configure", hooks.configure, "device")
    checked("--offer", hooks.offer, "device")
    checked("--acknowledge", hooks.acknowledge, "device", "boot", "seq", "alarm")
    feed = None if observed is None else FeedFile(observed)

    async def live() -> list[Result]:
        boot = 0

        async def bench_of() -> Bench:
            nonlocal boot
            boot = max(boot + BOOTS, int((time.time() - SINCE_S) * 10))
            return Bench(wire, tenant, roots, kinds, boot, patience)

        async with MqttWire(broker, tenant, roots, hooks, feed) as wire:
            return await run(bench_of, wanted, teller(console))

    return asyncio.run(live())

"""`lilong conform device`: what it was given, checked; the wire that follows from it; the run."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from lilong_firmware.device import Identity
from lilong_protocol.keys import device_root
from lilong_protocol.pc.keystore import load
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import device_bytes
from lilong_simulator.fleet.image import ImageError
from lilong_simulator.fleet.process import BoardError
from lilong_simulator.kinds import KINDS
from rich.console import Console

from ...broker import open_broker, parse_url
from ...inputs import InputError
from ..hooks import hook
from ..progress import teller
from ..report import Result
from .bench import Bench
from .maker import Maker, of_simulations
from .mqtt_wire import Hands, MqttWire
from .run import run, run_virtual
from .simulated import InFleet, OnBoard


class Hooks(NamedTuple):
    """Shell commands, or None: what each option of that name was given."""

    stimulus: str | None
    restart: str | None
    log: str | None
    crash: str | None

    def hands(self) -> Hands:
        """What they bring about; InputError for one whose braces cannot be filled in."""
        stimulate = hook("--stimulus", self.stimulus, "channel", "value")
        say, crash = hook("--log", self.log, "level"), hook("--crash", self.crash)
        return Hands(stimulate, hook("--restart", self.restart), say=say, crash=crash)


WAYS = ("virtual", "live", "micropython")
KINDS_DEVICE = "a4cf12fffe0b3c5d"


def root_of(tenant: str, device: str, root: str | None, key: str | None, keys: Path | None) -> bytes:
    """The device's root key from one of three sources; InputError otherwise."""
    given = [name for name, value in (("--root", root), ("--key", key), ("--keys", keys)) if value is not None]
    if len(given) != 1:
        raise InputError(f"{' and '.join(given) or 'no key'}: give one of --root, --key (the estate's) and --keys FILE")
    try:
        device_bytes(device)
    except ValueError as error:
        raise InputError(f"--device: {error}") from None
    if keys is not None:
        found = load(keys).root(tenant, device)
        if found is None:
            raise InputError(f"--keys {keys}: has no key of estate {tenant}; `lilong keys new` makes one")
        return found
    if root is not None:
        return _bytes("--root", root)
    return device_root(_bytes("--key", key or ""), tenant, device)


def _bytes(option: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32:
        raise InputError(f"{option}: no key of 32 bytes; give 64 hex digits")
    return data


def simulate(kind: str, way: str, wanted: list[str], patience: float, console: Console) -> list[Result]:
    """Against a device of our own."""
    if kind not in KINDS:
        raise InputError(f"--simulate {kind}: not one of {', '.join(KINDS)}")
    if way not in WAYS:
        raise InputError(f"--on {way}: not one of {', '.join(WAYS)}")
    tenant, device = "conformance", KINDS_DEVICE
    identity = Identity(tenant, device, device_root(simulation_key(tenant), tenant, device))
    if way == "virtual":
        return run_virtual(identity, kind, wanted=wanted, told=teller(console))

    async def live() -> list[Result]:
        async with AsyncExitStack() as stack:
            broker = await stack.enter_async_context(open_broker(None))
            console.print(f"a simulated {kind} ({way}) on {broker.describe()}")
            boot = int(time.time()) & 0xFFFFFF
            one: InFleet | OnBoard = (InFleet if way == "live" else OnBoard)(broker, identity, kind, boot)
            await stack.enter_async_context(one)
            wire = MqttWire(broker, tenant, device, identity.root, one.hands())
            return await _on(wire, identity, of_simulations(one.image()), wanted, patience, console)

    try:
        return asyncio.run(live())
    except (BoardError, ImageError) as error:
        raise InputError(f"--on {way}: {error}") from None


def real(
    url: str, identity: Identity, hooks: Hooks, maker: Maker | None, wanted: list[str], patience: float,
    console: Console,
) -> list[Result]:  # fmt: skip
    """Against somebody's device; maker: of its firmware, where he is known."""
    broker = parse_url(url)
    hands = hooks.hands()

    async def live() -> list[Result]:
        wire = MqttWire(broker, identity.tenant, identity.device, identity.root, hands)
        return await _on(wire, identity, maker, wanted, patience, console)

    return asyncio.run(live())


async def _on(
    wire: MqttWire, identity: Identity, maker: Maker | None, wanted: list[str], patience: float, console: Console
) -> list[Result]:
    counter = int(time.time())  # as a backend's: above whatever the device has heard

    async def bench_of() -> Bench:
        nonlocal counter
        counter += 1_000  # more than a scenario uses
        return Bench(wire, identity.tenant, identity.device, identity.root, counter, patience, maker)

    async with wire:
        return await run(bench_of, wanted, teller(console))

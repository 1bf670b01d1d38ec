"""What would go onto a board from a folder: every file looked at, no secret shown."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lilong_firmware.config import ConfigError, load
from lilong_protocol.pc.keystore import KeyStore

from ..boards import BoardError, open_board
from .contents import CONFIG, without_estate_key
from .device_folder import read_folder
from .errors import ProvisionError
from .rows import DATA_NAMES

PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----")
SHOWN = ("tenant", "device", "kind", "board", "generation", "epoch", "host", "port", "username", "store", "beat_s",
         "offline_s", "keepalive_s", "wait")  # fmt: skip
SECRET = {"root": "the device's own root key", "password": "a password at the broker", "networks": "Wi-Fi passwords",
          "modem": "what the SIM wants", "seed": "a seed"}  # fmt: skip
LOOPBACK = ("localhost", "::1")


def look(folder: Path, store: KeyStore | None) -> tuple[list[str], list[str]]:
    """(what there is, a line each; what is wrong, a line each). ProvisionError when it is no device's folder."""
    files = read_folder(folder)
    if files is None or CONFIG not in files:
        raise ProvisionError(f"{folder / CONFIG}: is not there; give the folder of one device")
    try:
        config = load(str(folder / CONFIG))
    except ConfigError as error:
        return [], [str(error)]
    wrong = list(_wrong(folder, config, files))
    for tenant, estate in sorted(store.estates.items()) if store is not None else ():
        try:
            without_estate_key(files, estate.key, f"{folder}: {tenant}")
        except ProvisionError as error:
            wrong.append(str(error))
    if store is not None and not any("whole estate" in line for line in wrong):
        wrong += _against(folder, config, store)
    return _shown(config, files), wrong


def _shown(config: Mapping[str, Any], files: Mapping[str, bytes]) -> list[str]:
    lines = [f"{key}: {config[key]}" for key in SHOWN if config.get(key) is not None]
    lines += [f"{key}: {says}, not shown" for key, says in SECRET.items() if config.get(key)]
    lines += [f"{name}: {len(content):,} bytes" for name, content in sorted(files.items())]
    return lines


def _wrong(folder: Path, config: Mapping[str, Any], files: Mapping[str, bytes]) -> list[str]:
    found = []
    named = {f'"tls": "{name}"': path for name, path in (config["tls"] or {}).items()}
    named |= {f'"data": "{name}"': path for name, path in config["data"].items()}
    used = {CONFIG}
    for key, path in named.items():
        name = str(path).rpartition("/")[2]
        used.add(name)
        if name not in files:
            found.append(f"{folder / CONFIG}: {key}: there is no file {name} here; provision the device anew")
    found += [f"{folder / name}: nothing names it; remove it" for name in sorted(files.keys() - used)]
    for name, content in files.items():
        pem = PEM.search(content)
        if pem is not None and name != CONFIG:
            found.append(f"{folder / name}: is PEM ({pem[1].decode()}), and a board reads DER; provision it anew")
    host = str(config["host"])
    if config["tls"] is None and host not in LOOPBACK and not host.startswith("127."):
        found.append(f'{folder / CONFIG}: "tls" is missing, and {host} is another machine; give --broker or --ca')
    for name in config["data"].keys() - set(DATA_NAMES.get(str(config["kind"]), ())):
        found.append(f'{folder / CONFIG}: "data": "{name}" is nothing that a {config["kind"]} is given; remove it')
    return found + _board(folder, config)


def _board(folder: Path, config: Mapping[str, Any]) -> list[str]:
    name = config.get("board")
    if not isinstance(name, str):
        return [f'{folder / CONFIG}: "board" is missing; provision the device anew']
    try:
        board = open_board(name)
    except BoardError as error:
        return [f'{folder / CONFIG}: "board": {error}']
    found = []
    if config["kind"] not in board.kinds:
        carries = ", ".join(board.kinds)
        found.append(f'{folder / CONFIG}: "kind": {name} carries no {config["kind"]}; it carries {carries}')
    for radio, key in (("wifi", "networks"), ("ppp", "modem")):
        if board.radio == radio and not config.get(key):
            found.append(f'{folder / CONFIG}: "{key}" is missing, and {name} has no other way to a broker')
    return found


def _against(folder: Path, config: Mapping[str, Any], store: KeyStore) -> list[str]:
    """Whether the key store says the same."""
    tenant, device = config["tenant"], config["device"]
    root = store.root(tenant, device)
    if root is None:
        return [f'{folder / CONFIG}: "device": the key store has no key of {device} of {tenant}, or it is retired']
    if root != config["root"]:
        return [f'{folder / CONFIG}: "root": is not the one that the key store has; provision the device anew']
    own = store.estates[tenant].devices.get(device)
    known = own.generation if own is not None else None
    if known is not None and known != config.get("generation", 0):
        return [f'{folder / CONFIG}: "generation": is {config.get("generation", 0)}, and the key store says {known}']
    return []

"""What the PC tools and a board's firmware are made of, as CycloneDX 1.6 JSON; the same input gives the same bytes.

Serial number and bom-ref follow from the content. There is no time in it: the commit that it was made from has one.
"""

import hashlib
import importlib.metadata
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lilong_simulator.fleet import image

from .boards import Board

SPEC = "1.6"
SPACE = uuid.UUID("6f5902ac-237a-4a4b-8b4c-3c0a2fca1d15")  # (ours) of the serial numbers
PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
LICENSE = "Apache-2.0"


class SbomError(ValueError):
    """What cannot be listed: which file, what is wrong, what to do."""


def of_tools(lock: Path) -> str:
    """The packages that a lock file of pip pins, with the digests of their distributions."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SbomError(f"{lock}: cannot be read ({error.strerror}); give one such as requirements.lock") from None
    packages: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in lines:
        pin, digest = PIN.match(line), HASH.search(line)
        if pin is not None:
            name = pin["name"].lower()
            packages[name] = (pin["version"], [])
        elif digest is not None and name:
            packages[name][1].append(digest["digest"])
    if not packages:
        raise SbomError(f"{lock}: pins nothing; give a lock file with name==version and hashes")
    without = [name for name, (_, digests) in packages.items() if not digests]
    if without:
        raise SbomError(f"{lock}: {without[0]} has no hash; make it with --generate-hashes")
    components = [_package(name, version, sorted(digests)) for name, (version, digests) in sorted(packages.items())]
    return _document("application", "lilong", _version(), components)


def of_board(board: Board, micropython: str, mbedtls: str | None) -> str:
    """The modules that a board's manifest puts into its image, and the interpreter under them."""
    sources = image.listed(board.file.parent / "manifest.py")
    components = [_module(name, path) for name, path in sorted(sources.items())]
    components.append(_interpreter(board, micropython, mbedtls))
    return _document("firmware", f"lilong-{board.id}", _version(), components)


def _document(kind: str, name: str, version: str, components: Sequence[Mapping[str, Any]]) -> str:
    about = {"type": kind, "name": name, "version": version, "bom-ref": f"{name}@{version}", "licenses": _licenses()}
    content: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": about},
        "components": list(components),
        "dependencies": [
            {"ref": about["bom-ref"], "dependsOn": sorted(component["bom-ref"] for component in components)}
        ],
    }
    content["serialNumber"] = f"urn:uuid:{uuid.uuid5(SPACE, json.dumps(content, sort_keys=True))}"
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _package(name: str, version: str, digests: Sequence[str]) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest} for digest in digests]
    purl = f"pkg:pypi/{name.replace('_', '-').replace('.', '-')}@{version}"
    return {
        "type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl,
        "externalReferences": [
            {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/#files", "hashes": hashes}
        ],
    }  # fmt: skip


def _module(name: str, path: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "file", "name": name, "version": _version(), "bom-ref": f"file:{name}",
        "hashes": [{"alg": "SHA-256", "content": digest}], "licenses": _licenses(),
    }  # fmt: skip


def _interpreter(board: Board, micropython: str, mbedtls: str | None) -> dict[str, Any]:
    """mbedTLS is the port's own copy (of ESP-IDF or the pico SDK): its version is told by who has built the image."""
    tls: dict[str, Any] = {"type": "library", "name": "mbedtls", "bom-ref": "mbedtls"}
    if mbedtls is not None:
        tls |= {"version": mbedtls, "purl": f"pkg:github/Mbed-TLS/mbedtls@v{mbedtls}"}
    return {
        "type": "platform", "name": "micropython", "version": micropython, "bom-ref": "micropython",
        "description": f"port {board.chip.port}, for {board.chip.name}",
        "purl": f"pkg:github/micropython/micropython@v{micropython}",
        "licenses": [{"license": {"id": "MIT"}}], "components": [tls],
    }  # fmt: skip


def _licenses() -> list[dict[str, Any]]:
    return [{"license": {"id": LICENSE}}]


def _version() -> str:
    try:
        return importlib.metadata.version("lilong")
    except importlib.metadata.PackageNotFoundError:
        return "0"



"""What one board process is, and the folder that it starts in."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

CONFIG = "config.json"
_SHORT = ("store", "slots")  # folders of the caller's, under their own names in the board's


@dataclass(frozen=True)
class BoardConfig:
    """What one device is and where its broker is; see lilong_firmware.config and boards/unix/README.md.

    values: what its sensors read at power-on, by channel, where that differs from the idle values of its kind. tls: DER
    of "ca", and of "certificate" and "key" where the broker wants them; without it the link is plain TCP. slots: a
    folder for its two bundles of firmware; maker: whose it takes (`maker_settings`). With them it restarts by itself.
    """

    tenant: str
    device: str
    kind: str
    root: bytes
    host: str
    port: int
    beat_s: int | None = None
    offline_s: int | None = None
    keepalive_s: int | None = None
    boot: int | None = None
    generation: int | None = None
    wait: int | None = None
    seed: bytes | None = None
    store: str | None = None
    data: Mapping[str, bytes] = field(default_factory=dict)
    username: str | None = None
    password: str | None = None
    tls: Mapping[str, bytes] | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    stepped: bool = False
    slots: str | None = None
    maker: Mapping[str, str] | None = None


def write(config: BoardConfig, folder: Path, slot: int | None = None) -> None:
    """The configuration as the board reads it, in the folder that it works in. slot: the one that it runs from.

    Every path in it is relative, so that a device's heap does not depend on how deep in somebody's disk it lives: on a
    board these names are as short.
    """
    values = asdict(config)
    values["slot"] = slot
    for key, value in values.items():
        if isinstance(value, bytes):
            values[key] = value.hex() or None
    for key in _SHORT:
        if values[key] is not None:
            place = Path(values[key]).absolute()
            place.mkdir(parents=True, exist_ok=True)
            (folder / key).symlink_to(place)
            values[key] = key
    for key, files in (("data", config.data), ("tls", config.tls)):
        if files is not None:
            values[key] = {}
            for name, content in files.items():
                values[key][name] = f"{key}.{name}"
                (folder / values[key][name]).write_bytes(content)
    (folder / CONFIG).write_text(json.dumps(values))


def forget(folder: Path) -> None:
    """It has started: nothing of its keys stays on the disk."""
    for path in folder.iterdir():
        if not path.is_symlink():
            path.unlink()

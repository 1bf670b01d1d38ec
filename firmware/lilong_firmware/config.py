"""The configuration file of a board: JSON, checked before anything starts.

{"tenant", "device": 16 hex digits, "kind", "root": 64 hex digits, "host", "port"} and, where the device's own differ
from the defaults, "beat_s", "offline_s", "keepalive_s", "boot", "generation" (how often it was provisioned before, at
most 255), "epoch" (of its keys, at first), "wait" (s up to which the first connect of a boot waits), "seed" (hex; else
the board's generator), "store" (a folder; else memory), "data" (an object: the files of what its kind was given, by
name), "username" and "password" for the broker: a user name without a password has the one that follows from the root.
"tls" is an object of files in DER: "ca", against which the broker's certificate is checked, and where the broker wants
one of the device's own, "certificate" and "key". null is the same as absent. A board may read further keys of its own.
"""

import json
from binascii import unhexlify

from lilong_protocol.keys import broker_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .store import Store

_NEEDED = ("tenant", "device", "kind", "host", "port", "root")
_TEXTS = ("tenant", "device", "kind", "host", "store", "username", "password")
_NUMBERS = ("port", "beat_s", "offline_s", "keepalive_s", "boot", "generation", "epoch", "wait")
_KEYS = ("root", "seed")
_TLS = ("ca", "certificate", "key")


class ConfigError(ValueError):
    """The file is missing, no JSON, or a value is not what it must be."""


def load(path: str) -> "dict[str, Any]":
    """The checked configuration, hex as bytes and absent keys as None; ConfigError says what to mend."""
    try:
        with open(path) as file:
            config = json.load(file)
    except OSError as error:
        raise ConfigError("%s cannot be read: %s" % (path, error))
    except ValueError:
        raise ConfigError("%s is not JSON" % path)
    if not isinstance(config, dict):
        raise ConfigError("%s is not a JSON object" % path)
    for key in _NEEDED:
        if config.get(key) is None:
            raise ConfigError('%s: "%s" is missing' % (path, key))
    for key in _TEXTS:
        value = config.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError('%s: "%s" is not a text' % (path, key))
        config[key] = value
    for key in _NUMBERS:
        value = config.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise ConfigError('%s: "%s" is not a whole number' % (path, key))
        config[key] = value
    if (config["generation"] or 0) > 255:
        raise ConfigError('%s: "generation" is above 255' % path)
    for key in _KEYS:
        value = config.get(key)
        try:
            config[key] = None if value is None else unhexlify(value)
        except (TypeError, ValueError):
            raise ConfigError('%s: "%s" is not hex' % (path, key))
    if len(config["root"]) != 32:
        raise ConfigError('%s: "root" is not 64 hex digits' % path)
    if config["username"] and config["password"] is None:
        config["password"] = broker_password(config["root"])
    data = config.get("data") or {}
    if not isinstance(data, dict):
        raise ConfigError('%s: "data" is not an object of file names' % path)
    for name in data:
        if not isinstance(data[name], str):
            raise ConfigError('%s: "data": "%s" is not the name of a file' % (path, name))
    config["data"] = data
    files = config.get("tls")
    if files is not None:
        if not isinstance(files, dict) or "ca" not in files or ("certificate" in files) != ("key" in files):
            raise ConfigError('%s: "tls" wants "ca", or "ca", "certificate" and "key": files in DER' % path)
        for name in files:
            if name not in _TLS or not isinstance(files[name], str):
                raise ConfigError('%s: "tls": "%s" is none of %s, or no file' % (path, name, ", ".join(_TLS)))
    config["tls"] = files
    return config


def secure(files: "dict[str, Any] | None") -> "Callable[[Any, str], Any] | None":
    """What makes a socket speak TLS, for the "tls" of a configuration, or for DER in place of files; None without."""
    if files is None:
        return None
    from .tls import securing  # noqa: PLC0415  only who has it pays for it

    given: list[Any] = [files.get(name) for name in _TLS]
    ca, certificate, key = [content(one) if isinstance(one, str) else one for one in given]
    return securing(ca or b"", certificate, key)


def store(folder: "str | None") -> "Store":
    """The store in a folder of the flash; without one what is kept ends with the power."""
    if folder:
        from .flash import FileStore  # noqa: PLC0415  the one that is not used takes no RAM

        return FileStore(folder)
    from .store import VolatileStore  # noqa: PLC0415

    return VolatileStore()


def content(path: str) -> bytes:
    """All bytes of a file."""
    with open(path, "rb") as file:
        return file.read()

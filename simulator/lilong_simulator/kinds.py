"""The kinds of device that the firmware has rules for, in the order of their numbers."""

from pathlib import Path

import lilong_firmware.kinds
from lilong_protocol import registry

_RULES = Path(lilong_firmware.kinds.__file__).parent

KINDS = tuple(kind.name for kind in registry.KINDS if (_RULES / f"{kind.name}.py").is_file())

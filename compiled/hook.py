"""Puts the extension modules into the wheel, where HATCH_BUILD_HOOK_ENABLE_CUSTOM asks for it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from build import build


class Compiled(BuildHookInterface[Any]):
    """A wheel for one interpreter and one kind of machine. Its sources lie in it too, as in any other."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # sources that change would not be seen
            return
        out = Path(self.directory) / "compiled"
        for path in build(out):
            build_data["force_include"][str(out / path)] = str(path)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

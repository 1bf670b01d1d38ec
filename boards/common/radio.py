"""The radio of a board with Wi-Fi, as `board` asks for one; a board with another has a module of this name."""

import network
from lilong_firmware.network import Wifi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def new_radio(board: "Any", settings: "dict[str, Any]") -> Wifi:
    """What joins the networks of a configuration, once it runs."""
    return Wifi(network.WLAN(network.WLAN.IF_STA), settings.get("networks") or [], board.uptime_ms, board.quiet)

from typing import Any

from machine import UART, Pin

WAKES: dict[int, tuple[str, int]] | None

def wire(data: dict[str, bytes] | None = None) -> tuple[list[Any], dict[str, Any], dict[str, Any]]: ...
def modem() -> tuple[UART, dict[str, Pin]]: ...

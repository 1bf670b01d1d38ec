from typing import Any

WAKES: dict[int, tuple[str, int]] | None

def wire(data: dict[str, bytes] | None = None) -> tuple[list[Any], dict[str, Any], dict[str, Any]]: ...

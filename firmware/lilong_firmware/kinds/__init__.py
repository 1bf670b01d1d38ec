"""The rules of each kind of device, one file a kind."""


def rules(kind: str) -> "type":
    """The rules class of a kind by its registry name; imported on demand, so that a board loads one only."""
    return __import__("lilong_firmware.kinds." + kind, None, None, [kind]).RULES  # type: ignore[no-any-return]

"""What ends a flash or a self-test: each says what, where, and what to do."""


class FlashError(Exception):
    """The board was not flashed or tested, or not wholly."""

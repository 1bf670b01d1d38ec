"""What `lilong update` cannot do."""


class UpdateError(ValueError):
    """What, where, what to do."""

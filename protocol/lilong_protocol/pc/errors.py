"""What goes wrong on the backend's side and is the caller's to mend."""


class RequestError(ValueError):
    """A request that cannot be carried out; the text says what, where and what to do."""


class BackendError(RuntimeError):
    """The backend cannot go on as it was set up; the text says what, where and what to do."""

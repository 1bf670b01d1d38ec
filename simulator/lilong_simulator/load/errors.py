"""Why a live run could not be made."""


class RunError(Exception):
    """A run that could not be made; the text says what, where and what to do."""


class NotOnline(RunError):
    """Not all devices came online in time: what there is of the run can be told."""

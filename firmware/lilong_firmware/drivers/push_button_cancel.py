"""The cancel button of a fall alarm: only a press that was surely one."""

from .push_button import PushButton

WIRING = {"class": "CancelButton", "takes": {"pin": "in", "?pressed": (0, 1)}, "gives": ("cancel",), "drives": ()}


class CancelButton(PushButton):
    """Channel `cancel`, by `take`."""

    NAME = "cancel"

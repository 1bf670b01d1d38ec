"""The cancel button of a fall alarm: only a press that was surely one."""

from .push_button import PushButton

DATA_SHEET = {
    "chip": ("any push button", "", ""),
    "measures": {"cancel": ("bool", 0, 1, "(ours) a press of 20 ms that the interrupts have timed")},
    "bus": "one input, interrupt on both edges: see push_button",
}
WIRING = {"class": "CancelButton", "takes": {"pin": "in", "?pressed": (0, 1)}, "gives": ("cancel",), "drives": ()}


class CancelButton(PushButton):
    """Channel `cancel`, by `take`."""

    NAME = "cancel"

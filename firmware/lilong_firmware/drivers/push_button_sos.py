"""The SOS button: a press too many is better than a press too few."""

from .push_button import PushButton

DATA_SHEET = {
    "chip": ("any push button", "", ""),
    "measures": {"sos": ("bool", 0, 1, "(ours) a press of 50 ms is never lost")},
    "bus": "one input, interrupt on both edges: see push_button",
}
WIRING = {"class": "SosButton", "takes": {"pin": "in", "?pressed": (0, 1)}, "gives": ("sos",), "drives": ()}


class SosButton(PushButton):
    """Channel `sos`, by `take`. One that is pressed when the device starts calls too."""

    NAME = "sos"
    EAGER = True

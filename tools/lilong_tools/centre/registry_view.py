"""The registry as consoles get it: `GET /api/registry`."""

from lilong_protocol.pc.findings import FINDINGS
from lilong_protocol.registry import ALARMS, COMMANDS, EVENTS, KINDS, QUANTITIES
from lilong_protocol.registry.tables import Label, Quantity

from .cards import ORDERS
from .model import Json


def _label(label: Label) -> Json:
    return {"en": label.en, "zh": label.zh}


def _meanings(quantity: Quantity) -> Json:
    """Of an enumeration, by number."""
    return {str(number): {"name": name, "label": _label(label)} for number, name, label in quantity.meanings}


def registry_view() -> Json:
    """Kinds and commands by name, the rest by number; `operator` false: a command that the centre gives by itself."""
    return {
        "kinds": {kind.name: {"number": kind.number, "label": _label(kind.label)} for kind in KINDS},
        "quantities": {
            str(row.number): {
                "name": row.name, "unit": row.unit, "exponent": row.exponent, "low": row.low, "high": row.high,
                "label": _label(row.label),
                **({"meanings": _meanings(row)} if row.meanings else {}),
            }
            for row in QUANTITIES
        },
        "alarms": {
            str(row.number): {
                "name": row.name, "level": row.level, "latches": row.latches, "talq": row.talq,
                "label": _label(row.label),
            }
            for row in ALARMS
        },
        "findings": {
            str(row.number): {"name": row.name, "level": row.level, "label": _label(row.label)} for row in FINDINGS
        },
        "events": {str(row.number): {"name": row.name, "label": _label(row.label)} for row in EVENTS},
        "commands": {
            row.name: {
                "number": row.number,
                "label": _label(row.label),
                "kinds": [kind.name for kind in KINDS if row.name in kind.commands],
                "operator": row.name not in ORDERS,
                "args": [
                    {"name": argument.name, "unit": argument.unit, "low": argument.low, "high": argument.high}
                    for argument in row.arguments
                ],
            }
            for row in COMMANDS
        },
    }  # fmt: skip

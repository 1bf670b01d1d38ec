"""The Wireshark dissector: `lilong dissector` writes it with the registry's names in it."""

from pathlib import Path

from lilong_protocol.registry import ALARMS, COMMANDS, EVENTS, KINDS, MESSAGES, QUANTITIES, SETTINGS
from lilong_protocol.registry.messages import HEADER

_TEMPLATE = Path(__file__).with_name("lilong.lua")
_MARK = "-- TABLES"


def dissector() -> str:
    """The Lua text, whole: one file for Wireshark's plugin folder."""
    return _TEMPLATE.read_text(encoding="utf-8").replace(_MARK, "\n".join(_tables()))


def _tables() -> list[str]:
    tables = [
        _table("HEADER", {key: name for name, (key, _, _) in HEADER.items()}),
        _table("MESSAGE", {message.number: message.name for message in MESSAGES}),
    ]
    for name, rows in (
        ("kinds", KINDS), ("events", EVENTS), ("alarms", ALARMS), ("commands", COMMANDS), ("settings", SETTINGS),
    ):  # fmt: skip
        tables.append(_table(f"NAMES.{name}", {row.number: row.name for row in rows}))
    tables.append(_table("NAMES.quantities", {row.number: row.name for row in QUANTITIES}))
    tables.append("local UNIT = {}")
    tables += [f'UNIT[{row.number}] = {{{row.exponent}, "{row.unit}"}}' for row in QUANTITIES]
    tables.append("local BODY = {}")
    for message in MESSAGES:
        fields = (f'[{f.key}] = {{"{f.name}", "{f.names}", {_plain(dict(f.meanings))}}}' for f in message.body)
        tables.append(f"BODY[{message.number}] = {{{', '.join(fields)}}}")
    return tables


def _table(name: str, rows: dict[int, str]) -> str:
    return f"{'' if name.startswith('NAMES') else 'local '}{name} = {_plain(rows)}"


def _plain(rows: dict[int, str]) -> str:
    items = ", ".join(f'[{number}] = "{row}"' for number, row in rows.items())
    return f"{{{items}}}"

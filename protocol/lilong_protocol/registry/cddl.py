"""lilong.cddl: what a payload of each kind may hold, as far as CDDL (RFC 8610) can say it. Written by `generate`."""

from . import COMMANDS, MESSAGES, QUANTITIES, SETTINGS
from .messages import HEADER
from .tables import MAX, U32, Field, Message

# Names of the prelude (RFC 8610 appendix D) must not be given again: number, integer, text, bytes, time.
_HEAD = """\
; Frames of version 1, generated from the registry. {message}-payload is what is sealed, {message}-body its key 7,
; u-{class} and d-{class} what may travel on a topic of that class.
; A member key before a colon cuts (RFC 8610 3.5.4): under it nothing else fits, whatever "* int => item" would take.
; CDDL cannot say that CBOR is deterministic, how deep it is, how many items it has, nor that the rows of a telemetry
; batch have equal lengths. The vectors in vectors/ show it.

frame = up-frame / down-frame
up-frame = [bstr .cbor up-header, device, bstr .cbor up-payload, bstr .size 8]
down-frame = [bstr .cbor down-header, device, bstr .cbor down-payload, bstr .size 32]
up-header = { 1: 4 }
down-header = { 1: 5 }
device = { 4: bstr .size 8 }

uint53 = 0..9007199254740991
int53 = uint53 / negative
u32 = 0..4294967295
negative = nint .ge -9007199254740991
string = tstr .size (0..256)  ; in bytes; shorter ones are counted in characters
item = int53 / string / bstr / bool / null / [* item] / { * int53 => item }
values = { * int53 => int53 / null }  ; numbers of quantities
numbers = { * int53 => int53 }  ; numbers of settings, or places of arguments
extension = uint .ge 24  ; keys of a payload that are ignored; 16 to 23 are critical, 13 to 15 reserved
"""
_HEADER = {"number": "uint53", "u32": "u32", "quality": "1..3", "ref": "[u32, u32]", "nonce": "bstr .size 8"}
_BYTES_MAX = 256


def _type(field: Field) -> str:
    match field.type:
        case "number":
            named = {(0, MAX): "uint53", (0, U32): "u32"}
            return named.get((field.low, field.high), f"{field.low}..{field.high}")
        case "text" if field.high == _BYTES_MAX:
            return "string"
        case "text":
            return f'tstr .regexp "([^a]|a){{{field.low},{field.high}}}"'
        case "bytes":
            return f"bstr .size {field.low}" if field.low == field.high else f"bstr .size ({field.low}..{field.high})"
        case "list":
            return "[* u32]" if field.names else "[+ uint53]"
        case "columns":
            return "[* [+ int53 / null]]"
        case "class":
            return " / ".join(f'"{cls}"' for cls in dict.fromkeys(one.cls for one in MESSAGES if one.uplink))
        case plain:
            return plain


def _name(message: Message) -> str:
    return message.name.replace(" ", "-")


def _message(message: Message) -> str:
    name = _name(message)
    lines = [f"; {'u' if message.uplink else 'd'}/{message.cls}: {message.doc}", f"{name}-payload = {{"]
    lines += ["  0: 1,", f"  1: {message.number},"]
    for title, (key, kind, _) in HEADER.items():
        if title == "body":
            lines.append(f"  7: {name}-body,")
        elif title not in ("version", "kind"):
            lines.append(f"  {'' if title in message.header else '? '}{key}: {_HEADER[kind]},  ; {title}")
    lines += ["  * extension => item,", "  * nint => item", "}", f"{name}-body = {{"]
    lines += [f"  {'' if one.required else '? '}{one.key}: {_type(one)},  ; {one.name}" for one in message.body]
    return "\n".join([*lines, "  * int => item", "}"])


def _choices() -> str:
    places: dict[str, list[str]] = {"up-payload": [], "down-payload": []}
    for message in MESSAGES:
        side, name = ("u" if message.uplink else "d"), f"{_name(message)}-payload"
        places["up-payload" if message.uplink else "down-payload"].append(name)
        places.setdefault(f"{side}-{message.cls}", []).append(name)
    return "\n".join(["payload = up-payload / down-payload", *(f"{k} = {' / '.join(v)}" for k, v in places.items())])


def _ranges() -> str:
    """What the registry says of numbers. A value outside is let through (LIL-FRAME-011), a setting refused."""
    lines = [
        "; The ranges of the registry. A value outside is let through (LIL-FRAME-011); a setting outside is refused by",
        "; itself (LIL-CONF-004), an argument with its command (LIL-CMD-004).",
        "measured = {",
    ]
    lines += [f"  ? {q.number}: {q.low}..{q.high} / null,  ; {q.name}" for q in QUANTITIES]
    lines += ["}", "configured = {"]
    for s in SETTINGS:
        default = "" if s.low <= s.default <= s.high else f"{s.default} / "
        lines.append(f"  ? {s.number}: {default}{s.low}..{s.high},  ; {s.name}")
    lines += ["}", "ordered ="]
    for command in COMMANDS:
        arguments = ", ".join(f"{place}: {one.low}..{one.high}" for place, one in enumerate(command.arguments))
        given = f"1: {{ {arguments} }}" if arguments else "? 1: {}"
        lines.append(f"  {'' if command is COMMANDS[0] else '/ '}{{ 0: {command.number}, {given} }}  ; {command.name}")
    return "\n".join(lines)


def cddl() -> str:
    """The text of lilong.cddl."""
    return "\n\n".join([_HEAD + _choices(), *map(_message, MESSAGES), _ranges()]) + "\n"

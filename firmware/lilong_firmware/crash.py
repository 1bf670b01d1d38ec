"""What a board keeps of a fault of its program, before it restarts: the record "crash", told after the next start."""

import io
import sys

from lilong_protocol import cbor

from .session import FIRMWARE_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

EXCEPTION, OUT_OF_MEMORY = 0, 4
TRACE_CHARACTERS = 256


def keep(device: "Device", now: int, error: Exception) -> None:
    """Store cause and innermost lines of the trace; a store that fails costs only that."""
    cause = OUT_OF_MEMORY if isinstance(error, MemoryError) else EXCEPTION
    try:
        try:
            text = innermost(_trace(error))
        except MemoryError:
            text = ""  # the cause says it
        record = [cause, text, FIRMWARE_VERSION, device.uplink.boot, now]
        device.store.put("crash", cbor.encode(record))
    except (OSError, MemoryError):
        pass


def innermost(trace: str) -> str:
    """The last whole lines of a trace that fit; a line that does not fit by itself loses its beginning."""
    trace = trace.strip()[-TRACE_CHARACTERS - 1 :]  # of a long one the list would be what a full heap has no room for
    text = "".join([letter if " " <= letter <= "~" or letter == "\n" else "?" for letter in trace])
    if len(text) > TRACE_CHARACTERS:
        text = text[-TRACE_CHARACTERS:]
        text = text[text.find("\n") + 1 :]
    return text


def _trace(error: Exception) -> str:
    out = io.StringIO()
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, out)
    else:
        __import__("traceback").print_exception(error, file=out)  # CPython's: no board has it
    return out.getvalue()

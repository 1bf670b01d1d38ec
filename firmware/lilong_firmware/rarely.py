"""What a device rarely does: each part is loaded when it is first needed, and the core has one name for them all.

A name costs a board's RAM 50 bytes, a module some hundred: `main` forgets these as soon as they have done their work.
So none of them may count on being the same module the next time, but for what an object that lives has of it.
"""

from lilong_protocol import frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device


def take_up(device: "Device", known: "dict[str, bytes]") -> None:
    """Before the start: what an earlier life left in the store beside alarms. A damaged record stops nothing."""
    for name, load in (("epoch", _epoch), ("config", _config), ("crash", _crash)):
        if name in known:
            try:
                load(device, known[name])
            except (ValueError, TypeError, IndexError):
                device.damaged += 1
                device.store.drop(name)


def handle(device: "Device", now: int, message: "frame.Frame") -> None:
    """A message that asks for no response; FrameError for one that is not for a device."""
    if message.kind == frame.DESIRED_CONFIG:
        from .configuration import take  # noqa: PLC0415  each part by need, as all below

        take(device, now, message.body)
    else:
        raise frame.FrameError(frame.UNSUPPORTED_KIND, "kind %d is not for a device" % message.kind)


def carry_out(device: "Device", now: int, message: "frame.Frame") -> "dict[int, int] | None":
    """A fresh request or offer; the body of its response, None where the birth is the answer."""
    if message.kind == frame.REQUEST:
        from .requests import answer  # noqa: PLC0415

        return answer(device, now, message.body)
    from .update import offered  # noqa: PLC0415

    return {0: offered(device, now, message.body)}


def change_epoch(device: "Device", now: int, arguments: "dict[int, int]") -> int:
    """The command `use_epoch`."""
    from .epochs import use_epoch  # noqa: PLC0415

    return use_epoch(device, now, arguments)


def tell(device: "Device", now: int, level: int, text: str) -> None:
    """A line of the log."""
    from .lines import say  # noqa: PLC0415

    say(device, now, level, text)


def end(device: "Device", now: int, error: Exception) -> None:
    """A fault of the program ends this boot."""
    from .crash import keep  # noqa: PLC0415

    keep(device, now, error)


def _epoch(device: "Device", data: bytes) -> None:
    if len(data) != 4:
        raise ValueError
    from .epochs import enter  # noqa: PLC0415

    enter(device, int.from_bytes(data, "big"))


def _config(device: "Device", data: bytes) -> None:
    from .configuration import load  # noqa: PLC0415

    load(device, data)


def _crash(device: "Device", data: bytes) -> None:
    from .lines import tell_crash  # noqa: PLC0415

    tell_crash(device, data)

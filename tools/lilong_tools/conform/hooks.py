"""Shell commands that the user gives for what only hands or a fixture can do: press, restart, kill."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable

from ..inputs import InputError

MOST_S = 120.0
_SAID = 300  # characters of what a command that failed has said
_BRACES = re.compile(r"\{(\w*)\}")  # not those of JSON


def checked(option: str, command: str | None, *names: str) -> str | None:
    """A hook whose {names} can be filled in; InputError otherwise."""
    unknown = [name for name in _BRACES.findall(command or "") if name not in names]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in names) or "none"
        raise InputError(f"{option} {command!r}: unknown braces in it; known here: {known}")
    return command


def hook(option: str, command: str | None, *names: str) -> Callable[..., Awaitable[None]] | None:
    """A function of what the {names} stand for, in that order; None where no command was given."""
    if checked(option, command, *names) is None:
        return None
    return lambda *values: call(option, command or "", **dict(zip(names, values, strict=True)))


async def call(option: str, command: str, **values: object) -> None:
    """Run a hook to its end; InputError when it fails, since nothing after it would prove anything."""
    line = _BRACES.sub(lambda found: str(values[found[1]]), command)
    process = await asyncio.create_subprocess_shell(line, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    try:
        _, said = await asyncio.wait_for(process.communicate(), MOST_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise InputError(f"{option} {line!r}: did not end in {MOST_S:.0f} s; let it return at once") from None
    if process.returncode:
        text = said.decode(errors="replace").strip()[-_SAID:]
        raise InputError(f"{option} {line!r}: ended with code {process.returncode}{': ' if text else ''}{text}")

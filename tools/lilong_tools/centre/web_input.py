"""What the console's web side is sent: looked at before it is used."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .model import CentreError, Json

BODY_MAX = 4_096  # bytes of a command request


def error_of(status: int, what: object) -> Response:
    return JSONResponse({"error": str(what)}, status)


def is_foreign(request: Request) -> Response | None:
    """A form of another site can send anything but this content type."""
    if request.headers.get("content-type", "").partition(";")[0] == "application/json":
        return None
    return error_of(415, "content-type: not application/json; send the command as JSON")


async def json_body(request: Request, wanted: str, at_most: int = BODY_MAX) -> Json:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > at_most:
            raise CentreError(f"request: longer than {at_most} bytes; a command is shorter")
    try:
        wish = json.loads(data)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise CentreError(f"request: not a JSON object; send {wanted}")
    return wish


def text_of(wish: Json, key: str) -> str:
    value = wish.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CentreError(f'"{key}" is missing or not a text; give it')
    return value

"""Which names this machine answers to: a page from elsewhere must not reach the console under a name of its own."""

import ipaddress
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OnlyHost:
    """Lets in what is addressed to `host` (where the console listens) or localhost, else 421; WebSockets too.

    Against DNS rebinding. A console that listens everywhere is addressed by number: a rebound page has a name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host
        self._everywhere = ipaddress.ip_address(host).is_unspecified

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(named) != 1 or not self._known(named[0]):
                said = f"host {', '.join(named)!r}: not the console's; open it as {self._host} or localhost"
                await JSONResponse({"error": said}, 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _known(self, named: str) -> bool:
        try:
            host = urlsplit(f"//{named}").hostname
            if host is None or host in ("localhost", self._host):
                return host is not None
            return self._everywhere and bool(ipaddress.ip_address(host))
        except ValueError:
            return False

"""A stub of the brigade's receiver, to try forwarding with: python -m lilong_tools.brigade --http 127.0.0.1:8099

It takes CAP 1.2 messages, knows one that comes again by its identifier, and answers each with a receipt.
"""

import argparse
import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from xml.etree import ElementTree

from .centre.forwarding.cap import NAMESPACE

LONGEST = 1_000_000


class Brigade:
    """Sans-io. `taken`: the messages by identifier, in the order in which they came first; `came`: with repeats."""

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}
        self.came = 0

    def take(self, message: str) -> tuple[int, dict[str, str]]:
        """HTTP status and JSON of the answer: the same receipt for the same message, however often it comes."""
        self.came += 1
        try:
            identifier = ElementTree.fromstring(message).findtext(f"{{{NAMESPACE}}}identifier")
        except ElementTree.ParseError as error:
            return 400, {"error": f"no XML: {error}; send a CAP 1.2 alert"}
        if not identifier:
            return 400, {"error": "no identifier; send a CAP 1.2 alert"}
        self.taken.setdefault(identifier, message)
        return 200, {"identifier": identifier, "receipt": f"stub-{list(self.taken).index(identifier) + 1}"}


class BrigadeServer:
    """`with BrigadeServer() as server`: it answers at `server.url` until the block ends. `bound`: a socket that has its
    address already, and listens from now on."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, brigade: Brigade | None = None,
        bound: socket.socket | None = None,
    ) -> None:  # fmt: skip
        self.brigade = brigade or Brigade()
        taking = self.brigade

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("content-length") or 0), LONGEST)
                status, answer = taking.take(self.rfile.read(length).decode("utf-8", "replace"))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer((host, port), Handler, bind_and_activate=bound is None)
        if bound is not None:
            self._server.socket.close()
            self._server.socket = bound
            self._server.server_address = bound.getsockname()
            self._server.server_activate()
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}/"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(prog="lilong_tools.brigade", description="A stub receiver of CAP 1.2 messages.")
    parser.add_argument("--http", default="127.0.0.1:8099", help="host:port (default: %(default)s)")
    host, _, port = parser.parse_args().http.rpartition(":")
    brigade = _Told()
    with BrigadeServer(host or "127.0.0.1", int(port), brigade) as server:
        print(f"brigade: at {server.url}", flush=True)
        server._thread.join()


class _Told(Brigade):
    def take(self, message: str) -> tuple[int, dict[str, str]]:
        status, answer = super().take(message)
        print(status, json.dumps(answer), message, sep="\n", flush=True)
        return status, answer


if __name__ == "__main__":
    main()

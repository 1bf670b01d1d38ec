"""TLS for the link: the broker's certificate is checked, the device may show one of its own.

mbedTLS allocates outside of MicroPython's heap. It shakes hands whenever the socket is read or written, and does all
that it can at a stretch: up to 3 s on a small board, in which not even an interrupt's handler runs. So it is given one
record at a time, and between two of them the rules have their turn. A certificate is good from one time to another, and
a board starts in the year 2000 or 1970: until it is told the time its clock says when its firmware was built.
"""

import io
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DAYS_1970_TO_2000 = 10_957
POLL = 3  # MicroPython's py/stream.h: whether it is ready
RECORD_HEADER, APPLICATION_DATA = 5, 23  # RFC 5246 6.2.1


class Pieces(io.IOBase):
    """What stands between mbedTLS and a TCP socket that does not block: after each record "not now", once.

    mbedTLS asks for a record's header first, and then for just the rest of it. Data of the application flow freely.
    """

    def __init__(self, sock: "Any") -> None:
        self._sock = sock
        self._header = bytearray(RECORD_HEADER)
        self._left = -RECORD_HEADER  # of a record; below 0: of its header
        self._shaken = False
        self._pause = False

    def readinto(self, buffer: "Any") -> "int | None":
        if self._pause:
            self._pause = False
            return None
        size: int | None = self._sock.readinto(buffer)
        if size and not self._shaken:
            left = self._left
            if left < 0:
                self._header[RECORD_HEADER + left : RECORD_HEADER + left + size] = buffer[:size]
                left += size
                if not left:
                    left = self._header[3] << 8 | self._header[4]
            else:
                left -= size
            if not left:
                left = -RECORD_HEADER
                self._pause = True
            self._left = left
        return size

    def write(self, data: "Any") -> "int | None":
        if self._pause:
            self._pause = False
            return None
        if data[0] == APPLICATION_DATA:
            self._shaken = True
        size: int | None = self._sock.write(data)
        self._pause = not self._shaken
        return size

    def ioctl(self, request: int, argument: int) -> int:
        """`link` waits for the socket itself, and closes it."""
        return argument if request == POLL else 0


def securing(ca: bytes, certificate: "bytes | None", key: "bytes | None") -> "Callable[[Any, str], Any]":
    """What makes a TCP socket a secure one. ca, certificate, key: DER; ValueError when one of them is none."""
    import tls  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  `ssl` around it takes 1 KB of heap

    context: Any = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    context.load_verify_locations(ca)
    if certificate is not None and key is not None:
        context.load_cert_chain(certificate, key)

    def secure(sock: "Any", host: str) -> "Any":
        return context.wrap_socket(Pieces(sock), server_hostname=host, do_handshake_on_connect=False)

    return secure


def start_clock(built_s: int, rtc: "Any") -> bool:
    """Set a clock that is behind the build to it; True when it was. built_s: since 1970. rtc: `machine.RTC()`."""
    epoch = 0 if time.gmtime(0)[0] == 1970 else DAYS_1970_TO_2000 * 86_400
    if time.time() + epoch >= built_s:
        return False
    at = time.gmtime(built_s - epoch)
    rtc.datetime((at[0], at[1], at[2], at[6], at[3], at[4], at[5], 0))
    return True

"""TLS for the link: the broker's certificate is checked, the device may show one of its own.

mbedTLS allocates outside of MicroPython's heap. The handshake goes on in small pieces whenever the socket is read or
written, so that between two of them the rules have their turn. A certificate is good from one time to another, and a
board starts in the year 2000 or 1970: until it is told the time its clock says when its firmware was built.
"""

import ssl
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DAYS_1970_TO_2000 = 10_957


def securing(ca: bytes, certificate: "bytes | None", key: "bytes | None") -> "Callable[[Any, str], Any]":
    """What makes a TCP socket a secure one. ca, certificate, key: DER; ValueError when one of them is none."""
    context: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ca)
    if certificate is not None and key is not None:
        context.load_cert_chain(certificate, key)

    def secure(sock: "Any", host: str) -> "Any":
        return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)

    return secure


def start_clock(built_s: int, rtc: "Any") -> bool:
    """Set a clock that is behind the build to it; True when it was. built_s: since 1970. rtc: `machine.RTC()`."""
    epoch = 0 if time.gmtime(0)[0] == 1970 else DAYS_1970_TO_2000 * 86_400
    if time.time() + epoch >= built_s:
        return False
    at = time.gmtime(built_s - epoch)
    rtc.datetime((at[0], at[1], at[2], at[6], at[3], at[4], at[5], 0))
    return True

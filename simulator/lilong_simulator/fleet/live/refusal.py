"""Why the other end will not have a device, and what is to be done then: no chance of the network."""

import re
import ssl

from lilong_protocol.pc.mqtt_server import REFUSALS

_LOGIN = "check the user names and passwords (--credentials, or those in the URL) and what the broker allows them"
_VERSION = "devices speak MQTT 3.1.1: let the broker take that version"
_CLIENT_ID = "the client id is the device's id: let the broker take it"
_ROOM = "see in the broker's log and limits how many connections it takes; --ramp lets them come more slowly"
_LOG = "the broker's log should say why"
_TLS = "check host, port, --ca, and the certificates of the devices; the broker's log should say why"

_BY_CODE = {1: _VERSION, 2: _CLIENT_ID, 3: _ROOM, 4: _LOGIN, 5: _LOGIN}
_BY_REASON = {
    0x80: ("unspecified error", _LOG), 0x81: ("malformed packet", _LOG), 0x82: ("protocol error", _LOG),
    0x83: ("implementation specific error", _LOG), 0x84: ("unsupported protocol version", _VERSION),
    0x85: ("client identifier not valid", _CLIENT_ID), 0x86: ("bad user name or password", _LOGIN),
    0x87: ("not authorized", _LOGIN), 0x88: ("server unavailable", _ROOM), 0x89: ("server busy", _ROOM),
    0x8A: ("banned", _LOGIN), 0x8C: ("bad authentication method", _LOGIN), 0x90: ("topic name invalid", _LOG),
    0x95: ("packet too large", _LOG), 0x97: ("quota exceeded", _ROOM), 0x99: ("payload format invalid", _LOG),
    0x9A: ("retain not supported", _LOG), 0x9B: ("QoS not supported", _LOG), 0x9C: ("use another server", _LOG),
    0x9D: ("server moved", _LOG), 0x9F: ("connection rate exceeded", _ROOM),
}  # fmt: skip
"""MQTT 5, 3.2.2.2."""
_PASSING = (3, 0x88, 0x89, 0x97, 0x9F)
_OF_A_BOARD = re.compile(r"the broker refused: CONNACK (\d+)")
_CONNACK = 0x20


class Refusal(str):
    """A trouble that is no chance.

    remedy: what to do. lasts: until that is done every other try ends alike. will: the broker had taken the CONNECT,
    and published its will.
    """

    remedy: str
    lasts: bool
    will: bool

    def __new__(cls, why: str, remedy: str, lasts: bool = True, will: bool = False) -> "Refusal":
        made = super().__new__(cls, why)
        made.remedy = remedy
        made.lasts = lasts
        made.will = will
        return made


NO_LOGIN = Refusal("no credentials for a device", "add its line to the file of --credentials")
NO_SUBSCRIPTION = Refusal(
    "the broker refuses the subscription to d/#", "let its access list allow each device what comes down to it",
    will=True,
)  # fmt: skip
NO_CONNACK = Refusal("the broker closes the connection in place of a CONNACK", _LOG, lasts=False)


def refused(code: int) -> Refusal:
    """By the code of a CONNACK: those of MQTT 3.1.1 table 3.1, and from 0x80 on of MQTT 5."""
    if 0 < code < len(REFUSALS):
        why, remedy, shown = REFUSALS[code], _BY_CODE[code], str(code)
    else:
        why, remedy = _BY_REASON.get(code, ("a reason that MQTT does not know", _LOG))
        shown = f"0x{code:02x}"
    return Refusal(f"the broker refuses the connection: {why} (CONNACK code {shown})", remedy, code not in _PASSING)


def reason_of_mqtt_5(data: bytes) -> int | None:
    """With which some brokers refuse a client of 3.1.1 too; None: these bytes are something else."""
    return data[3] if len(data) >= 4 and data[0] == _CONNACK and data[3] >= 0x80 else None


def instead_of_connack(data: bytes, fault: str) -> str:
    """What stands in bytes that are no MQTT 3.1.1: the CONNACK of MQTT 5 with its reason, else `fault`."""
    reason = reason_of_mqtt_5(data)
    return fault if reason is None else refused(reason)


def of_a_board(why: str) -> str:
    """The same of real MicroPython, which tells the code alone."""
    told = _OF_A_BOARD.search(why)
    return refused(int(told[1])) if told else why


def no_tls(at: str, error: ssl.SSLError) -> str:
    """Of a handshake that did not come about; that the other end has gone is no refusal."""
    why = getattr(error, "verify_message", "") or (getattr(error, "reason", "") or str(error)).lower().replace("_", " ")
    told = f"no TLS with {at}: {why}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return told
    return Refusal(told, _TLS)


def no_upgrade(why: str) -> Refusal:
    """To a WebSocket; or credentials that cannot be used."""
    return Refusal(why, "try the URL and the files of credentials with another client")

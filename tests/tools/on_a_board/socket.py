"""`socket` of a board: the PC's own; with a modem none without PPP, as lwIP has no route then."""

import machine
import network
import usocket
from usocket import *  # noqa: F403

EHOSTUNREACH = 113


def socket(*arguments):
    if machine.MODEM and not (network.LINKS and network.LINKS[-1].isconnected()):
        raise OSError(EHOSTUNREACH)
    return usocket.socket(*arguments)

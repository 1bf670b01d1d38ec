"""The estate key of a simulation: anybody can derive it, so it protects nothing.

Fleets and centres on one machine share it without a file. It must never be given to hardware.
"""

import ipaddress
from hashlib import sha256


class PublicKeyError(ValueError):
    """The key of simulations would be used where others reach the broker."""


def simulation_key(tenant: str) -> bytes:
    """The 32-byte estate key of a simulated estate. Never for hardware: it is public."""
    return sha256(b"lilong/1 simulation estate key, public, never for hardware: " + tenant.encode()).digest()


def simulation_key_at(tenant: str, broker_host: str, asked_for: bool, instead: str) -> bytes:
    """`simulation_key` for a broker on this machine; for any other only when it was asked for (LIL-SEC-010).

    instead: what the user may do else, for the text of PublicKeyError.
    """
    if not asked_for and not is_loopback(broker_host):
        raise PublicKeyError(
            f"broker {broker_host}: another machine, and the key of simulations is public: whoever reaches that broker "
            f"could forge alarms and commands; {instead}"
        )
    return simulation_key(tenant)


def is_loopback(host: str) -> bool:
    """Of this machine only; a name but localhost is taken for another machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

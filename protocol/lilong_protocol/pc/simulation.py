"""The estate key of a simulation: anybody can derive it, so it protects nothing.

Fleets and centres on one machine share it without a file. It must never be given to hardware.
"""

from hashlib import sha256


def simulation_key(tenant: str) -> bytes:
    """The 32-byte estate key of a simulated estate. Never for hardware: it is public."""
    return sha256(b"lilong/1 simulation estate key, public, never for hardware: " + tenant.encode()).digest()

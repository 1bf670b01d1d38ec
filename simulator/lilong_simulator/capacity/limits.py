"""What one gateway and one broker can take. Each figure may be given; the defaults are measured, or the firmware's."""

from __future__ import annotations

from dataclasses import dataclass

from lilong_firmware.children import CHILDREN_MAX

from ..fleet.building_bus import BUS_MS
from ..wiring import LIMIT_S

HEADROOM = 0.5  # (ours) of what was measured: for bursts, for the next estate, for a slower machine


@dataclass(frozen=True, slots=True)
class Gateway:
    """`children`: of its list. `bus_ms`: one question and its answer. `round_s`: in which each child must have been
    asked. `release_s`: in which what a fire opens must have been told (GB 50166-2019: 3 s)."""

    children: float = CHILDREN_MAX
    bus_ms: float = BUS_MS
    round_s: float = LIMIT_S
    release_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Broker:
    """`messages`: QoS 1 of 100 bytes that reach one subscriber in a second; `connects`: accepted in a second.

    The defaults are mosquitto 2.0.11 on one core of a shared VM of four (benchmarks/README.md); `connections` are a
    file limit of 65,536 less what it needs itself; memory, and what connections with their subscription and retained
    births take of it, are assumed. `share`: how much of it all may be used. `online_s`: in which all must be back after
    a blackout.
    """

    messages: float = 47_700.0
    connections: float = 65_000.0
    connects: float = 8_800.0
    memory_mb: float = 8_192.0
    connection_kb: float = 2.0
    retained_kb: float = 0.5
    share: float = HEADROOM
    online_s: float = 180.0


TLS_CONNECTS = 560.0  # handshakes with P-256 in a second of one core, measured
TLS_CONNECTION_KB = 48.0  # measured at the client's end

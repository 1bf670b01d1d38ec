"""What a worker is given: an order on its standard input says where to come, the job what to play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..scenario import Scenario


@dataclass(frozen=True)
class Order:
    """Where the conductor listens, as which shard of how many, and the word by which it knows its own. pin: by which
    it is known, where it speaks TLS (`cluster_tls`)."""

    host: str
    port: int
    token: str = field(repr=False)
    index: int
    count: int
    pin: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Job:
    """One shard's part in a run; all shards have the same but for `zero_ns`, which is on the worker's own clock.

    keys: estate key by tenant. access: how the broker is reached, for whoever makes the `Target`; files in it are
    looked for at the same path on every machine. boards: ids of the devices that are to be real MicroPython.
    opening: connections that may wait for their CONNACK at once. records: the worker sends its recording too. plain:
    what `Plain` is made of, where its clients stand in place of the scenario's devices. app: see `Settings`.
    """

    scenario: Scenario
    keys: Mapping[str, bytes] = field(repr=False)
    access: Mapping[str, Any] = field(repr=False)
    boot: int
    boards: tuple[str, ...] = ()
    acknowledgement_expected: bool = False
    online_timeout_s: float = 120.0
    settle_s: float = 5.0
    opening: int = 100
    records: bool = False
    zero_ns: int = 0
    plain: Mapping[str, Any] | None = None
    app: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        keys = {tenant: key.hex() for tenant, key in self.keys.items()}
        return plain | {"scenario": self.scenario.to_json(), "keys": keys, "access": dict(self.access)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Job:
        """What `to_json` gave; ScenarioError for a scenario of another version."""
        return cls(**{
            **values,
            "scenario": Scenario.from_json(values["scenario"]),
            "keys": {tenant: bytes.fromhex(key) for tenant, key in values["keys"].items()},
            "boards": tuple(values["boards"]),
        })  # fmt: skip

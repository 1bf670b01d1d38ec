"""Data faults of a live run: the same runner over real connections, its labels in the result of each shard."""

from datetime import datetime
from pathlib import Path

from backends import KEY
from board_case import in_loop
from lilong_protocol import topics
from lilong_protocol.frame import unpack
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.registry import QUANTITIES
from lilong_simulator.data_faults.base import values_of
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.places import parts_of, places_of
from lilong_simulator.load.result import ShardResult
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_tools.broker.embedded import EmbeddedBroker

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
START = datetime(2026, 3, 4, 3)
RATE = 3_000.0  # a gas detector beats every 100 ms, and none is expected within the first 0.3 s
RANGE = {row.name: row for row in QUANTITIES}


class Listening(EmbeddedBroker):
    """Keeps what devices say."""

    def __init__(self):
        super().__init__()
        self.said = {}

    def publish(self, message):
        super().publish(message)
        parsed = topics.parse(message.topic)
        if parsed is not None and message.payload:
            said = unpack(payload_of(message.payload))
            self.said[parsed[1], parsed[3], said.boot, said.seq] = said


@in_loop
async def test_labels_of_a_live_run_name_messages_that_the_broker_has_seen():
    scenario = Scenario(
        (Copies(FILE),), start=START, duration_s=1.5, ramp_s=0, accept="puback", rate=RATE,
        data_faults={"out_of_range": 2.0, "future_time": 2.0},
    )  # fmt: skip
    assert Scenario.from_json(scenario.to_json()) == scenario
    async with Listening() as broker:
        target = Target(broker.host, broker.port)
        run = LiveRun(Settings(scenario, parts_of(places_of(scenario)), {ESTATE.id: KEY}, target), settle_s=0.1)
        try:
            await run.bring_up()
            await run.play()
        finally:
            await run.close()
        said = dict(broker.said)
    result = ShardResult.of(run, 0.0, 0)
    assert ShardResult.from_json(result.to_json()).labels == result.labels
    shown = [label for label in result.labels if label.messages and label.kind == "out_of_range"]
    assert len(shown) > 5
    for label in shown:
        quantity = RANGE[label.quantity]
        values = values_of(said[label.device, label.cls, label.boot, label.seq], quantity.number)
        assert any(not quantity.low <= value <= quantity.high for value in values)
    assert all(one.why == "stuck" for one in result.hindrances)

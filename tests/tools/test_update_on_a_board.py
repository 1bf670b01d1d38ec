"""Roll-outs to real MicroPython with real files: a whole board's firmware, flashed, updated over MQTT, rolled back."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from board_case import in_loop
from commands import embedded_broker, run_lilong
from flash_case import DEVICE, ENDS, ROOT, bundle, configuration
from lilong_firmware.slots import NONE, Slots
from lilong_protocol.pc.backend.pump import now_ms
from lilong_protocol.pc.maker import maker_settings
from lilong_tools.boards import open_board
from lilong_tools.flash import contents
from lilong_tools.update import keys, release, rollout
from lilong_tools.update.carry_out import carry_out
from lilong_tools.update.channel import ThroughCentre
from lilong_tools.update.rollout import planned
from lilong_tools.update.state import Kept
from test_update_live import centre_of
from update_world import TENANT
from virtual_board import VirtualBoard

BOARD, KIND = "esp32_c3", "gas"
DOMAIN = "lights.example"
PATIENCE_S = 150
COVER_ON = {"levels": {"4": 0}}  # the tamper switch
PLACE = {"bundles": ("/lilong/a", "/lilong/b"), "records": ("/lilong/boot.0", "/lilong/boot.1")}


class Files:
    """The `Place` of a board's slots, as its files are now."""

    def __init__(self, files):
        self._files = files

    def record(self, at):
        return self._files.get(PLACE["records"][at], b"")

    def read(self, slot, offset, size):
        return self._files[PLACE["bundles"][slot]][offset : offset + size]


def slots_of(board):
    return Slots(Files(board.files()))


@pytest.fixture(scope="module")
def image():
    """The firmware of the repository, as a bundle for this board."""
    return contents.build(open_board(BOARD), KIND).bundle


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A release key, and a board that was flashed and trusts it. Its CO sensor is silent: that holds up no update."""
    tmp_path = tmp_path_factory.mktemp("update")
    key = tmp_path / "release.key"
    public = keys.make(key, DOMAIN)
    with embedded_broker() as (_, url), VirtualBoard(tmp_path / "board", scene=COVER_ON) as board:
        maker = maker_settings(public.key, DOMAIN, BOARD, KIND)
        port = int(url.rpartition(":")[2])
        config = configuration(tmp_path, port, tenant=TENANT, kind=KIND, data={}, maker=maker)
        done = run_lilong(
            "flash", "--board", BOARD, "--kind", KIND, "--port", board.port, "--config", config, "--broker", url,
            seconds=PATIENCE_S,
        )
        assert done.code == 0, done.err
        yield SimpleNamespace(key=key, board=board, broker=SimpleNamespace(port=port), folder=tmp_path)


async def rolled_out(there, made):
    """How it has ended for the device."""
    number = made.artifact().number
    plan = planned([DEVICE], (1.0,), 0.0, 60_000, 1, len(made.data), number)
    kept = Kept("a.llfw", made.digest.hex(), "Li", None, None, None, None, None, False, now_ms(), plan)
    screen = SimpleNamespace(show=lambda _: None)
    roots = {(TENANT, DEVICE): bytes.fromhex(ROOT)}
    async with (
        asyncio.timeout(PATIENCE_S),
        centre_of(there, [(DEVICE, KIND)], there.folder / "centre.db", roots) as centre,
        ThroughCentre(centre.url, made, "Li") as channel,
    ):
        await carry_out(kept, there.folder / f"{number}.json", channel, screen, now_ms, 0.2)
    (member,) = plan.members
    return member.state, member.code


@pytest.mark.spec("LIL-UPD-001", "LIL-UPD-002", "LIL-UPD-004", "LIL-UPD-012")
@in_loop
async def test_a_board_takes_firmware_over_the_air_and_refuses_what_is_older_or_not_its_makers(there, image):
    before = slots_of(there.board)
    made = release.sign(there.key, BOARD, KIND, 5, "1.1.0", image)
    assert await rolled_out(there, made) == (rollout.UPDATED, 200)
    after = slots_of(there.board)
    assert (after.newest, after.trial, after.active) == (5, NONE, 1 - before.active)
    assert there.board.files()[PLACE["bundles"][after.active]] == made.data
    assert b"lilong: runs " + PLACE["bundles"][after.active].encode() in there.board.said

    older = release.sign(there.key, BOARD, KIND, 4, "1.0.9", image)
    assert await rolled_out(there, older) == (rollout.REFUSED, 409)
    other = release.sign(there.key, BOARD, "smoke", 6, "1.2.0", image)
    assert await rolled_out(there, other) == (rollout.REFUSED, 422)
    keys.make(there.folder / "forged.key", DOMAIN)
    forged = release.sign(there.folder / "forged.key", BOARD, KIND, 6, "1.2.0", image)
    assert await rolled_out(there, forged) == (rollout.REFUSED, 403)
    assert slots_of(there.board).active == after.active


@pytest.mark.spec("LIL-UPD-004")
@in_loop
async def test_a_board_goes_back_to_what_ran_before_when_new_firmware_ends_at_its_start(there):
    before = slots_of(there.board)
    bad = release.sign(there.key, BOARD, KIND, 9, "2.0.0", bundle(ENDS))
    assert await rolled_out(there, bad) == (rollout.ROLLED_BACK, 408)
    after = slots_of(there.board)
    assert (after.active, after.newest, after.trial) == (before.active, before.newest, NONE)
    assert there.board.said.count(b"no such sensor") == 3  # so often it was tried
    assert json.loads(there.board.files()["/lilong/device.json"])["device"] == DEVICE

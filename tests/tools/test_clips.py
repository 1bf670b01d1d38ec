"""A clip that a camera has told of is found for thirty days, and said to be gone after them."""

import asyncio

import pytest
from centre_service import centre_on, http, until
from centre_world import DOOR, NOW, SMOKE, TENANT, event
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol.codes import Q_CLIP
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre import ingest
from lilong_tools.centre.clips import KEPT_MS, ON_THE_CAMERA, GoneError, resolve, template_of
from lilong_tools.centre.model import CentreError, Row
from lilong_tools.centre.store import Store
from mqtt_peer import aio, run

DAY_MS = 86_400_000


@given(st.integers(0, 40 * DAY_MS))
def test_it_is_there_for_thirty_days_and_gone_after_them(later):
    def found():
        return resolve(NOW + later, DOOR, "b5/facade1/camera", 7, NOW, "https://nvr.example/{device}/{clip}.mp4")

    if later < KEPT_MS:
        assert found()["where"] == f"https://nvr.example/{DOOR}/7.mp4"
        assert found()["until"] == NOW + 30 * DAY_MS
    else:
        with pytest.raises(GoneError, match="clip 7 of b5/facade1/camera: gone, clips are kept for 30 days"):
            found()


def test_one_that_no_camera_told_of_never_was():
    with pytest.raises(CentreError, match="that camera has told of none with this number") as refused:
        resolve(NOW, DOOR, "b5/facade1/camera", 7, None, ON_THE_CAMERA)
    assert not isinstance(refused.value, GoneError)


@pytest.mark.parametrize("text", ["", "https://nvr.example/", "{clip", "{0}/{clip}", "{clip}/{estate}", "{device}"])
def test_an_address_that_leads_to_no_clip_is_refused(text):
    with pytest.raises(CentreError, match="give an address with"):
        template_of(text)


def test_the_store_knows_when_it_was_told_first_and_of_which_device():
    store = Store(":memory:", TENANT)
    rows = [(DOOR, 3_000, 7), (DOOR, 2_000, 7), (DOOR, 1_000, 6), (SMOKE, 500, 7)]
    store.commit(Row("record", (device, at, "alarm", 9, None, {str(Q_CLIP): clip})) for device, at, clip in rows)
    assert [store.told(DOOR, Q_CLIP, clip) for clip in (7, 6, 8)] == [2_000, 1_000, None]
    store.close()


def test_over_the_api_by_a_clock_that_goes_on_for_a_month(tmp_path, monkeypatch):
    path, ahead = str(tmp_path / "centre.db"), [0]
    monkeypatch.setattr(ingest.Ingest, "now", lambda self: self._pump.now() + ahead[0])

    async def scenario():
        async with EmbeddedBroker() as broker:
            async with centre_on(broker, path) as centre:
                await centre.ingest.connected.wait()
                async with aio(broker) as client:
                    topic, data = event(DOOR, 1, values={Q_CLIP: 7})
                    await client.publish(topic, data, 1)
                await until(lambda: centre.ingest.batches)
                await asyncio.wait_for(until_found(centre), 20)
            async with centre_on(broker, path) as centre:  # and after a restart
                answers = []
                for ahead[0] in (0, KEPT_MS - DAY_MS, KEPT_MS):
                    answers.append(await http(centre, f"/api/clip/{DOOR}/7"))
                others = [(await http(centre, f"/api/clip/{one}"))[0] for one in (f"{DOOR}/8", f"{DOOR}/x", "none/7")]
                return answers, others

    async def until_found(centre):
        while (await http(centre, f"/api/clip/{DOOR}/7"))[0] != 200:
            await asyncio.sleep(0.01)

    answers, others = run(scenario())
    assert [status for status, _ in answers] == [200, 200, 410]
    assert answers[0][1]["where"] == "camera:core1/ground/door#7"
    assert answers[0][1]["until"] - answers[0][1]["at"] == KEPT_MS
    assert "gone" in answers[2][1]["error"]
    assert others == [404, 404, 404]

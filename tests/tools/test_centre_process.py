"""The centre as a process: how it starts, ends, and what it says to what it cannot use."""

import json
import signal
import socket
import sqlite3
import stat

import pytest
from centre_process import ended, running
from centre_service import http
from lilong_tools.broker.embedded import EmbeddedBroker
from mqtt_peer import run

pytestmark = pytest.mark.timeout(120)
NOWHERE = "mqtt://127.0.0.1:9"  # the discard port, which nobody listens on


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_its_console_is_and_ends_cleanly_on_a_signal(tmp_path, number):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path, "--observed", tmp_path / "feed") as centre:
            estate = await http(centre, "/api/estate")
            return estate, await centre.terminate(number)

    (status, estate), (code, said) = run(scenario(), 60)
    assert (status, estate["id"], len(estate["devices"])) == (200, "music_plaza", 2201)
    assert (code, said) == (0, "")
    assert (tmp_path / "feed").read_text() == ""


def test_a_broker_that_is_away_at_the_start_is_named_and_waited_for(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker:
            pass
        async with running(broker, tmp_path) as centre:
            status, _ = await http(centre, "/api/registry")
            return broker.port, status, await centre.terminate()

    port, status, (code, said) = run(scenario(), 60)
    assert (status, code) == (200, 0)
    assert said.count("\n") == 2  # once for each connection
    assert f"broker 127.0.0.1:{port}" in said
    assert "is it running there? trying again until it answers" in said


def complaint(*arguments):
    """The one line with which the centre refuses to start."""
    code, out, err = run(ended(*arguments), 60)
    assert code == 2
    assert out == ""
    assert err.startswith("centre: ")
    assert err.count("\n") == 1, err
    return err


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = complaint("--db", ":memory:", "--broker", NOWHERE, "--http", f"127.0.0.1:{port}")
    assert f"--http 127.0.0.1:{port}: Address already in use; stop what holds the port" in said


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "127.0.0.1:x", ":80", "192.0.2.1:80", "a b:0"])
def test_an_address_that_cannot_be_listened_on(address):
    assert f"--http {address}" in complaint("--db", ":memory:", "--broker", NOWHERE, "--http", address).replace("'", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1883", "mqtt://", "nonsense", "mqtt://127.0.0.1:x"])
def test_a_broker_url_that_is_none(url):
    assert "broker URL" in complaint("--db", ":memory:", "--http", "127.0.0.1:0", "--broker", url)


def test_the_database_of_another_program(tmp_path):
    path = tmp_path / "theirs.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    said = complaint("--db", path, "--broker", NOWHERE, "--http", "127.0.0.1:0")
    assert f"{path}: the database of another program; give another --db" in said
    assert path.read_bytes() == before


def test_a_second_centre_on_the_same_database(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path):
            return await ended("--db", tmp_path / "centre.db", "--broker", NOWHERE, "--http", "127.0.0.1:0")

    code, _, said = run(scenario(), 60)
    assert (code, "another centre is running on it" in said) == (2, True)


def test_an_estate_that_is_none():
    assert "nowhere_plaza" in run(ended("--estate", "nowhere_plaza", "--db", ":memory:"), 60)[2]


class TestKeyFile:
    def complaint(self, tmp_path, key):
        return complaint("--key-file", key, "--db", ":memory:", "--broker", NOWHERE, "--http", "127.0.0.1:0")

    def test_one_that_is_not_there(self, tmp_path):
        assert "--key-file" in self.complaint(tmp_path, tmp_path / "none.key")

    @pytest.mark.parametrize("text", ["", "00ff", "zz" * 32, "00" * 33])
    def test_one_that_is_none(self, tmp_path, text):
        key = tmp_path / "estate.key"
        key.write_text(text)
        assert "not an estate key; it needs 64 hex digits" in self.complaint(tmp_path, key)

    def test_one_that_fits_is_used(self, tmp_path):
        key = tmp_path / "estate.key"
        key.write_text("5a" * 32 + "\n")

        async def scenario():
            async with EmbeddedBroker() as broker, running(broker, tmp_path, "--key-file", key) as centre:
                return await centre.terminate()

        assert run(scenario(), 60) == (0, "")


def test_an_observed_feed_that_cannot_be_written(tmp_path):
    said = complaint("--observed", tmp_path, "--db", ":memory:", "--broker", NOWHERE, "--http", "127.0.0.1:0")
    assert f"--observed {tmp_path}: Is a directory" in said


def test_the_info_file_is_whole_whenever_it_is_there(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path):
            return json.loads((tmp_path / "info.json").read_text()), list(tmp_path.glob("info.json.*"))

    info, leftovers = run(scenario(), 60)
    assert info["http"].startswith("http://127.0.0.1:")
    assert leftovers == []


def test_the_database_is_for_its_owner_only(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path):
            return stat.S_IMODE((tmp_path / "centre.db").stat().st_mode)

    assert run(scenario(), 60) & 0o077 == 0

"""The centre as a process: how it starts, ends, and what it says to what it cannot use."""

import asyncio
import json
import signal
import socket
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from centre_process import ended, running
from centre_service import http, until
from lilong_protocol.pc.keystore import KeyStore, TenantKeys, save
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
    assert (status, estate["id"], len(estate["devices"])) == (200, "music_plaza", 3444)
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


class TestKeys:
    def complaint(self, keys):
        return complaint("--keys", keys, "--db", ":memory:", "--broker", NOWHERE, "--http", "127.0.0.1:0")

    def test_a_store_that_is_not_there(self, tmp_path):
        assert f"{tmp_path / 'none.json'}: cannot be read" in self.complaint(tmp_path / "none.json")

    def test_a_store_of_other_estates(self, tmp_path):
        keys = tmp_path / "keys.json"
        save(KeyStore({"elsewhere": TenantKeys(bytes(32))}), keys)
        assert "has no key of estate music_plaza; `lilong keys new` makes one" in self.complaint(keys)

    @pytest.mark.spec("LIL-SEC-009")
    def test_a_store_that_others_may_read(self, tmp_path):
        keys = tmp_path / "keys.json"
        save(KeyStore({"music_plaza": TenantKeys(bytes(32))}), keys)
        keys.chmod(0o640)
        said = self.complaint(keys)
        assert "may be used by others than its owner (mode 0640): chmod 600" in said
        assert "00" * 32 not in said

    @pytest.mark.spec("LIL-SEC-001")
    def test_real_keys_go_with_tls_where_the_broker_is_on_another_machine(self, tmp_path):
        keys = tmp_path / "keys.json"
        save(KeyStore({"music_plaza": TenantKeys(bytes(32))}), keys)
        address = ("--db", ":memory:", "--keys", keys, "--http", "nowhere", "--broker")
        said = complaint(*address, "mqtt://who:secret@192.0.2.1")
        assert "broker 192.0.2.1: another machine, and mqtt:// hides nothing" in said
        assert "secret" not in said
        for allowed in (("mqtts://192.0.2.1",), ("mqtt://192.0.2.1", "--insecure-mqtt")):
            assert "--http" in complaint(*address, *allowed), "the next thing that is looked at"

    def test_one_that_fits_is_used(self, tmp_path):
        keys = tmp_path / "keys.json"
        save(KeyStore({"music_plaza": TenantKeys(bytes(range(32)))}), keys)

        async def scenario():
            async with EmbeddedBroker() as broker, running(broker, tmp_path, "--keys", keys) as centre:
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


class TestWhoMayReachIt:
    def test_a_console_for_other_machines_must_be_asked_for(self):
        said = complaint("--db", ":memory:", "--broker", NOWHERE, "--http", "0.0.0.0:0")
        assert "--http 0.0.0.0:0: other machines could use the console, which asks for no password; give 127" in said
        assert "--insecure-http" in said

    def test_a_console_for_other_machines_that_was_asked_for(self, tmp_path):
        async def scenario():
            async with (
                EmbeddedBroker() as broker,
                running(broker, tmp_path, "--http", "0.0.0.0:0", "--insecure-http") as centre,
            ):
                return (await http(centre, "/api/registry"))[0]

        assert run(scenario(), 60) == 200

    @pytest.mark.spec("LIL-SEC-010")
    def test_the_public_key_is_not_for_a_broker_on_another_machine(self):
        said = complaint("--db", ":memory:", "--http", "127.0.0.1:0", "--broker", "mqtt://who:secret@192.0.2.1")
        assert said.startswith("centre: broker 192.0.2.1: another machine, and the key of simulations is public")
        assert "give --keys, or --simulation-key for a simulation" in said
        assert "secret" not in said

    def test_the_public_key_that_was_asked_for(self):
        address = ("--http", "nowhere")  # the next thing that is looked at
        said = complaint("--db", ":memory:", *address, "--broker", "mqtt://192.0.2.1", "--simulation-key")
        assert "--http" in said


def test_the_broker_comes_from_the_environment_where_the_command_line_names_none(monkeypatch):
    monkeypatch.setenv("LILONG_BROKER_URL", "mqtt://who:secret@192.0.2.1")
    assert "broker 192.0.2.1: another machine" in complaint("--db", ":memory:", "--http", "127.0.0.1:0")
    assert "secret" not in run(ended("--help"), 60)[1]


def test_it_stops_when_its_input_ends(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path, "--until-eof", stdin=PIPE) as centre:
            centre.process.stdin.close()
            return await centre.process.wait()

    assert run(scenario(), 60) == 0


def test_a_centre_that_forgets_leaves_no_session_on_the_broker(tmp_path):
    async def scenario(*more):
        async with EmbeddedBroker() as broker:
            async with running(broker, tmp_path, "--client-id", "mine", *more) as centre:
                during = set(broker.sessions)
                await centre.terminate()
            return during, set(broker.sessions)

    both = {"mine", "mine-alarms"}
    assert run(scenario(), 60) == (both, both)
    assert run(scenario("--forget"), 60) == (both, set())


HOST_OF_A_CENTRE = """
import asyncio, sys
from pathlib import Path
from lilong_tools.centre_process import CentreProcess

async def main():
    folder = Path(sys.argv[2])
    async with CentreProcess("music_plaza", sys.argv[1], folder, "127.0.0.1:0", folder / "observed"):
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def test_a_centre_does_not_outlive_who_started_it_shows_no_password_and_leaves_no_session(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker:
            url = f"mqtt://who:secret@127.0.0.1:{broker.port}"
            host = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HOST_OF_A_CENTRE, url, tmp_path, stdout=PIPE
            )
            assert await host.stdout.readline() == b"ready\n"
            pid = json.loads((tmp_path / "centre.json").read_text())["pid"]
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            names = set(broker.sessions)
            host.kill()
            await host.communicate()
            await until(lambda: not running_still(pid))
            return command, names, set(broker.sessions)

    command, names, left = run(scenario(), 60)
    assert not any(b"secret" in word for word in command)
    assert len(names) == 2
    assert not any("music_plaza" in name for name in names)  # each demo has sessions of its own
    assert left == set()


def running_still(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_starts_without_a_warning(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, running(broker, tmp_path, python=("-W", "error")) as centre:
            return await centre.terminate()

    assert run(scenario(), 60) == (0, "")

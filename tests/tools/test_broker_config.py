"""`lilong broker-config`: the files of a hardened broker, and what is refused before any is written."""

import base64
import hashlib
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import run_lilong
from cryptography import x509
from lilong_protocol.keys import broker_password, device_root
from lilong_tools.broker import BrokerError, Tls, parse_url
from lilong_tools.broker_config import BrokerConfigError, Wanted, write_folder
from lilong_tools.broker_config.passwords import MOSQUITTO_ROUNDS, emqx_users, mosquitto_line

NOW = datetime(2026, 3, 4, tzinfo=UTC)
IDS = [f"{number:016x}" for number in range(40)]
SECRETS = {"acl", "passwords", "ca.key", "server.key", "backend.key", "backend.url", "emqx/users.csv"}


def root(device):
    return device_root(bytes(32), "t", device)


def write(folder, now=NOW, **changes):
    wanted = {"hosts": ["broker.example", "192.0.2.7"], "at": Path("/etc/lilong"), **changes}
    write_folder(folder, Wanted("t", IDS, root, **wanted), now)
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_every_file_is_there_and_secrets_are_for_their_owner_only(tmp_path):
    files = write(tmp_path / "broker")
    assert files.keys() == SECRETS | {
        "README.md", "mosquitto.conf", "limits.conf", "ca.crt", "server.crt", "backend.crt", "emqx/emqx.conf",
        "emqx/acl.conf",
    }  # fmt: skip
    for name in SECRETS:
        assert stat.S_IMODE((tmp_path / "broker" / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700


def test_the_password_file_is_that_of_mosquitto_passwd():
    user, scheme, rounds, salt, digest = mosquitto_line("a4cf", "secret", bytes(12)).split("$")
    assert (user, scheme, int(rounds)) == ("a4cf:", "7", MOSQUITTO_ROUNDS)
    again = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(rounds))
    assert base64.b64decode(digest) == again


def test_emqx_gets_the_same_logins():
    header, line = emqx_users([("u", "secret")]).splitlines()
    user, digest, salt, superuser = line.split(",")
    assert header == "user_id,password_hash,salt,is_superuser"
    assert (user, superuser) == ("u", "false")
    assert digest == hashlib.sha256(b"secret" + salt.encode()).hexdigest()


def test_every_device_and_the_backend_have_a_login_and_no_password_stands_in_a_file_of_the_broker(tmp_path):
    files = write(tmp_path)
    users = [line.split(":")[0] for line in files["passwords"].splitlines()]
    assert users == [*IDS, "centre"]
    assert len({line.split("$")[3] for line in files["passwords"].splitlines()}) == len(users), "each its own salt"
    kept = "".join(text for name, text in files.items() if name != "backend.url")
    for password in (broker_password(root(IDS[0])), parse_url(files["backend.url"].strip()).password):
        assert password not in kept


def test_the_url_of_the_backend_has_all_that_it_needs(tmp_path):
    there = parse_url(write(tmp_path)["backend.url"].strip())
    assert (there.host, there.port, there.username, len(there.password)) == ("broker.example", 8884, "centre", 64)
    at = "/etc/lilong"
    assert there.tls == Tls(f"{at}/ca.crt", f"{at}/backend.crt", f"{at}/backend.key")
    assert parse_url(there.url) == there


def test_a_second_run_keeps_authority_and_password_and_renews_certificates(tmp_path):
    first = write(tmp_path)
    second = write(tmp_path, NOW + timedelta(days=700), hosts=["new.example"])
    for name in ("ca.crt", "ca.key"):
        assert first[name] == second[name]
    assert parse_url(first["backend.url"].strip()).password == parse_url(second["backend.url"].strip()).password
    server = x509.load_pem_x509_certificate(second["server.crt"].encode())
    assert server.not_valid_after_utc > NOW + timedelta(days=1_400)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["new.example"]
    server.verify_directly_issued_by(x509.load_pem_x509_certificate(first["ca.crt"].encode()))


def test_another_backend_has_another_password(tmp_path):
    first, second = (parse_url(write(tmp_path, backend=name)["backend.url"].strip()) for name in ("one", "two"))
    assert (second.username, first.password == second.password) == ("two", False)


def test_an_authority_that_is_incomplete_is_not_replaced_in_silence(tmp_path):
    write(tmp_path)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(BrokerConfigError, match=r"ca\.key: is missing beside ca\.crt; bring it back"):
        write(tmp_path)


@pytest.mark.parametrize(("name", "fault"), [("ca.key", "cannot be read"), ("ca.crt", "cannot be read")])
def test_an_authority_that_is_damaged_is_told(tmp_path, name, fault):
    write(tmp_path)
    (tmp_path / name).write_text("nothing")
    with pytest.raises(BrokerConfigError, match=fault):
        write(tmp_path)


def test_an_authority_whose_key_is_of_another_is_told(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    (tmp_path / "a" / "ca.crt").write_text((tmp_path / "b" / "ca.crt").read_text())
    with pytest.raises(BrokerConfigError, match="is not the key of"):
        write(tmp_path / "a")


def test_an_authority_that_others_could_read_is_not_used(tmp_path):
    write(tmp_path)
    (tmp_path / "ca.key").chmod(0o644)
    with pytest.raises(BrokerConfigError, match="chmod 600"):
        write(tmp_path)


def test_without_the_package_for_certificates_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lilong_tools.broker_config.certificates", None)
    with pytest.raises(BrokerConfigError, match="pip install 'lilong\\[tls\\]'"):
        write(tmp_path)


def test_limits_follow_the_number_of_devices(tmp_path):
    files = write(tmp_path)
    connections = 2 * len(IDS) + 64
    assert f"max_connections {connections}\n" in files["mosquitto.conf"]
    limit = int(files["limits.conf"].partition("LimitNOFILE=")[2])
    assert limit > connections + 64
    assert f"ulimit -n {limit}" in files["README.md"]
    for line in ("max_queued_messages 200000", "max_inflight_messages 0", "max_packet_size 2048", "max_qos 1"):
        assert f"{line}\n" in files["mosquitto.conf"]


def test_emqx_is_told_the_same(tmp_path):
    files = write(tmp_path)
    conf, acl = files["emqx/emqx.conf"], files["emqx/acl.conf"]
    said = ("= hash_clientid\n", "use_username_as_clientid = true", "no_match = deny", "fail_if_no_peer_cert = true")
    for part in said:
        assert part in conf
    assert acl.strip().endswith("{deny, all}.")
    assert '{allow, all, {publish, [{retain, false}]}, ["lilong/1/t/${username}/u/#"]}.' in acl
    assert '["lilong/1/t/${username}/u/st", "lilong/1/t/${username}/u/cf"]' in acl


# ---- the command line


def refusal(*arguments):
    ended = run_lilong("broker-config", "music_plaza", "--out", "never", *arguments)
    assert ended.code == 2
    return ended.err.removeprefix("lilong: ").strip()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "b.example:8883"), "--host 'b.example:8883': neither a name nor an address; give one without port"),
        (("--host", "127.0.0.1", "--backend", "a4cf12fffe0b3c5d"), "--backend 'a4cf12fffe0b3c5d': not a user name"),
        (("--host", "127.0.0.1", "--user", "a b"), "--user 'a b': not a user name"),
        (("--host", "127.0.0.1", "--port", "8884"), "--port and --backend-port: both are 8884; give two"),
        (("--host", "127.0.0.1", "--at", "/etc/my broker"), "--at /etc/my broker: has a blank or a quote"),
        (("--host", "127.0.0.1", "--keys", "none.json"), "none.json: cannot be read (No such file or directory)"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(arguments, said):
    assert refusal(*arguments).startswith(said)


@pytest.mark.spec("LIL-SEC-010")
def test_the_public_key_is_for_a_broker_on_this_machine(tmp_path):
    said = refusal("--host", "127.0.0.1", "--host", "broker.example")
    assert said.startswith("broker broker.example: another machine, and the key of simulations is public")
    assert said.endswith("give --keys, or --simulation-key for a lab")
    for arguments in (("--host", "localhost"), ("--host", "broker.example", "--simulation-key")):
        ended = run_lilong("broker-config", "music_plaza", "--out", tmp_path / "broker", *arguments)
        assert ended.code == 0, ended.err
    assert len((tmp_path / "broker" / "passwords").read_text().splitlines()) == 3_445


# ---- the URL of a broker with TLS


@pytest.mark.parametrize(
    "url", ["mqtts://h:1", "mqtts://u:p@h:1?ca=/a/ca.crt", "mqtts://h:1?ca=a%20b&cert=c&key=d", "mqtts://[::1]:8883"]
)
def test_a_broker_with_tls_gives_the_url_it_was_given_by(url):
    assert parse_url(url).url.replace("+", "%20") == url


def test_its_port_is_8883_where_none_is_given():
    assert parse_url("mqtts://h").port == 8883


@pytest.mark.parametrize("query", ["x=1", "ca", "ca=", "ca=a&ca=b", "cert=c", "key=k"])
def test_any_other_query_is_refused_with_the_form_that_is_wanted(query):
    with pytest.raises(BrokerError, match=r"write mqtts://\[user:password@\]host"):
        parse_url(f"mqtts://u:secret@h?{query}")


def test_files_that_are_no_certificates_are_named(tmp_path):
    none, wrong = tmp_path / "none", tmp_path / "wrong"
    wrong.write_text("nothing")
    for tls, said in (
        (Tls(str(none)), f"?ca={none}: No such file or directory"),
        (Tls(str(wrong)), f"?ca={wrong}: no certificate or key in it"),
        (Tls(None, str(wrong), str(wrong)), f"?cert={wrong}&key={wrong}: no certificate or key in it"),
    ):
        with pytest.raises(BrokerError) as caught:
            tls.context()
        assert str(caught.value).startswith(said)


def test_a_broker_with_tls_that_is_not_there_is_named_without_its_password():
    ended = run_lilong("load", "music_plaza", "--broker", "mqtts://u:secret@127.0.0.1:1")
    assert ended.code == 2
    assert "no broker at 127.0.0.1:1" in ended.err
    assert "secret" not in ended.err

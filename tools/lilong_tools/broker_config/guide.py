"""The README.md of a broker's folder: how to run it, what to keep where, what to check."""

from pathlib import Path

from .mosquitto_conf import open_files


def guide(at: Path, tenant: str, devices: int, hosts: list[str], port: int, backend_port: int, until: str) -> str:
    """Markdown. `until`: the day on which the certificates of broker and backend end."""
    host = hosts[0]
    return f"""\
# A broker for {tenant}: {devices} devices

TLS on both ports, no anonymous login. A device logs in with its id and the password that follows from its root key, may
publish under its own `u/#` and read its own `d/#`, and nothing else. A backend needs a certificate beside its password.

| file | for whom |
|---|---|
| `mosquitto.conf`, `acl`, `passwords`, `data/` | mosquitto 2.0 |
| `server.crt`, `server.key` | the broker, as {", ".join(hosts)}; until {until} |
| `ca.crt` | every device and backend: whom to trust |
| `ca.key` | nobody in daily life: move it to a safe place, and back before `lilong broker-config` is run again |
| `backend.crt`, `backend.key`, `backend.url` | the management centre, and no other machine; until {until} |
| `limits.conf` | systemd: open files |
| `emqx/` | EMQX 5.8 in place of mosquitto |

## Run mosquitto
By hand, as the owner of the folder, after `ulimit -n {open_files(devices)}`:
```sh
mosquitto -c {at}/mosquitto.conf
```
As a service it is another user, and this folder has to stay yours: `lilong broker-config` and `lilong provision
--broker` write into it. So have it made with `--at /etc/lilong-broker`, and after each of these commands give mosquitto
a copy, from within the folder:
```sh
sudo cp -rT . /etc/lilong-broker
sudo rm -f /etc/lilong-broker/ca.key /etc/lilong-broker/backend.*
sudo chown -R mosquitto: /etc/lilong-broker
sudo install -D limits.conf /etc/systemd/system/mosquitto.service.d/limits.conf
```
At its file limit mosquitto accepts no connection and says nothing, hence `limits.conf`. New devices: run
`lilong broker-config` again (keys, authority and the backend's password stay), then `kill -HUP` lets it read
`passwords` and `acl` again; new certificates need a restart.

## Connect
```sh
LILONG_BROKER_URL=$(cat backend.url) python -m lilong_tools.centre --estate {tenant} --keys keys.json
```
It connects to port {backend_port}. `backend.url` names `ca.crt`, `backend.crt` and `backend.key` in {at}:
change it to where the centre has them.

A device: host {host}, port {port}, `ca.crt`, user name = device id. Its password is
HKDF-SHA-256(root, salt `lilong/1 broker password`, no info), 32 bytes as 64 lowercase hex digits; `lilong keys device`
writes what a board needs.

## What to check
- no TLS, no password, a wrong password: refused
- a device publishes under another's `u/`, or under any `d/`: nobody hears it
- a device subscribes to `#`: it hears only its own `d/#`
- a device connects under another's client id: the other stays connected

The tests of Lilong do this with mosquitto. EMQX's files are text: check them there yourself.

## What it does not do
- It does not keep a device from retaining a message in its own `u/#` (mosquitto cannot): a backend refuses and reports
  those that may not stand. EMQX's list does.
- Passwords are hashed with 101 rounds, mosquitto's default: these are 256 random bits, which rounds do not make better,
  while each round is paid again when a whole estate reconnects.
- Whoever runs the broker can hold messages back. Devices and backends notice by heartbeats, and no local output waits.
"""

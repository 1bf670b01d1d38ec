"""mosquitto.conf for an estate: TLS only, no anonymous login, and limits that lose no alarm."""

from pathlib import Path

from lilong_protocol.cbor import MAX_FRAME
from lilong_protocol.mqtt_packets import DEFAULT_LIMIT

BACKEND_CONNECTIONS = 64


def device_connections(devices: int) -> int:
    """How many may be open at once: all of them, and as many that the network lost without a word."""
    return 2 * devices + 64


def open_files(devices: int) -> int:
    """mosquitto stops accepting at its file limit without a word: more than its connections, logs and database need."""
    return device_connections(devices) + BACKEND_CONNECTIONS + 256


def mosquitto_conf(at: Path, devices: int, port: int, backend_port: int, user: str | None) -> str:
    """The configuration as it stands in folder `at`; `user`: whom mosquitto becomes when root starts it."""
    drop_to = f"user {user}\n" if user else ""
    return f"""\
# mosquitto 2.0 for {devices} devices. README.md beside this file says how to run it.
# per_listener_settings stays false: with it mosquitto 2.0.12 and later keep nothing for a backend that is away.
{drop_to}allow_anonymous false
allow_zero_length_clientid false
password_file {at}/passwords
acl_file {at}/acl

# The defaults, 20 in flight and 1,000 queued a client, lose alarms without a word.
max_inflight_messages 0
max_queued_messages 200000
# A frame has at most {MAX_FRAME} bytes; whoever sends a longer packet is cut before it is read.
message_size_limit {MAX_FRAME}
max_packet_size {DEFAULT_LIMIT}
set_tcp_nodelay true

# What waits for a backend that is away outlives a restart; autosave bounds what a power cut takes. Alarms outlive
# anything: their devices repeat them until the backend has them.
persistence true
persistence_location {at}/data/
autosave_interval 60
persistent_client_expiration 14d

log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages true

# Devices. The user name is taken for the client id, so that none can end another's session.
listener {port}
use_username_as_clientid true
max_connections {device_connections(devices)}
max_qos 1
certfile {at}/server.crt
keyfile {at}/server.key
tls_version tlsv1.2

# Backends, under client ids of their own choice: the password alone opens nothing here, the CA must have signed them.
listener {backend_port}
max_connections {BACKEND_CONNECTIONS}
cafile {at}/ca.crt
require_certificate true
certfile {at}/server.crt
keyfile {at}/server.key
tls_version tlsv1.2
"""


def systemd_limits(devices: int) -> str:
    """A drop-in for mosquitto's unit: the default of 1,024 open files carries no estate."""
    return f"[Service]\nLimitNOFILE={open_files(devices)}\n"

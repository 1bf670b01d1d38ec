"""The same for EMQX 5.8 as a text to be merged into emqx.conf: zones stand where mosquitto has listeners."""

from pathlib import Path

from lilong_protocol.mqtt_packets import DEFAULT_LIMIT

from .mosquitto_conf import BACKEND_CONNECTIONS, device_connections


def emqx_conf(at: Path, devices: int, port: int, backend_port: int) -> str:
    """HOCON. `at`: the folder in which all files stand."""
    return f"""\
# EMQX 5.8 for {devices} devices. Each name and value follows its configuration manual and its schema. Not run: no EMQX
# has read this file, checked a login of users.csv, an access of acl.conf or a client id. The tests of Lilong do all
# that with mosquitto; do it here by README.md, "What to check", before an estate depends on it.

# A group of backends shares an estate by publisher, so that all classes of one device stay in order at one of them.
# (hash_topic would part them: each class is a topic of its own.)
mqtt.shared_subscription_strategy = hash_clientid

zones.devices.mqtt {{
  use_username_as_clientid = true  # so that no device can end another's session
  max_packet_size = {DEFAULT_LIMIT}B
  max_qos_allowed = 1
}}
zones.backends.mqtt {{
  max_packet_size = {DEFAULT_LIMIT}B
  max_inflight = 65535
  max_mqueue_len = 200000  # the default of 1,000 loses alarms
  session_expiry_interval = 14d
}}

listeners.tcp.default.enable = false
listeners.ws.default.enable = false
listeners.wss.default.enable = false
listeners.ssl.default {{
  bind = "0.0.0.0:{port}"
  zone = devices
  max_connections = {device_connections(devices)}
  ssl_options {{
    certfile = "{at}/server.crt"
    keyfile = "{at}/server.key"
    versions = ["tlsv1.3", "tlsv1.2"]
  }}
}}
listeners.ssl.backends {{
  bind = "0.0.0.0:{backend_port}"
  zone = backends
  max_connections = {BACKEND_CONNECTIONS}
  ssl_options {{
    cacertfile = "{at}/ca.crt"
    certfile = "{at}/server.crt"
    keyfile = "{at}/server.key"
    verify = verify_peer
    fail_if_no_peer_cert = true
    versions = ["tlsv1.3", "tlsv1.2"]
  }}
}}

authentication = [
  {{
    mechanism = password_based
    backend = built_in_database
    user_id_type = username
    password_hash_algorithm {{ name = sha256, salt_position = suffix }}
    bootstrap_file = "{at}/emqx/users.csv"
    bootstrap_type = hash
  }}
]
authorization {{
  no_match = deny
  deny_action = disconnect
  sources = [{{ type = file, enable = true, path = "{at}/emqx/acl.conf" }}]
}}
"""

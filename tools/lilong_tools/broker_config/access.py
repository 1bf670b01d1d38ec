"""Who may publish and read what, as access lists of mosquitto and EMQX.

A device's user name is its id, and both brokers are told to take the user name for the client id: so that a device can
neither speak in another's topics, nor end another's session by connecting under its id.
"""

from lilong_protocol import topics


def mosquitto_acl(tenant: str, backend: str) -> str:
    """The acl_file: devices by pattern, one backend by name; all else is refused."""
    own = topics.PREFIX + tenant
    return f"""\
# A device, whose user name is its id: publishes under its own u/#, reads its own d/#.
pattern write {own}/%u/u/#
pattern read {own}/%u/d/#

# The management centre: hears every device, commands every device, never speaks for one.
user {backend}
topic read {topics.all_up_filter(tenant)}
topic write {topics.down_filter(tenant, "+")}
topic read $SYS/broker/version
"""


def emqx_acl(tenant: str, backend: str) -> str:
    """The same as EMQX's acl.conf, which can refuse retained messages of a device too (since 5.1.1)."""
    own = f"{topics.PREFIX}{tenant}/${{username}}"
    may_stand = ", ".join(f'"{own}/u/{cls}"' for cls in topics.UP_CLASSES if topics.retained(cls))
    return f"""\
%% The management centre: hears every device, alone or in a shared group, and commands every device.
{{allow, {{username, "{backend}"}}, subscribe, ["{topics.all_up_filter(tenant)}"]}}.
{{allow, {{username, "{backend}"}}, publish, ["{topics.down_filter(tenant, "+")}"]}}.

%% A device, whose user name is its id: only its state and its configuration may stand in the broker.
{{allow, all, {{publish, [{{retain, true}}]}}, [{may_stand}]}}.
{{allow, all, {{publish, [{{retain, false}}]}}, ["{own}/u/#"]}}.
{{allow, all, subscribe, ["{own}/d/#"]}}.

{{deny, all}}.
"""

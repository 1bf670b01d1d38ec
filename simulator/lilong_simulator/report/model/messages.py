"""What was sent and what became of it, by the broker and over time."""

from __future__ import annotations

from pydantic import Field

from .parts import Count, Latencies, Table


class Fates(Table):
    """sent = acknowledged + in_flight + refused + lost + unconfirmed + unobserved."""

    sent: Count
    acknowledged: Count = Field(description="the broker has them")
    in_flight: Count = Field(description="no PUBACK by the end")
    refused: Count = Field(description="the broker said no")
    lost: Count = Field(description="the link ended before the PUBACK")
    unconfirmed: Count = Field(description="QoS 0: nobody answers")
    unobserved: Count = Field(description="of devices in processes of their own")
    skipped: Count = Field(description="not sent: no link, or too much in flight; none of `sent`")


class Messages(Table):
    total: Count
    by_class: dict[str, Count]
    fates: dict[str, Fates] | None = Field(description="what became of them, by class; null in virtual time")


class BrokerLatencies(Table):
    """From the due time."""

    connack: Latencies = Field(description="a connection is wanted to CONNACK")
    online: Latencies = Field(description="a connection is wanted to SUBACK")
    puback: Latencies = Field(description="of all classes")
    by_class: dict[str, Latencies] = Field(description="PUBACK, by class of message")


class Series(Table):
    """Over time, a row each `width_s`; a quiet stretch has no row."""

    width_s: Count
    columns: list[str]
    rows: list[list[float | None]]

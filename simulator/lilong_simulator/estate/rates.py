"""How often what happens in an estate, and at which hours: the tables [rates] and [curves] of its file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from lilong_simulator.estate.tables import Curve, Rate, Share, Table

PerDay = Annotated[float, Field(ge=0, le=100)]
PerYear = Annotated[float, Field(ge=0, le=365)]


class Rates(Table):
    """How often things happen: totals of the estate per working day unless the name says otherwise.

    What has a default is by the unit, so that an older file has as much of it as the reference estate.
    """

    credential_reads: Rate
    door_cycles: Rate
    denied_share: Share
    staff_entries_per_door: Rate
    held_open: Rate
    forced_per_door_month: Rate
    cookings_per_household: Annotated[float, Field(ge=0, le=12)]
    smoke_nuisance: Rate
    gas_nuisance_per_detector_year: PerYear
    gas_whiffs_per_detector_year: PerYear
    sos_by_accident_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    sos_per_wearer_year: PerYear
    false_falls_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    cancelled_falls_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    knocks_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    falls_per_wearer_year: PerYear
    openings_per_cover_year: PerYear

    car_passages_per_bay: PerDay = 2.25
    """Through lanes, in and out: 900 of 400 bays."""
    plate_misread_share: Share = 0.02
    plate_misread_share_night: Share = 0.02
    """From 19:00 to 06:00. Under stress 0.1 by day and 0.2 by night."""
    cycle_passages_per_flat: PerDay = 1.8826
    """Through cycle gates, in and out, those of sheds not counted: 1,700 of 903 flats."""
    calls_per_flat: PerDay = 0.33223
    """At the panels of the flat's core: 300 of 903 flats."""
    ebikes_per_lobby_reader: PerDay = 0.3
    """That somebody takes up in the lift past a reader: (ours), nobody counts them; at most one a day."""
    bicycles_per_lobby_reader: PerDay = 0.2
    """Which may go in: (ours)."""
    ev_sessions_per_pile: PerDay = 1.2
    shed_sessions_per_socket: PerDay = 1.5
    parcels_per_flat: PerDay = 0.1
    """Into lockers, without a call before; 0.1 is assumed."""
    falling_objects_per_facade_camera_year: PerYear = 1.857
    """One a week before 28 cameras."""
    falling_nuisances_per_facade_camera: PerDay = 0.14286
    """Birds and leaves that are taken for objects: four a day before 28 cameras."""
    birds_per_facade_camera: PerDay = 0.4
    """That are not, in fair weather; 0.4 is assumed."""
    fence_touches_per_zone: PerDay = 0.1
    """Of nobody, long enough for an alarm, in fair weather; tenfold in wind and rain."""
    fence_brushes_per_zone: PerDay = 0.3
    """Too short for an alarm; likewise."""
    low_batteries_per_detector_year: PerYear = 0.2
    """Of smoke detectors: five years each."""
    faults_per_device_year: PerYear = 0.1752
    """A mean of 50,000 h between them."""
    lamp_failures_per_lamp_year: PerYear = 0.02
    lamp_silences_per_lamp_year: PerYear = 0.9125
    """Its control gear does not answer for a while: 0.2 a day of 80 lamps."""


def _curve(*shares: float) -> Any:
    return Field(default=list(shares), validate_default=True)


class Curves(Table):
    """Shares of a day's events per hour, 00 to 23, in percent; each sums to 100. The defaults are the reference's."""

    door_in: Curve
    door_out: Curve
    smoke_nuisance: Curve
    car_in: Curve = _curve(
        1.2, 0.6, 0.3, 0.2, 0.2, 0.4, 1.2, 2.5, 3.0, 3.0, 3.0, 4.0,
        4.5, 3.5, 3.0, 3.5, 5.5, 11.0, 16.0, 12.5, 8.0, 6.0, 4.0, 2.9,
    )  # fmt: skip
    car_out: Curve = _curve(
        0.5, 0.3, 0.2, 0.2, 0.3, 1.0, 6.0, 21.0, 15.5, 7.0, 5.0, 4.0,
        4.0, 5.0, 4.5, 4.0, 4.0, 4.5, 5.0, 4.0, 2.0, 1.0, 0.6, 0.4,
    )  # fmt: skip
    cycle: Curve = _curve(
        0.5, 0.2, 0.2, 0.2, 0.3, 1.0, 4.5, 11.5, 8.0, 4.0, 4.0, 7.5,
        7.0, 4.0, 3.5, 3.5, 5.0, 9.5, 10.5, 6.5, 4.0, 2.5, 1.3, 0.8,
    )  # fmt: skip
    call: Curve = _curve(
        0.3, 0.1, 0.1, 0.1, 0.1, 0.3, 1.0, 2.5, 4.5, 6.0, 7.0, 12.5,
        10.5, 5.5, 4.5, 5.0, 6.5, 9.5, 10.5, 7.0, 3.5, 1.8, 0.8, 0.4,
    )  # fmt: skip

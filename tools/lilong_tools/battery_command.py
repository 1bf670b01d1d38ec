"""`lilong battery`: how long the battery of a sleeping device lasts, beside what is asked of its kind."""

import math
import re
from typing import Annotated

import typer

from .battery_budget import LONGEST_S, SUPPLY, Budget, budget
from .battery_life import (
    CURRENTS,
    DAYS_A_YEAR,
    DEMAND_YEARS,
    MS_A_DAY,
    Awake,
    Battery,
    Currents,
    affordable_ms,
    affordable_times,
    life,
)
from .boards import open_board
from .boards.sleeping import sleeps
from .inputs import InputError

LARGE_UA = 1_000
AWAKE = re.compile(r"(?P<name>[a-z_]+):(?P<ms>\d+(\.\d+)?):(?P<times>\d+(\.\d+)?):(?P<what>radio|cpu)")


def battery(
    board: Annotated[str, typer.Option(help="as `lilong boards` lists them, or a path")],
    kind: Annotated[str, typer.Option(help="smoke, manhole ...")],
    awake: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:MS:TIMES:radio|cpu", help="ms each time, times a day; else the kind's own budget"),
    ] = None,
    measured_on: Annotated[str, typer.Option(help="the machine on which these times were measured")] = "",
    look_s: Annotated[
        float | None, typer.Option(min=1, help="of the budget: between two looks, in place of the kind's own")
    ] = None,
    switched: Annotated[bool, typer.Option(help="of the budget: the sensors' supply is off between two looks")] = False,
    capacity_mah: Annotated[float, typer.Option(min=1)] = 2_400,
    usable_percent: Annotated[float, typer.Option(min=1, max=100)] = 80,
    self_discharge: Annotated[float, typer.Option(min=0, max=100, help="percent of the capacity a year")] = 2,
    others_ua: Annotated[float, typer.Option(min=0, help="regulator, and what is no sensor, all the time")] = 20,
    sleep_ua: Annotated[float | None, typer.Option(min=0, help="measured; else the data sheet's")] = None,
    cpu_ma: Annotated[float | None, typer.Option(min=0, help="measured; else the data sheet's")] = None,
    radio_ma: Annotated[float | None, typer.Option(min=0, help="measured; else an assumption")] = None,
) -> None:
    """Battery life of a sleeping device, computed from measured times awake and currents of data sheets."""
    there = open_board(board)
    if kind not in there.kinds:
        raise InputError(f"--kind {kind}: {there.id} does not carry it; it carries {', '.join(there.kinds)}")
    sheet = CURRENTS.get(there.chip.id)
    if sheet is None:
        known = ", ".join(sorted(CURRENTS))
        raise InputError(f"--board {board}: its chip {there.chip.id} has no deep sleep of use; there are {known}")
    if there.radio == "ppp" and radio_ma is None:
        raise InputError("--radio-ma: is missing; the radio is the modem: measure its mean, or take its data sheet's")
    currents = Currents(
        sheet.sleep_ua if sleep_ua is None else sleep_ua, sheet.cpu_ma if cpu_ma is None else cpu_ma,
        sheet.radio_ma if radio_ma is None else radio_ma, sheet.source,
    )  # fmt: skip
    own: Budget | None = None
    if not awake:
        if not sleeps(kind):
            raise InputError(f"--kind {kind}: never sleeps, and has no budget; feed it from the mains, or give --awake")
        own = budget(there, kind, look_s)
        if not switched:
            others_ua += sum(own.parts_ua.values())
    elif not measured_on:
        raise InputError("--measured-on: is missing; say on what machine the times of --awake were measured")
    wakes = [_awake(text) for text in awake or ()] if own is None else list(own.awake)
    cell = Battery(capacity_mah, usable_percent, self_discharge)
    try:
        found = life(currents, wakes, cell, others_ua)
    except ValueError as error:
        raise InputError(f"--awake: {error}") from None
    total = sum(found.mah_a_day.values())
    for name, mah in sorted(found.mah_a_day.items(), key=lambda item: -item[1]):
        typer.echo(f"{name:16} {mah:9.3f} mAh a day  {100 * mah / total:5.1f} %")
    typer.echo(f"{'together':16} {total:9.3f} mAh a day, of {capacity_mah:g} mAh, {usable_percent:g} % of use")
    demand = DEMAND_YEARS.get(kind)
    typer.echo(f"lasts {found.years:.1f} years" + _beside(found.years, demand))
    radio = [one for one in wakes if one.radio]
    if demand is not None and len(wakes) == len(radio) == 1:
        may = affordable_ms(currents, cell, demand, radio[0].times_a_day, others_ua)
        typer.echo(f"for {demand} years {radio[0].name} may take {may:,.0f} ms each time")
    if own is not None:
        _say(own, kind, found.years, demand, affordable_times(currents, cell, demand or 0, wakes, others_ua), switched)
    origin = _origin(sleep_ua, cpu_ma, radio_ma)
    times = f"measured on {measured_on}" if own is None else "a budget, of chip models and others' measurements (ours)"
    typer.echo(f"times awake: {times}. Currents: {origin}{currents.source}")
    if radio_ma is None:
        typer.echo("not proved on hardware: above all the mean current with the radio on: give --radio-ma")


def _say(own: Budget, kind: str, years: float, demand: int | None, times: float, switched: bool) -> None:
    """What a budget comes to: whether this is a product for a battery, and what it wants else."""
    looks = own.awake[0]
    each, day_s = looks.ms, looks.ms * looks.times_a_day / 1_000
    typer.echo(f"looks: every {own.period_s:g} s, awake for {each:,.0f} ms, {day_s:,.0f} s a day")
    drawn = ", ".join(f"{driver} {ua / 1_000:g} mA" for driver, ua in own.parts_ua.items() if ua >= LARGE_UA)
    if drawn and not switched:
        typer.echo(f"drawn all the time: {drawn}; --switched says what a switch at their supply is worth")
    if demand is None:
        typer.echo(f"{years * DAYS_A_YEAR:.1f} days off the wrist. Supply: {SUPPLY[kind]}")
    elif years < demand:
        longest_s = LONGEST_S[kind]
        may = f"no looks that come every {longest_s} s last for {demand} years"
        if times * longest_s * 1_000 >= MS_A_DAY:
            may = f"looks every {math.ceil(MS_A_DAY / 1_000 / times)} s would last for {demand} years"
        typer.echo(f"NOT VIABLE on this battery: {may}. Supply: {SUPPLY[kind]}")


def _beside(years: float, demand: int | None) -> str:
    if demand is None:
        return ""
    return f", and {demand} are asked of it: " + ("enough" if years >= demand else "NOT ENOUGH")


def _origin(*measured: float | None) -> str:
    return "some were given; the others: " if any(one is not None for one in measured) else ""


def _awake(text: str) -> Awake:
    found = AWAKE.fullmatch(text)
    if found is None:
        raise InputError(f"--awake {text}: is not NAME:MS:TIMES:radio|cpu, such as report:6000:1:radio")
    return Awake(found["name"], float(found["ms"]), float(found["times"]), found["what"] == "radio")

"""What devices say in place of sealed frames: valid JSON and SenML that say what the frame says, by templates."""

import json
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import frame
from lilong_protocol.cbor import encode
from lilong_protocol.frame import unpack
from lilong_protocol.pc.strategies import Place, frames
from lilong_protocol.registry import ALARM, EVENT, KIND_BY_NUMBER, MESSAGE, QUANTITIES, QUANTITY
from lilong_simulator.load.payload import TemplateError, read_template
from lilong_simulator.load.payload.facts import NAMES, Facts, alarm_id, getters, number
from lilong_simulator.load.payload.pointer import PointerError, follow, steps
from lilong_simulator.load.payload.senml import UNITS, measured
from lilong_simulator.load.payload.template import Template, built_in
from senml_reader import UNITS as REGISTERED
from senml_reader import read

PLACE = Place()
AT_MS = 1_800_000_000_123.4
ROWS = {"alarms": ALARM, "events": EVENT, "kinds": KIND_BY_NUMBER}
FLAT, SENML = read_template("json_flat"), read_template("senml")


def is_a_devices(sample):
    """A device tells each quantity once, and of nothing that is older than a few days."""
    if sample.message.number != frame.TELEMETRY:
        return True
    quantities, ages = sample.payload[7][0], sample.payload[7][1]
    return len(set(quantities)) == len(quantities) and max(ages, default=0) < 1_000_000_000


said_by_devices = st.sampled_from(sorted(NAMES.values())).flatmap(
    lambda kind: frames(kind, PLACE, unknown=False).filter(is_a_devices)
)


def facts_of(sample, kind="smoke"):
    return Facts(PLACE.tenant, PLACE.device, kind, "core1/1F/101/smoke", unpack(encode(sample.payload)), AT_MS)


def rendered(template, sample):
    found = template.messages.get(sample.message.number)
    return None if found is None else found.render(facts_of(sample))


def parse(text):
    return Template.parse("mine", text, "mine.toml")


def refused(text):
    with pytest.raises(TemplateError) as wrong:
        parse(text)
    return str(wrong.value).splitlines()


def readings(sample):
    """(name, number on the wire, divisor, age in ms) of everything that a frame measured."""
    body = sample.payload[7]
    if sample.message.number == frame.TELEMETRY:
        rows = [
            (quantity, value, age)
            for quantity, column in zip(body[0], body[2], strict=True)
            for value, age in zip(column, body[1], strict=True)
        ]
    else:
        key = {field.name: field.key for field in sample.message.body}.get("values", -1)
        rows = [(quantity, value, 0) for quantity, value in body.get(key, {}).items()]
    return [(name_of(quantity), quantity, value, age) for quantity, value, age in rows if value is not None]


def name_of(quantity):
    return QUANTITY[quantity].name if quantity in QUANTITY else str(quantity)


def exactly(quantity, value):
    return value * Fraction(10) ** (QUANTITY[quantity].exponent if quantity in QUANTITY else 0)


def close(found, wanted):
    """The float nearest to it."""
    return float(found) == float(wanted)


# ---- what the templates of the package say


@given(said_by_devices)
def test_every_frame_becomes_a_senml_pack_that_says_what_it_says(sample):
    _, payload = rendered(SENML, sample)
    records = read(payload)
    base = f"urn:dev:mac:{PLACE.device}:"
    assert all(record.name.startswith(base) for record in records)
    told = [(record.name.removeprefix(base), record) for record in records]
    single = {name: record.value for name, record in told}
    names = {number: name for name, number in NAMES.items()}
    assert single["message"] == names[sample.message.number]
    assert single["boot"] == sample.payload[2]
    assert single.get("seq") == (sample.payload[3] if "seq" in sample.message.header else None)
    for field in sample.message.body:
        if field.type in ("number", "text", "bool") and field.key in sample.payload[7]:
            value = sample.payload[7][field.key]
            row = ROWS.get(field.names, {}).get(value)
            meant = str(value) if field.names and row is None else row.name if row else value
            assert single[field.name] == dict(field.meanings).get(meant, meant)
    wanted = readings(sample)
    found = told[len(told) - len(wanted) :] if wanted else []
    assert sorted((name, float(record.value), record.unit) for name, record in found) == sorted(
        (name, *in_senml(quantity, value)) for name, quantity, value, _ in wanted
    )
    assert sorted((name, record.time) for name, record in found) == sorted(
        (name, round(AT_MS) / 1000 + (-age / 1000 if age else 0)) for name, _, _, age in wanted
    )


def in_senml(quantity, value):
    known = QUANTITY.get(quantity)
    if known is None:
        return float(value), None
    unit, factor = UNITS.get(known.unit, (known.unit, 1))
    return float(exactly(quantity, value) * factor), unit


@given(said_by_devices)
def test_every_frame_that_the_flat_template_sends_is_json_that_says_what_it_says(sample):
    made = rendered(FLAT, sample)
    if made is None:
        assert sample.message.number == frame.DEATH, "whose place the connection's end takes"
        return
    topic, payload = made
    told = json.loads(payload)
    body = sample.payload[7]
    wanted = {name: (quantity, value) for name, quantity, value, _ in readings(sample)}
    match sample.message.number:
        case frame.BIRTH:
            assert topic == "v1/devices/me/attributes"
            assert told["device"] == PLACE.device
            assert told["boot"] == sample.payload[2]
            assert told.get("firmware") == body.get(2)
            return
        case frame.TELEMETRY:
            assert sorted(row["ts"] for row in told) == sorted(round(AT_MS - age) for age in body[1])
            numbers = sorted((name, float(value)) for row in told for name, value in row["values"].items())
            assert numbers == sorted(
                (name, float(exactly(quantity, value))) for name, quantity, value, _ in readings(sample)
            )
            return
        case frame.HEARTBEAT:
            numbers = told["values"]
        case _:
            assert told["ts"] == round(AT_MS)
            numbers = told["values"].get("reading", {})
    if sample.message.number in (frame.RAISE, frame.UPDATE, frame.CLEAR):
        own = sample.payload[2], sample.payload[3]
        ref = own if sample.message.number == frame.RAISE else sample.payload[9]
        assert told["values"]["alarm"] == f"{PLACE.device}-{ref[0]}-{ref[1]}"
    if sample.message.number != frame.CLEAR:
        assert numbers.keys() == wanted.keys()
        assert all(close(numbers[name], exactly(*one)) for name, one in wanted.items())


@pytest.mark.parametrize("row", QUANTITIES, ids=lambda row: row.name)
def test_every_quantity_has_a_registered_unit_in_senml_or_none(row):
    told = measured(row.number, row.high)
    assert told.get("u", "/") in REGISTERED
    assert ("u" in told) == (row.unit not in ("dB/m", "CNY"))


def test_values_are_in_units_of_the_registry_and_exact():
    assert number(1, 231) == 0.231
    assert number(3, 96) == 96
    assert measured(15, 1_000) == {"n": "acceleration", "u": "m/s2", "v": 9.80665}
    assert measured(5, 35) == {"n": "co", "u": "/", "v": 0.000035}


@pytest.mark.parametrize("name", built_in())
def test_a_probe_finds_the_alarm_of_whatever_a_template_of_the_package_says_of_it(name):
    template = read_template(name)
    body = {frame.RAISE: {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}, frame.UPDATE: {0: 1, 4: {}, 5: 2}, frame.CLEAR: {0: 1, 6: 0}}
    for kind, content in body.items():
        said = frame.unpack(frame.pack(kind, content, 7, 12, 5_000, ref=None if kind == frame.RAISE else (7, 9)))
        facts = Facts("acme", PLACE.device, "smoke", "a", said, AT_MS)
        _, payload = template.messages[kind].render(facts)
        assert template.alarm_of(payload) == (PLACE.device, 7, 12 if kind == frame.RAISE else 9)
        assert alarm_id(PLACE.device, said) in payload.decode()
    assert [template.alarm_of(bad) for bad in (b"", b"[]", b'{"values": {"alarm": 5}}', b"\xff")] == [None] * 4


# ---- what a template may say

documents = st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5)


@given(frames(frame.EVENT, PLACE, unknown=False), st.dictionaries(st.text(), documents, max_size=5))
def test_whatever_json_a_template_holds_comes_out_as_it_was_written(sample, content):
    escaped = json.dumps(content).replace("{", "{{").replace("}", "}}")
    text = "{" + escaped[2:-2] + "}"
    template = parse(f"[event]\ntopic = 't'\nbody = {json.dumps(text)}\n")
    assert json.loads(rendered(template, sample)[1]) == content


@given(frames(frame.EVENT, PLACE, unknown=False))
def test_a_placeholder_alone_keeps_its_type_and_within_text_it_is_written_out(sample):
    body = (
        '{"a": "{boot}", "b": "boot {boot} of {device}%", "{code}": ["{seq}", "{values.storey}", 5], '
        '"{{c}}": "{values.storey}"}'
    )
    template = parse(f"[event]\ntopic = 'x/{{estate}}/{{kind}}'\nbody = '{body}'\n")
    topic, payload = rendered(template, sample)
    told = json.loads(payload)
    boot, seq, code = sample.payload[2], sample.payload[3], sample.payload[7][0]
    name = EVENT[code].name if code in EVENT else str(code)
    storey = (sample.payload[7].get(4) or {}).get(49)
    wanted = {"a": boot, "b": f"boot {boot} of {PLACE.device}%", name: [seq, storey, 5], "{c}": storey}
    if storey is None:
        wanted = {**wanted, name: [seq, 5]}
        del wanted["{c}"]
    assert topic == "x/acme/smoke"
    assert told == wanted


def test_a_value_of_another_kind_of_device_is_left_out():
    template = parse('''[heartbeat]
topic = "t"
body = '{"smoke": "{values.smoke.obscuration}", "any": "{values.obscuration}", "gas": "{values.gas.gas}"}'
''')  # fmt: skip
    said = frame.unpack(frame.pack(frame.HEARTBEAT, {0: 0, 1: 0, 2: 0, 3: {1: 231, 4: 7}}, 7, 1, 5, nonce=bytes(8)))
    smoke, gas = (Facts("acme", PLACE.device, kind, "a", said, AT_MS) for kind in ("smoke", "gas"))
    render = template.messages[frame.HEARTBEAT].render
    assert json.loads(render(smoke)[1]) == {"smoke": 0.231, "any": 0.231}
    assert json.loads(render(gas)[1]) == {"any": 0.231, "gas": 0.7}


def test_what_has_no_table_is_not_sent():
    template = parse('[alarm_raise]\ntopic = "a/{code}"\nbody = "senml"\n')
    assert template.messages.keys() == {frame.RAISE}
    assert template.messages[frame.RAISE].filter == "a/+"
    assert not template.retains


# ---- what is wrong is told with its line

RAISE = '[alarm_raise]\ntopic = "t"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "mine.toml:1: (top level): no message is to be sent; add a table: birth, heartbeat, "),
        ("[birth", "mine.toml: not TOML: "),
        ("[brith]\ntopic = 't'", 'mine.toml:1: brith: is not a key here; did you mean "birth"? known: about, '),
        ("[birth]\nbody = 'senml'", "mine.toml:1: birth.topic: is missing; add topic = ..."),
        ("[birth]\ntopic = 5\nbody = 'senml'", "mine.toml:2: birth.topic: input should be a valid string; mend"),
        (RAISE + "body = 'senlm'", 'mine.toml:3: alarm_raise.body: not JSON: expecting value; did you mean "senml"? '),
        (RAISE + "body = '''\n{\n \"a\" 1\n}\n'''", "mine.toml:5: alarm_raise.body: not JSON: "),
        (RAISE + "body = '5'", "mine.toml:3: alarm_raise.body: a JSON value alone; write an object, an array, or "),
        (RAISE + 'body = \'{"a": NaN}\'', "mine.toml:3: alarm_raise.body: NaN is no JSON; write a JSON document "),
        (
            RAISE + 'body = """\n{"a": 1,\n "b": "{devcie}"}"""',
            'mine.toml:5: alarm_raise.body: {devcie} says nothing here; did you mean "device"? known: alarm, ',
        ),
        (RAISE + 'body = \'{"a": "{values.obscurity}"}\'', 'did you mean "values.obscuration"? known: values.'),
        (RAISE + 'body = \'{"a": "{rows}"}\'', "{rows} says nothing here; "),
        (RAISE + 'body = \'{"a": "{"}\'', "mine.toml:3: alarm_raise.body: a { alone; write {name} for a placeholder"),
        ("[birth]\ntopic = 'a/+'\nbody = 'senml'", "mine.toml:2: birth.topic: has a wildcard or a NUL"),
        ("[birth]\ntopic = '$SYS'\nbody = 'senml'", "mine.toml:2: birth.topic: begins with $"),
        ("[birth]\ntopic = 'a/{boot}'\nbody = 'senml'", "mine.toml:2: birth.topic: {boot} says nothing here; known: "),
        (RAISE + "retain = 5\nbody = 'senml'", "alarm_raise.retain: input should be a valid"),
        ("[telemetry]\ntopic = 't'\nbody = '\"{rows}\"'", "mine.toml:3: telemetry.body: {rows} has no form; write"),
        ("[event]\ntopic = 't'\nbody = 'senml'\nrow = '{}'", "mine.toml:4: event.row: only telemetry has rows; leave"),
        ("[probe]\nalarm = '/a'\n[event]\ntopic = 't'\nbody = 'senml'", "mine.toml:2: probe.alarm: no alarm is"),
        (RAISE + "body = '{\"a\": \"{alarm}\"}'\n[probe]\nalarm = '/b'", "mine.toml:5: probe.alarm: nothing stands"),
        (RAISE + "body = '{\"a\": 5}'\n[probe]\nalarm = '/a'", "mine.toml:5: probe.alarm: leads to 5, which is not "),
        (RAISE + "body = '{\"a\": 5}'\n[probe]\nalarm = 'a'", "mine.toml:5: probe.alarm: 'a' is no JSON Pointer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_line_key_and_remedy(text, told):
    (line,) = refused(text)
    assert told in line


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_lines():
    lines = refused("[birth]\ntopic = '#'\nbody = '5'\n[event]\ntopic = 't'\nbody = '{\"a\": \"{x}\"}'")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "6"]


@pytest.mark.parametrize(
    ("given_name", "told"),
    [
        ("jsno_flat", '--template jsno_flat: no such template; did you mean "json_flat"? known: json_flat, senml'),
        ("/nowhere/mine.toml", "--template /nowhere/mine.toml: No such file or directory; give the path of a template"),
    ],
)
def test_a_template_that_is_not_there_is_told(given_name, told):
    with pytest.raises(TemplateError) as wrong:
        read_template(given_name)
    assert str(wrong.value).startswith(told)


# ---- JSON Pointer, by the examples of RFC 6901 section 5

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/m~0n", 8), ("/ ", 7)],
)
def test_a_pointer_leads_where_the_rfc_says(pointer, value):
    assert follow(DOCUMENT, steps(pointer)) == value


@pytest.mark.parametrize("pointer", ["foo", "/~2", "/foo/2", "/foo/00", "/foo/-", "/bar", "/foo/bar"])
def test_a_pointer_that_leads_nowhere_is_refused(pointer):
    with pytest.raises(PointerError):
        follow(DOCUMENT, steps(pointer))


def test_every_kind_of_message_that_a_template_names_goes_up():
    assert all(MESSAGE[kind].uplink for kind in NAMES.values())


# ---- docs/templates.md


def test_the_template_of_the_page_is_one_and_its_table_has_every_placeholder(repository):
    page = (repository / "docs" / "templates.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    template = parse(example)
    assert template.retains
    assert template.alarm == ("id",)
    assert template.messages[frame.RAISE].filter == "homes/+/alarms"
    table = page[page.index("| placeholder |") :].partition("\n\n")[0]
    told = {name for row in table.splitlines() for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    known = {name for kind in NAMES.values() for name in getters(kind) if "." not in name}
    assert told == known

"""The console in a real browser (Chromium without a window), against a centre that the test plays."""

import re
import shutil
from pathlib import Path

import pytest
import small_estate as small
from fake_centre import PATIENCE_S, FakeCentre
from playwright.sync_api import expect, sync_playwright
from small_estate import DOOR, GAS, HOSTILE, LAMP, SMOKE

# The page needs nothing from outside; the browser must not go looking for updates either.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="module")
def chromium():
    installed = shutil.which("chromium") or shutil.which("/usr/bin/chromium")
    with sync_playwright() as playwright:
        path = installed or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("Chromium is not installed: `apt install chromium`, or `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def centre():
    with FakeCentre(small.estate(), small.REGISTRY) as centre:
        centre.at_connect = [small.hello(), small.states(), small.counts(11)]
        yield centre


@pytest.fixture
def visit(chromium, centre):
    """Opens the console and waits until it is live; options go to the browser's context."""
    contexts = []

    def visit(query="", **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}, "locale": "en-GB"} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.goto(f"{centre.url}/{query}")
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit):
    return visit()


def row(page, message):
    return page.locator(f'[data-alarm-id="{message["alarm"]["id"]}"]')


def rows(page, test_id="alarm-list"):
    return page.get_by_test_id(test_id).get_by_test_id("alarm-row")


def click_device(page, device):
    at = page.evaluate("id => lilong.deviceAt(id)", device)
    page.mouse.click(at["x"], at["y"])


# The colour of the mark's canvas at a device, as "r,g,b,a"; an alpha of 0 is bare ground.
INK = """id => {
  const at = lilong.deviceAt(id);
  const canvas = document.querySelector(`#${at.sheet} canvas.marks`);
  const box = canvas.getBoundingClientRect();
  const ratio = canvas.width / box.width;
  const [x, y] = [(at.x - box.left) * ratio, (at.y - box.top) * ratio].map(Math.round);
  return canvas.getContext("2d").getImageData(x, y, 1, 1).data.join();
}"""


def test_the_page_loads_without_an_error_and_shows_the_estate(page):
    expect(page.get_by_test_id("estate-name")).to_have_text("Small Plaza")
    expect(page.get_by_test_id("counts-connected")).to_have_text("11")
    expect(page.get_by_test_id("counts-devices")).to_have_text("11")
    expect(page.get_by_test_id("counts-rate")).to_have_text("2.5")
    expect(page.get_by_test_id("broker")).to_have_text("embedded")
    expect(page.get_by_test_id("no-alarms")).to_be_visible()
    expect(page.get_by_test_id("banner")).to_be_hidden()
    assert page.complaints == []


def test_every_device_is_drawn_at_a_place_of_its_own(page):
    page.wait_for_function("lilong.drawn() === 11")
    places = [page.evaluate("id => lilong.deviceAt(id)", device) for device in small.ids()]
    assert all(places)
    assert len({(place["sheet"], round(place["x"]), round(place["y"])) for place in places}) == 11
    assert {place["sheet"] for place in places} == {"plan", "sections"}
    for device in small.ids():
        page.wait_for_function(f'id => ({INK})(id).split(",")[3] > 0', arg=device)


@pytest.mark.parametrize("device", [SMOKE, LAMP], ids=["in an elevation", "on the plan"])
def test_a_mark_takes_the_colour_of_its_state(page, centre, device):
    seen = set()
    for state in ("online", "fault", "asleep", "alarm1"):
        before = page.evaluate(INK, device)
        centre.push({"type": "states", "states": {device: state}})
        if state != "online":
            page.wait_for_function(f"([id, before]) => ({INK})(id) !== before", arg=[device, before])
        seen.add(page.evaluate(INK, device))
    assert len(seen) == 4


def test_an_alarm_is_listed_and_the_centre_is_told_that_it_is_shown(page, centre):
    raised = small.alarm(values={"1": 412})
    centre.push(raised)
    here = row(page, raised)
    expect(here).to_contain_text("Smoke")
    expect(here).to_contain_text("Building 1 · Core 1 · Flat 0101")
    expect(here).to_contain_text("core1/01F/0101/smoke")
    expect(here).to_contain_text("0.412\u202fdB/m")
    expect(here.get_by_test_id("alarm-state")).to_have_text("Raised")
    assert centre.next_received("shown") == {"type": "shown", "alarm": raised["alarm"]["id"]}
    centre.push(small.alarm(shown_at=raised["alarm"]["stored_at"] + 21))
    steps = re.compile("raised→stored 84\u202fms +stored→shown 21\u202fms")
    expect(here.get_by_test_id("alarm-latency")).to_have_text(steps)
    here.get_by_test_id("alarm-ack").click()
    assert centre.received.get(timeout=PATIENCE_S)["type"] == "acknowledge"  # "shown" was told once
    expect(page.get_by_test_id("announcer")).to_contain_text("Red alarm: Smoke. Building 1 · Core 1 · Flat 0101")


def test_a_tab_that_draws_no_frames_still_tells_what_it_shows(page, centre):
    page.evaluate("window.requestAnimationFrame = () => 0")
    centre.push(small.alarm())
    assert centre.next_received("shown")["alarm"] == small.alarm()["alarm"]["id"]


def test_alarms_stand_by_level_then_latest_first_and_cleared_ones_go_to_the_history(page, centre):
    lamp = small.alarm(1, LAMP, 11, 3, age_ms=1000)
    old = small.alarm(2, SMOKE, 1, 1, age_ms=90_000)
    door = small.alarm(3, DOOR, 5, 2, age_ms=2000)
    new = small.alarm(4, GAS, 1, 1, age_ms=3000)
    centre.push(lamp, old, door, new)
    expect(rows(page)).to_have_count(4)
    order = [element.get_attribute("data-alarm-id") for element in rows(page).element_handles()]
    assert order == [message["alarm"]["id"] for message in (new, old, door, lamp)]
    expect(row(page, old)).to_contain_text(re.compile(r"\b[12]:\d\d"))
    centre.push(small.alarm(4, GAS, 1, 1, age_ms=3000, state="cleared", acknowledged=True, restored=True, cleared=True))
    expect(rows(page)).to_have_count(3)
    expect(rows(page, "alarm-history")).to_have_count(1)
    expect(rows(page, "alarm-history").get_by_test_id("alarm-state")).to_have_text("Cleared")
    expect(rows(page, "alarm-history").get_by_test_id("alarm-ack")).to_be_hidden()


def test_acknowledge_sends_the_operators_name_and_calms_the_row(page, centre):
    raised = small.alarm()
    centre.push(raised)
    page.get_by_test_id("operator").fill("Wang Li")
    row(page, raised).get_by_test_id("alarm-ack").click()
    sent = centre.next_received("acknowledge")
    assert sent == {"type": "acknowledge", "alarm": raised["alarm"]["id"], "operator": "Wang Li"}
    centre.push(small.alarm(state="acknowledged", acknowledged=True, operator="Wang Li"))
    expect(row(page, raised).get_by_test_id("alarm-state")).to_have_text("Acknowledged by Wang Li")
    expect(row(page, raised).get_by_test_id("alarm-ack")).to_be_hidden()
    expect(row(page, raised).get_by_test_id("alarm-locate")).to_be_focused()
    page.reload()
    expect(page.get_by_test_id("operator")).to_have_value("Wang Li")


def test_acknowledge_carries_the_role_where_nobody_gave_a_name(page, centre):
    centre.push(small.alarm())
    page.get_by_test_id("alarm-ack").click()
    assert centre.next_received("acknowledge")["operator"] == "Duty officer"


def test_what_the_centre_refuses_is_told_and_can_be_sent_again(page, centre):
    centre.push(small.alarm())
    page.get_by_test_id("alarm-ack").click()
    expect(page.get_by_test_id("alarm-ack")).to_have_text("Sending")
    centre.push({"type": "error", "error": "acknowledging: the name is too long"})
    expect(page.get_by_test_id("alarm-trouble")).to_have_text("acknowledging: the name is too long")
    expect(page.get_by_test_id("alarm-ack")).to_have_text("Acknowledge")
    assert centre.next_received("acknowledge")
    page.get_by_test_id("alarm-ack").click()
    assert centre.next_received("acknowledge")


def test_the_switch_turns_every_label_to_chinese_and_is_remembered(page, centre):
    centre.push(small.alarm(), small.event())
    expect(page.get_by_test_id("events")).to_contain_text("Door opened")
    page.get_by_test_id("lang-switch").click()
    expect(page.get_by_test_id("estate-name")).to_have_text("小广场")
    expect(page.get_by_test_id("alarm-row")).to_contain_text("火警")
    expect(page.get_by_test_id("alarm-row")).to_contain_text("1号楼 · 1 单元 · 0101 室")
    expect(page.get_by_test_id("alarm-ack")).to_have_text("确认")
    expect(page.get_by_test_id("kind-smoke")).to_contain_text("烟感")
    expect(page.get_by_test_id("events")).to_contain_text("门打开")
    expect(page.get_by_role("heading", name="总平面图")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.get_by_test_id("estate-name")).to_have_text("小广场")


@pytest.mark.parametrize(
    ("locale", "query", "name"),
    [
        ("zh-CN", "", "小广场"),
        ("de-DE", "", "Small Plaza"),
        ("en-GB", "?lang=zh", "小广场"),
        ("zh-CN", "?lang=en", "Small Plaza"),
    ],
)
def test_the_first_language_is_the_browsers_unless_the_address_names_one(visit, locale, query, name):
    expect(visit(query, locale=locale).get_by_test_id("estate-name")).to_have_text(name)


@pytest.mark.parametrize("device", [SMOKE, LAMP], ids=["in an elevation", "on the plan"])
def test_a_click_on_a_device_opens_its_panel(page, centre, device):
    centre.devices[device] = small.answer(device)
    click_device(page, device)
    panel = page.get_by_test_id("device-panel")
    expect(panel).to_have_attribute("data-device-id", device)
    expect(panel.get_by_test_id("device-name")).to_have_text(small.answer(device)["name"])
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_panel_scales_values_and_tells_the_history(page, centre):
    centre.devices[SMOKE] = small.answer(SMOKE, values={"1": 182, "2": -1250, "21": 1}, history=[
        {"at": small.NOW_MS, "what": "alarm", "code": 1, "values": {"1": 412}},
        {"at": small.NOW_MS - 5000, "what": "birth", "code": None, "values": {}},
    ])  # fmt: skip
    click_device(page, SMOKE)
    expect(page.get_by_test_id("value-obscuration")).to_have_text("0.182\u202fdB/m")
    expect(page.get_by_test_id("value-temperature")).to_have_text("−12.50\u202f°C")
    expect(page.get_by_test_id("value-valve_closed")).to_have_text("yes")
    record = page.get_by_test_id("device-history").get_by_role("listitem")
    expect(record).to_have_count(2)
    expect(record.first).to_contain_text("Alarm: Smoke")
    expect(record.first).to_contain_text("Smoke obscuration 0.412\u202fdB/m")


@pytest.mark.parametrize(
    ("raw", "exponent", "text"),
    [(182, -3, "0.182"), (0, -3, "0.000"), (-5, -1, "−0.5"), (31_243_120, -6, "31.243120"), (7, 2, "700")],
)
def test_a_scaled_integer_is_written_exactly(page, raw, exponent, text):
    written = page.evaluate(
        'async ([raw, exponent]) => (await import("./static/format.js")).scaled(raw, exponent)', [raw, exponent]
    )
    assert written == text


@pytest.mark.parametrize(
    ("code", "told"),
    [(200, "Done, after"), (409, "The device refused: not in this state (409)"), (0, "The device did not answer")],
)
def test_a_command_goes_out_with_its_arguments_and_its_answer_comes_back(page, centre, code, told):
    centre.devices[LAMP] = small.answer(LAMP)
    click_device(page, LAMP)
    expect(page.get_by_test_id("command-mute")).to_have_count(0)  # not a command of lamps
    page.get_by_test_id("argument-level").fill("30")
    page.get_by_test_id("command-set_level").click()
    sent = centre.commands.get(timeout=PATIENCE_S)
    assert sent == {"device": LAMP, "command": "set_level", "args": {"level": 30}, "operator": "Duty officer"}
    result = page.get_by_test_id("command-result")
    expect(result).to_have_text("Sent (number 7), waiting for the device")
    response = {"at": small.NOW_MS, "what": "response", "code": code, "counter": 7, "values": {}}
    centre.devices[LAMP] = small.answer(LAMP, history=[response])
    expect(result).to_contain_text(told)


def test_a_command_that_cannot_go_says_why(page, centre):
    centre.devices[LAMP] = small.answer(LAMP)
    centre.refusal = (409, "ring/01/streetlight: offline; wait until it is back")
    click_device(page, LAMP)
    page.get_by_test_id("argument-level").fill("101")
    page.get_by_test_id("command-set_level").click()
    result = page.get_by_test_id("command-result")
    expect(result).to_have_text("A whole number from 0 to 100")
    assert centre.commands.empty()
    page.get_by_test_id("argument-level").fill("100")
    page.get_by_test_id("command-set_level").click()
    expect(result).to_have_text("Not sent: ring/01/streetlight: offline; wait until it is back")


CARDS = {
    "stamp": 3, "lacks": 0, "ahead": False, "confirmed_at": None, "refused": None, "refused_at": None, "revoked": [],
}  # fmt: skip
WHO = 3_141_592_653


def door_with(*credentials, what="event", **cards):
    """A door that has denied these credentials, the latest first."""
    history = [
        {"at": small.NOW_MS - 1000 * number, "what": what, "code": 2, "values": {"24": who, "31": 2}}
        for number, who in enumerate(credentials)
    ]
    return small.answer(DOOR, history=history, cards=CARDS | cards)


def test_a_credential_is_revoked_beside_its_event_after_one_question(page, centre):
    centre.devices[DOOR] = door_with(WHO, 7, revoked=[7])
    click_device(page, DOOR)
    page.get_by_test_id("operator").fill("Wang Li")
    record = page.get_by_test_id("device-history").get_by_role("listitem")
    expect(record.nth(1)).to_contain_text("revoked")
    button = record.first.get_by_test_id("revoke")  # the other is revoked already
    expect(page.get_by_test_id("revoke")).to_have_count(1)
    expect(button).to_have_attribute("aria-label", "Revoke credential 3141592653")
    button.press("Enter")
    expect(button).to_have_text("Revoke 3141592653 at every door?")
    expect(button).to_be_focused()
    assert centre.revocations.empty()
    centre.devices[DOOR] = door_with(WHO, 7, revoked=[7, WHO])
    button.press("Enter")
    assert centre.revocations.get(timeout=PATIENCE_S) == {"credential": WHO, "operator": "Wang Li"}
    told = "3141592653 is revoked (stamp 4); every door is being told"
    expect(page.get_by_test_id("command-result")).to_have_text(told)
    expect(page.get_by_test_id("revoke")).to_have_count(0)
    assert page.complaints == []


def test_a_question_that_nobody_answers_is_taken_back_and_a_refusal_says_why(visit, centre):
    centre.devices[DOOR] = door_with(WHO)
    centre.refusal = (400, "revoking 3141592653: every door is at 9 or later")
    page = visit()
    page.clock.install()
    click_device(page, DOOR)
    button = page.get_by_test_id("revoke")
    button.dblclick()  # asks, and is no answer
    expect(button).to_have_text("Revoke 3141592653 at every door?")
    page.clock.run_for(6500)
    expect(button).to_have_text("Revoke")
    button.click()
    button.click()
    expect(page.get_by_test_id("command-result")).to_have_text(f"Not sent: {centre.refusal[1]}")
    assert centre.revocations.qsize() == 1


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ({}, "Card list complete, stamp 3"),
        ({"confirmed_at": small.NOW_MS}, re.compile(r"^Card list complete, stamp 3 · confirmed .*\d\d:\d\d:\d\d$")),
        ({"lacks": 1}, "Card list at stamp 3 lacks 1 revocation"),
        (
            {"lacks": 2, "refused": 403},
            "Card list at stamp 3 lacks 2 revocations · the door refused: not allowed (403)",
        ),
        ({"ahead": True}, "Card list at stamp 3, beyond the centre's: was its database changed?"),
        ({"stamp": None, "lacks": None}, "The door has not told the stamp of its card list"),
    ],
)
def test_a_doors_panel_tells_how_far_its_list_is(page, centre, cards, told):
    centre.devices[DOOR] = door_with(**cards)
    click_device(page, DOOR)
    expect(page.get_by_test_id("cards-state")).to_have_text(told)
    expect(page.get_by_test_id("command-unlock")).to_be_visible()
    expect(page.get_by_test_id("command-cards_confirm")).to_have_count(0)  # the centre's own


def test_a_lamps_panel_says_nothing_of_cards(page, centre):
    centre.devices[LAMP] = small.answer(LAMP)
    click_device(page, LAMP)
    expect(page.get_by_test_id("device-history")).to_be_visible()
    expect(page.get_by_test_id("cards-state")).to_be_hidden()


def test_a_value_that_stands_for_a_word_is_shown_as_that_word_in_the_language_shown(page, centre):
    centre.devices[DOOR] = door_with(WHO) | {"values": {"31": 2}}
    centre.push(small.event(code=2, values={"24": WHO, "31": 99}))
    click_device(page, DOOR)
    expect(page.get_by_test_id("value-denial")).to_have_text("Revoked")
    expect(page.get_by_test_id("device-history")).to_contain_text("Why it was denied Revoked")
    expect(page.get_by_test_id("events")).to_contain_text("#99")  # of a later registry
    page.get_by_test_id("lang-switch").click()
    expect(page.get_by_test_id("value-denial")).to_have_text("已注销")
    expect(page.get_by_test_id("device-history")).to_contain_text("拒绝原因 已注销")
    expect(page.get_by_test_id("cards-state")).to_have_text("名单完整,版本 3")


def test_hostile_text_is_shown_as_text(visit, centre):
    centre.estate["name"]["en"] = HOSTILE
    for device in centre.estate["devices"]:
        device["name"] = HOSTILE
    centre.devices[SMOKE] = small.answer(SMOKE, name=HOSTILE, firmware=HOSTILE, values={HOSTILE: HOSTILE}, history=[
        {"at": small.NOW_MS, "what": HOSTILE, "code": HOSTILE, "values": {"1": HOSTILE}},
    ])  # fmt: skip
    page = visit()
    centre.push(
        small.alarm(name=HOSTILE, operator=HOSTILE, acknowledged=True, values={"1": HOSTILE}),
        small.event(name=HOSTILE, values={"1": HOSTILE}),
    )
    expect(page.get_by_test_id("alarm-row")).to_contain_text(HOSTILE)
    expect(page.get_by_test_id("events")).to_contain_text(HOSTILE)
    expect(page.get_by_test_id("estate-name")).to_contain_text(HOSTILE)
    click_device(page, SMOKE)
    expect(page.get_by_test_id("device-panel")).to_contain_text(HOSTILE)
    page.get_by_test_id("find").fill("img")
    expect(page.get_by_role("option").first).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.evaluate("window.pwned") is None
    assert page.complaints == []


def test_a_lost_connection_is_told_and_what_comes_after_replaces_what_was(page, centre):
    kept, gone = small.alarm(1), small.alarm(2, LAMP, 11, 3)
    centre.push(kept, gone)
    expect(rows(page)).to_have_count(2)
    centre.drop_consoles(refuse_new=True)
    banner = page.get_by_test_id("banner")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("No connection to the centre: what you see is old")
    expect(row(page, kept).get_by_test_id("alarm-ack")).to_have_attribute("aria-disabled", "true")
    online = page.evaluate(INK, GAS)

    centre.at_connect = [small.hello(), {"type": "states", "states": {SMOKE: "alarm1"}}, kept, small.counts(1)]
    centre.open_for_consoles = True
    expect(banner).to_be_hidden()
    expect(page.get_by_test_id("counts-connected")).to_have_text("1")
    expect(rows(page)).to_have_count(1)
    expect(row(page, kept).get_by_test_id("alarm-ack")).to_have_attribute("aria-disabled", "false")
    page.wait_for_function(f"([id, before]) => ({INK})(id) !== before", arg=[GAS, online])


def test_the_console_comes_back_by_itself(page, centre):
    centre.push(small.counts(3))
    expect(page.get_by_test_id("counts-connected")).to_have_text("3")
    centre.drop_consoles()
    expect(page.get_by_test_id("counts-connected")).to_have_text("11")  # what a new connection is sent
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")


def test_another_estate_after_a_reconnection_is_loaded(page, centre):
    centre.estate = small.estate() | {"name": {"en": "Other Plaza", "zh": "别处"}}
    centre.drop_consoles()
    expect(page.get_by_test_id("estate-name")).to_have_text("Other Plaza")


def test_a_device_is_found_by_keyboard_alone(page, centre):
    centre.devices[GAS] = small.answer(GAS)
    page.keyboard.press("/")
    page.keyboard.type("0101 gas")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("device-panel")).to_have_attribute("data-device-id", GAS)


def test_a_kind_can_be_hidden_and_an_alarm_of_it_still_stands_out(page, centre):
    page.get_by_test_id("kind-streetlight").click()
    expect(page.get_by_test_id("kind-streetlight")).to_have_attribute("aria-pressed", "false")
    page.wait_for_function("lilong.drawn() === 10")
    centre.devices[LAMP] = small.answer(LAMP)
    centre.push(small.alarm(1, LAMP, 11, 3))
    expect(rows(page)).to_have_count(1)
    click_device(page, LAMP)
    expect(page.get_by_test_id("device-panel")).to_have_attribute("data-device-id", LAMP)


def test_the_wheel_zooms_around_the_pointer_and_a_drag_moves(page):
    before = page.evaluate("id => lilong.deviceAt(id)", LAMP)
    page.mouse.move(before["x"], before["y"])
    page.mouse.wheel(0, -300)
    page.wait_for_function("document.getElementById('plan').classList.contains('zoomed')")
    zoomed = page.evaluate("id => lilong.deviceAt(id)", LAMP)
    assert abs(zoomed["x"] - before["x"]) < 2
    assert abs(zoomed["y"] - before["y"]) < 2
    page.mouse.down()
    page.mouse.move(before["x"] - 40, before["y"] - 30, steps=4)
    page.mouse.up()
    moved = page.evaluate("id => lilong.deviceAt(id)", LAMP)
    assert (round(moved["x"] - zoomed["x"]), round(moved["y"] - zoomed["y"])) == (-40, -30)
    expect(page.get_by_test_id("device-panel")).to_be_hidden()  # a drag is not a click


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_stands_out_of_a_window_of_any_width(visit, width):
    page = visit(viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_tone_is_off_until_asked_for(page, centre):
    tone = page.get_by_test_id("tone")
    expect(tone).to_have_attribute("aria-pressed", "false")
    tone.click()
    expect(tone).to_have_attribute("aria-pressed", "true")
    centre.push(small.alarm())
    expect(rows(page)).to_have_count(1)
    assert page.complaints == []


def finding(key, number, level, **more):
    told = {"id": key, "code": number, "finding": key, "level": level, "device": "", "name": "", "since": 0,
            "shown_at": None, "acknowledged": False, "on_site_at": None, "cleared": False}  # fmt: skip
    return told | more


def test_what_the_centre_concludes_is_listed_and_a_feeder_is_one_line(page, centre):
    feeder = finding("comms.feeder_lost", 1002, 2, feeder="A", members=[DOOR, LAMP])
    silent = [finding(f"offline {one}", 1001, 3, device=one, name=one, part_of=feeder["id"]) for one in (DOOR, LAMP)]
    centre.push({"type": "findings", "findings": [feeder, *silent]})
    here = page.get_by_test_id("findings").get_by_test_id("finding-row")
    expect(here).to_have_count(1)
    expect(here).to_contain_text("Feeder A · 2 devices silent")
    assert centre.next_received("shown")["alarm"] == feeder["id"]
    here.get_by_test_id("finding-ack").click()
    assert centre.next_received("acknowledge") == {
        "type": "acknowledge", "alarm": feeder["id"], "operator": "Duty officer",
    }  # fmt: skip
    over = [feeder | {"cleared": True}, silent[0] | {"part_of": None}, silent[1] | {"cleared": True}]
    centre.push({"type": "findings", "findings": over})
    expect(here).to_contain_text(DOOR)
    assert page.complaints == []


def test_an_alarm_is_confirmed_and_how_far_it_is_forwarded_is_seen(visit, centre):
    fire = small.alarm(1, SMOKE)["alarm"]
    centre.at_connect += [{"type": "forwards", "receiver": "brigade", "codes": [1], "forwarded": []}]
    page = visit()
    centre.push({"type": "alarm", "alarm": fire})
    row = page.get_by_test_id("alarm-row")
    row.get_by_test_id("alarm-ack").click()
    assert centre.next_received("acknowledge")["alarm"] == fire["id"]
    seen = {**fire, "acknowledged": True, "operator": "Wang", "state": "acknowledged"}
    centre.push({"type": "alarm", "alarm": seen})
    expect(row.get_by_test_id("alarm-ack")).to_have_text("Confirm and forward")
    row.get_by_test_id("alarm-ack").click()
    assert centre.next_received("confirm")["alarm"] == fire["id"]
    told = {"alarms": [fire["id"]], "received_at": None, "why": "it answered 503", "tries": 1, "receipt": ""}
    centre.push({"type": "forward", "forward": told})
    expect(row.get_by_test_id("alarm-state")).to_contain_text("not forwarded after 1 try: it answered 503")
    expect(row.get_by_test_id("alarm-ack")).to_be_hidden()
    received = {**told, "received_at": fire["raised_at"], "why": "", "receipt": "119-7"}
    centre.push({"type": "forward", "forward": received})
    expect(row.get_by_test_id("alarm-state")).to_contain_text("forwarded, receipt 119-7")
    assert page.complaints == []

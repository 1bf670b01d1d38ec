// The panel of one device: who and where it is, its last values, its commands, and what it has said.

import { make, put } from "./dom.js";
import { CommandForm, codeText } from "./command.js";
import { drawMark } from "./marks.js";
import { duration, place, quantities, quantity, wallTime } from "./format.js";
import { Revoker } from "./revoke.js";
import { pick, t, tIn } from "./text.js";

const REFRESH_MS = 3000;
const AFTER_NEWS_MS = 250; // news of a device come in groups

export class DevicePanel {
  constructor(model, { operator }) {
    Object.assign(this, { model, operator });
    this.root = document.getElementById("device");
    this.shown = null; // the id that the skeleton was built for
    this.report = null; // the centre's last answer
    this.revoker = new Revoker({
      operator,
      say: (outcome, text) => this.say(outcome, text),
      changed: (atCentre) => (atCentre ? this.shown && this.fetch() : this.renderRecord()),
    });
    model.on("selected", (id) => this.open(id));
    model.on("states", (states) => this.news(this.shown !== null && this.shown in states));
    model.on("alarms", (alarm) => this.news(alarm?.device === this.shown));
    model.on("event", (event) => this.news(event.device === this.shown));
  }

  news(concernsUs) {
    if (!this.shown || !concernsUs) return;
    this.renderState();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), AFTER_NEWS_MS);
  }

  open(id) {
    clearTimeout(this.timer);
    const device = this.model.devices.get(id);
    this.shown = device ? id : null;
    this.report = null;
    this.root.hidden = !device;
    document.body.classList.toggle("with-device", Boolean(device));
    if (!device) return;
    this.root.dataset.deviceId = id;
    this.build(device);
    this.fetch();
  }

  /** The language changed: the same device, other words. */
  rebuild() {
    const device = this.model.devices.get(this.shown);
    if (!device) return;
    this.build(device);
    if (this.report) this.render();
  }

  build(device) {
    const { registry } = this.model;
    const head = make("div", "device-head");
    this.sign = make("canvas", "sign");
    const names = make("div", "names");
    const kind = make("p", "kind");
    kind.textContent = pick(registry.kinds[device.kind]?.label, device.kind);
    const name = make("h2", "");
    name.id = "device-name";
    name.dataset.testid = "device-name";
    name.textContent = device.name;
    const where = make("p", "where");
    where.textContent = place(device, this.model);
    this.state = make("span", "chip");
    this.state.dataset.testid = "device-state";
    kind.append(" ", this.state);
    names.append(kind, name, where);
    const close = make("button", "close");
    close.type = "button";
    close.dataset.testid = "device-close";
    close.setAttribute("aria-label", t("close"));
    close.textContent = "×";
    close.addEventListener("click", () => this.model.select(null));
    head.append(this.sign, names, close);

    this.facts = make("dl", "facts");
    this.trouble = make("p", "trouble");
    this.trouble.setAttribute("role", "alert");
    this.values = make("dl", "values");
    this.values.dataset.testid = "device-values";
    const commands = make("div", "commands");
    this.forms = Object.entries(registry.commands)
      .filter(([, command]) => command.kinds.includes(device.kind) && command.operator !== false)
      .map(([key, command]) => new CommandForm(device.id, key, command, { operator: this.operator, asked: () => this.fetch() }));
    this.result = make("p", "result");
    this.result.dataset.testid = "command-result";
    this.result.setAttribute("role", "status");
    this.cards = make("p", "cards");
    this.cards.dataset.testid = "cards-state";
    for (const form of this.forms) {
      form.result = this.result;
      commands.append(form.element);
    }
    this.record = make("ol", "record");
    this.recorded = null; // what its lines were made of
    this.record.dataset.testid = "device-history";
    const body = make("div", "device-body");
    body.tabIndex = 0;
    body.setAttribute("role", "region");
    body.setAttribute("aria-labelledby", "device-name");
    body.append(this.trouble, heading("values"), this.values, this.cards);
    if (this.forms.length) body.append(heading("commands"), commands, this.result);
    body.append(heading("record"), this.record, this.facts);
    this.root.replaceChildren(head, body);
    this.renderState();
  }

  async fetch() {
    clearTimeout(this.timer);
    const id = this.shown;
    try {
      const answer = await fetch(`api/device/${encodeURIComponent(id)}`);
      const report = await answer.json();
      if (id !== this.shown) return;
      if (!answer.ok) throw new Error(report.error ?? answer.statusText);
      this.report = report;
      put(this.trouble, "");
      this.render();
    } catch (error) {
      if (id === this.shown) put(this.trouble, t("deviceFailed", error instanceof TypeError ? t("noReply") : error.message));
    }
    if (id !== this.shown) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), REFRESH_MS);
  }

  renderState() {
    const device = this.model.devices.get(this.shown);
    put(this.state, tIn("stateName", device.state));
    this.state.className = `chip ${device.state}`;
    this.drawSign(device);
  }

  drawSign(device) {
    const ratio = devicePixelRatio || 1;
    this.sign.width = this.sign.height = 34 * ratio;
    const c = this.sign.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 17 * ratio, 17 * ratio);
    drawMark(c, device.kind, device.state, device.state.startsWith("alarm") ? 9.5 : 12);
  }

  render() {
    const { report, model } = this;
    const { registry } = model;
    const now = model.now();
    const seen = typeof report.last_seen_ms === "number"
      ? `${wallTime(report.last_seen_ms, now)} (${t("ago", duration(now - report.last_seen_ms))})` : "–";
    fillPairs(this.facts, [
      [t("session"), tIn("stateName", report.session)], [t("lastSeen"), seen],
      [t("firmware"), report.firmware ?? "–"], [t("boot"), report.boot ?? "–"], [t("identity"), report.id],
    ]);
    const values = Object.entries(report.values ?? {});
    fillPairs(this.values, values.map(([number, raw]) => {
      const row = registry.quantities[number];
      return [pick(row?.label, `#${number}`), quantity(raw, row), row?.name ?? number];
    }));
    if (!values.length) this.values.append(note("noValues"));
    this.renderCards(report.cards, now);
    this.renderRecord();
    for (const form of this.forms) form.follow(report.history ?? []);
  }

  /** Of doors: how far its list of revoked cards is. */
  renderCards(cards, now) {
    this.cards.hidden = !cards;
    if (!cards) return;
    const { stamp, lacks } = cards;
    const state = stamp === null ? t("cardsUnknown")
      : cards.ahead ? t("cardsAhead", stamp) : lacks ? t("cardsLack", lacks, stamp) : t("cardsWhole", stamp);
    const more = cards.refused !== null ? t("cardsRefused", codeText(cards.refused))
      : cards.confirmed_at !== null && !lacks ? t("cardsConfirmed", wallTime(cards.confirmed_at, now)) : "";
    put(this.cards, [state, more].filter(Boolean).join(" · "));
    this.cards.classList.toggle("lacking", Boolean(lacks || cards.ahead));
  }

  /** The history; left as it is while it says the same, for somebody may be pressing a button in it. */
  renderRecord() {
    const { report, revoker } = this;
    if (!report) return;
    const history = report.history ?? [];
    const now = this.model.now();
    const made = JSON.stringify([history, report.cards?.revoked, revoker.asked, new Date(now).toDateString()]);
    if (made === this.recorded) return;
    this.recorded = made;
    const focused = this.record.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const lines = history.map((entry) => this.line(entry, now));
    this.record.replaceChildren(...(lines.length ? lines : [note("noRecord", "li")]));
    if (focused) [...this.record.querySelectorAll("button")].find((one) => one.dataset.key === focused)?.focus();
  }

  say(outcome, text) {
    this.result.className = `result ${outcome}`;
    put(this.result, text);
    if (outcome === "failed") this.result.scrollIntoView({ block: "nearest" });
  }

  line(entry, now) {
    const { registry } = this.model;
    const item = make("li", `was-${entry.what.split(" ", 1)[0]}`);
    const at = make("time", "");
    at.textContent = wallTime(entry.at, now);
    const what = make("b", "");
    what.textContent = [tIn("what", entry.what), this.subject(entry)].filter(Boolean).join(": ");
    const values = make("span", "");
    values.textContent = ["response", "error"].includes(entry.what)
      ? codeText(entry.code) : quantities(entry.values, registry);
    item.append(at, what, values);
    const { cards } = this.report;
    const credential = entry.values?.[numberOf("credential", registry)];
    if (cards && Number.isInteger(credential)) {
      item.classList.add("who");
      const key = `${entry.at} ${entry.code} ${credential}`;
      item.append(this.revoker.mark(key, credential, cards.revoked.includes(credential)));
    }
    return item;
  }

  /** The name of the alarm, event or command that a line of the history is about. */
  subject({ what, code }) {
    const { alarms, events, commands } = this.model.registry;
    if (what.startsWith("alarm")) return pick(alarms[code]?.label);
    if (what.endsWith("event")) return pick(events[code]?.label);
    return what === "command" ? pick(Object.values(commands).find((one) => one.number === code)?.label) : "";
  }
}

const numberOf = (name, registry) =>
  Object.keys(registry.quantities).find((number) => registry.quantities[number].name === name);

function heading(key) {
  const element = make("h3", "");
  element.textContent = t(key);
  return element;
}

function note(key, tag = "p") {
  const element = make(tag, "none");
  element.textContent = t(key);
  return element;
}

function fillPairs(list, pairs) {
  list.replaceChildren(...pairs.map(([term, text, name]) => {
    const pair = make("div", "");
    const [dt, dd] = [make("dt", ""), make("dd", "")];
    dt.textContent = term;
    dd.textContent = String(text);
    if (name) dd.dataset.testid = `value-${name}`;
    pair.append(dt, dd);
    return pair;
  }));
}

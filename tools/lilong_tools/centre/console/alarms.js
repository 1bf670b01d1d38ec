// The alarm list: by level, then the latest first; cleared ones below. Rows are kept and changed, never built anew.

import { make, put } from "./dom.js";
import { duration, latency, place, quantities, wallTime } from "./format.js";
import { byLevelThenTime, LEVELS } from "./model.js";
import { pick, t } from "./text.js";

const HISTORY = 100; // cleared alarms kept in the list
const UNANSWERED_MS = 5000; // then an acknowledgement can be sent again
const TROUBLE_MS = 12_000;
const NO_FRAME_MS = 120; // a hidden tab draws no frames
const QUIET_MS = 50; // an alarm after a pause is listed at once, a burst of them once a frame

export class AlarmList {
  /** `send(message)` is true when it went out; `operator()` is the name to acknowledge with. */
  constructor(model, { send, operator, live, forwards }) {
    Object.assign(this, { model, send, operator, live, forwards });
    const find = (id) => document.getElementById(id);
    [this.open, this.past] = [find("alarm-list"), find("alarm-history")];
    [this.empty, this.pastTitle, this.levels] = [find("no-alarms"), find("history-title"), find("alarm-levels")];
    this.announcer = find("announce");
    this.trouble = find("alarm-trouble");
    this.rows = new Map(); // alarm id -> row
    this.reported = new Set(); // alarms whose appearance this connection was told of
    this.renderedAt = 0;
    model.on("alarms", () => this.soon());
    model.on("selected", () => this.mark());
    setInterval(() => this.tick(), 1000);
  }

  /** A new connection: what is on the screen is reported to it as well. */
  restart() {
    this.reported.clear();
  }

  soon() {
    if (performance.now() - this.renderedAt > QUIET_MS) this.render();
    else this.asked ??= afterFrame(() => this.render());
  }

  /** `anew` fills rows that did not change as well, for another language. */
  render(anew = false) {
    this.renderedAt = performance.now();
    this.asked = undefined;
    const sorted = [...this.model.alarms.values()].sort(byLevelThenTime);
    const open = sorted.filter((alarm) => !alarm.cleared);
    const past = sorted.filter((alarm) => alarm.cleared).sort((a, b) => b.raised_at - a.raised_at).slice(0, HISTORY);
    this.arrange(this.open, open, anew);
    this.arrange(this.past, past, anew);
    const kept = new Set([...open, ...past].map((alarm) => alarm.id));
    for (const [id, row] of this.rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    this.empty.hidden = open.length > 0;
    this.pastTitle.hidden = past.length === 0;
    this.renderLevels(open);
    this.mark();
    this.reportShown(open);
  }

  // Moves only the rows that are out of place: moving an element takes the keyboard focus from it.
  arrange(list, alarms, anew) {
    let next = list.firstElementChild;
    for (const alarm of alarms) {
      const row = this.rows.get(alarm.id) ?? this.create(alarm);
      if (row.alarm !== alarm || anew) {
        row.alarm = alarm;
        this.fill(row);
      }
      if (row.element === next) next = next.nextElementSibling;
      else list.insertBefore(row.element, next);
    }
  }

  create(alarm) {
    const element = make("li", "alarm");
    element.dataset.testid = "alarm-row";
    element.dataset.alarmId = alarm.id;
    const row = { element, badge: make("span", "badge"), locate: make("button", "locate"), what: make("b", "what"),
                  since: make("span", "since"), where: make("span", "where"), name: make("span", "name"),
                  steps: make("span", "steps"), state: make("span", "state"), ack: make("button", "ack") };
    row.locate.type = row.ack.type = "button";
    row.ack.dataset.testid = "alarm-ack";
    row.state.dataset.testid = "alarm-state";
    row.steps.dataset.testid = "alarm-latency";
    row.locate.dataset.testid = "alarm-locate";
    const first = make("span", "first");
    first.append(row.what, row.state);
    row.locate.append(first, row.where, row.name, row.steps);
    row.locate.addEventListener("click", () => this.model.select(row.alarm.device));
    row.ack.addEventListener("click", () => this.acknowledge(row));
    element.append(row.badge, row.locate, row.since, row.ack);
    this.rows.set(alarm.id, row);
    if (!alarm.cleared && !alarm.acknowledged) this.announce(alarm);
    return row;
  }

  fill(row) {
    const { alarm } = row;
    const known = this.model.devices.get(alarm.device);
    row.element.className = `alarm level-${alarm.level}`;
    row.element.classList.toggle("acknowledged", alarm.acknowledged);
    row.element.classList.toggle("restored", alarm.restored && !alarm.cleared);
    row.element.classList.toggle("cleared", alarm.cleared);
    put(row.badge, String(alarm.level));
    row.badge.title = t("level", alarm.level);
    put(row.what, this.label(alarm));
    const where = known ? place(known, this.model) : "";
    const measured = quantities(alarm.values, this.model.registry, { names: false });
    put(row.where, where || alarm.name);
    put(row.name, [measured, where && alarm.name].filter(Boolean).join("  "));
    row.name.title = row.name.textContent;
    const stored = gap(alarm.raised_at, alarm.stored_at);
    const shown = gap(alarm.stored_at, alarm.shown_at);
    const atLeast = gap(alarm.raised_since, alarm.raised_at) > 0 ? "≥ " : ""; // raised before anybody knew the time
    put(row.steps, `${t("raisedToStored")} ${atLeast}${latency(stored)}  ${t("storedToShown")} ${latency(shown)}`);
    put(row.state, this.stateText(alarm));
    row.state.title = row.state.textContent;
    row.locate.title = t("showOnPlan");
    this.fillButton(row);
    this.fillSince(row);
  }

  label(alarm) {
    const entry = this.model.registry.alarms[alarm.code];
    return pick(entry?.label, entry?.name ?? `#${alarm.code}`);
  }

  stateText(alarm) {
    const by = alarm.acknowledged && alarm.operator ? t("acknowledgedBy", alarm.operator) : null;
    const told = this.forwards.text(alarm);
    if (alarm.cleared) return [t("cleared"), by, told].filter(Boolean).join(" · ");
    if (alarm.restored) return [t("restored"), by, told].filter(Boolean).join(" · ");
    return [alarm.acknowledged ? by ?? t("acknowledged") : t("raised"), told].filter(Boolean).join(" · ");
  }

  fillButton(row) {
    const { alarm, ack } = row;
    const had = document.activeElement === ack;
    const wish = wishOf(alarm);
    ack.hidden = alarm.cleared || (alarm.acknowledged && !this.forwards.mayConfirm(alarm));
    if (ack.hidden) clearTimeout(row.unanswered);
    if (ack.hidden && had) row.locate.focus();
    put(ack, t(row.sending === wish ? "acknowledging" : wish));
    ack.setAttribute("aria-disabled", String(row.sending === wish || !this.live()));
    ack.setAttribute("aria-label", `${t(wish)}: ${this.label(alarm)}, ${alarm.name}`);
  }

  fillSince({ alarm, since }) {
    put(since, alarm.cleared ? wallTime(alarm.raised_at, this.model.now()) : duration(this.model.now() - alarm.raised_at));
    since.title = `${t("sinceRaised")} · ${wallTime(alarm.raised_at, this.model.now())}`;
  }

  tick() {
    for (const row of this.rows.values()) if (!row.alarm.cleared) this.fillSince(row);
  }

  /** The connection came or went: the buttons follow. */
  refreshButtons() {
    for (const row of this.rows.values()) this.fillButton(row);
  }

  acknowledge(row) {
    const wish = wishOf(row.alarm);
    if (row.sending === wish) return;
    if (!this.send({ type: wish, alarm: row.alarm.id, operator: this.operator() })) return;
    row.sending = wish;
    this.fillButton(row);
    row.unanswered = setTimeout(() => {
      row.sending = null;
      this.fillButton(row);
    }, UNANSWERED_MS);
  }

  /** The centre refused what this console sent. */
  refused(why) {
    put(this.trouble, why);
    clearTimeout(this.troubled);
    this.troubled = setTimeout(() => put(this.trouble, ""), TROUBLE_MS);
    for (const row of this.rows.values()) row.sending = null;
    this.refreshButtons();
  }

  renderLevels(open) {
    const parts = LEVELS.map((level) => {
      const those = open.filter((alarm) => alarm.level === level);
      const part = make("span", `count level-${level}`);
      part.classList.toggle("none", those.length === 0);
      const sign = make("span", "badge");
      sign.textContent = String(level);
      const number = make("b", "");
      number.textContent = String(those.length);
      part.title = t("level", level);
      part.append(sign, number);
      return part;
    });
    const waiting = open.filter((alarm) => !alarm.acknowledged).length;
    const rest = make("span", "waiting");
    rest.textContent = waiting ? t("unacknowledged", waiting) : "";
    this.levels.replaceChildren(rest, ...parts);
    document.title = `${waiting ? `(${waiting}) ` : ""}${pick(this.model.estate?.name, "Lilong")} · Lilong`;
  }

  mark() {
    for (const { element, alarm } of this.rows.values()) {
      element.classList.toggle("selected", alarm.device === this.model.selected);
    }
  }

  announce(alarm) {
    const known = this.model.devices.get(alarm.device);
    const line = make("p", "");
    line.textContent = t("announce", t("level", alarm.level), this.label(alarm), (known && place(known, this.model)) || alarm.name);
    this.announcer.append(line);
    while (this.announcer.childElementCount > 5) this.announcer.firstElementChild.remove();
  }

  // "Shown" means that a person can see the row: it is told once the frame that draws it has begun.
  reportShown(alarms) {
    const fresh = alarms.filter((alarm) => alarm.shown_at === null && !this.reported.has(alarm.id));
    if (!fresh.length) return;
    for (const alarm of fresh) this.reported.add(alarm.id);
    afterFrame(() => {
      for (const { id } of fresh) if (this.rows.get(id)?.element.isConnected) this.send({ type: "shown", alarm: id });
    });
  }
}

/** What the button of an alarm asks for: a person takes notice, then may say that it is true. */
const wishOf = (alarm) => (alarm.acknowledged ? "confirm" : "acknowledge");

const gap = (from, to) => (typeof from === "number" && typeof to === "number" ? to - from : null);

function afterFrame(action) {
  let done = false;
  const once = () => {
    if (!done) action();
    done = true;
  };
  setTimeout(once, NO_FRAME_MS);
  return requestAnimationFrame(once);
}

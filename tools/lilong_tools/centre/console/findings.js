// What the centre has concluded by itself: a short list below the alarms. Devices of a lost feeder are one line.

import { make, put } from "./dom.js";
import { duration } from "./format.js";
import { pick, t } from "./text.js";

const LISTED = 5;
const URGENT = 2; // orange and red wait for somebody

export class FindingList {
  /** `send(message)` is true when it went out; `operator()` is the name to acknowledge with. */
  constructor(model, { send, operator }) {
    Object.assign(this, { model, send, operator });
    this.pane = document.getElementById("findings");
    this.list = document.getElementById("finding-list");
    this.more = document.getElementById("finding-more");
    this.findings = new Map(); // id -> finding that stands
    this.reported = new Set();
    setInterval(() => this.render(), 5000);
  }

  /** A new connection tells all that stand. */
  restart() {
    this.findings.clear();
    this.reported.clear();
    this.render();
  }

  take(findings) {
    for (const finding of findings) {
      if (finding.cleared) this.findings.delete(finding.id);
      else this.findings.set(finding.id, finding);
    }
    this.render();
  }

  render() {
    const own = [...this.findings.values()].filter((finding) => !this.findings.has(finding.part_of));
    own.sort((a, b) => a.level - b.level || b.since - a.since);
    const listed = own.slice(0, LISTED);
    this.pane.hidden = own.length === 0;
    this.list.replaceChildren(...listed.map((finding) => this.row(finding)));
    put(this.more, own.length > LISTED ? t("andMore", own.length - LISTED) : "");
    for (const { id, shown_at: shown } of listed) {
      if (shown === null && !this.reported.has(id) && this.send({ type: "shown", alarm: id })) this.reported.add(id);
    }
  }

  row(finding) {
    const row = make("li", `finding level-${finding.level}`);
    row.dataset.testid = "finding-row";
    row.classList.toggle("acknowledged", finding.acknowledged);
    const [badge, what, about, since] = [["span", "badge"], ["b", ""], ["span", "about"], ["time", ""]].map(([tag, name]) => make(tag, name));
    badge.textContent = String(finding.level);
    badge.title = t("level", finding.level);
    what.textContent = pick(this.model.registry.findings?.[finding.code]?.label, finding.finding);
    about.textContent = this.about(finding);
    about.title = about.textContent;
    since.textContent = duration(this.model.now() - finding.since);
    row.append(badge, what, since, about);
    if (finding.level <= URGENT && !finding.acknowledged) row.append(this.button(finding));
    if (this.model.devices.has(finding.device)) {
      row.classList.add("placed");
      row.addEventListener("click", () => this.model.select(finding.device));
    }
    return row;
  }

  /** Whom it is about, in few words. */
  about(finding) {
    const names = (finding.members ?? []).map((id) => this.model.devices.get(id)?.name ?? id);
    if (finding.feeder) return t("feederOf", finding.feeder, names.length);
    const who = finding.officer && t(finding.on_site_at ? "officerThere" : "officerSent", finding.officer);
    const where = names.length ? names.join(" · ") : finding.name || finding.claims;
    return [who, where].filter(Boolean).join(" · ") || finding.reason;
  }

  button(finding) {
    const button = make("button", "ack");
    button.type = "button";
    button.textContent = t("acknowledge");
    button.dataset.testid = "finding-ack";
    button.addEventListener("click", (click) => {
      click.stopPropagation();
      this.send({ type: "acknowledge", alarm: finding.id, operator: this.operator() });
    });
    return button;
  }
}

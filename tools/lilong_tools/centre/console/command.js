// One command of a device as a small form: its arguments, a button, and what became of it.

import { make, put } from "./dom.js";
import { latency } from "./format.js";
import { pick, t, tIn } from "./text.js";

const SILENT_MS = 40_000; // longer than the centre itself waits
const ASK_EVERY_MS = 400;

/** What an answer's code says; 0 is the centre's word for a device that did not answer. */
export const codeText = (code) => (code >= 200 && code < 300 ? "OK" : `${tIn("code", code)} (${code})`);

export class CommandForm {
  /** `key` is the command's name in the registry; `asked()` makes the panel fetch the device again. */
  constructor(device, key, command, { operator, asked }) {
    Object.assign(this, { device, key, command, operator, asked, pending: null });
    this.element = make("form", "command");
    this.element.noValidate = true;
    this.inputs = (command.args ?? []).map((argument) => this.input(argument));
    this.button = make("button", "");
    this.button.type = "submit";
    this.button.dataset.testid = `command-${key}`;
    this.button.textContent = pick(command.label, key);
    this.element.append(...this.inputs.map(({ label }) => label), this.button);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  input(argument) {
    const label = make("label", "");
    const text = make("span", "");
    text.textContent = pick(argument.label, argument.name.replaceAll("_", " "));
    const field = make("input", "");
    Object.assign(field, { type: "number", min: argument.low, max: argument.high, step: 1, required: true });
    field.value = String(argument.low <= 50 && argument.high >= 50 ? 50 : argument.low);
    field.dataset.testid = `argument-${argument.name}`;
    const unit = make("span", "unit");
    unit.textContent = argument.unit === "/" ? "" : argument.unit;
    label.append(text, field, unit);
    return { label, field, argument };
  }

  async submit() {
    const wrong = this.inputs.find(({ field }) => !field.checkValidity());
    if (wrong) {
      this.say("failed", t("badNumber", wrong.argument.low, wrong.argument.high));
      wrong.field.focus();
      return;
    }
    const args = Object.fromEntries(this.inputs.map(({ field, argument }) => [argument.name, Number(field.value)]));
    const sentAt = performance.now();
    try {
      const answer = await fetch(`api/device/${encodeURIComponent(this.device)}/command`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ command: this.key, args, operator: this.operator() }),
      });
      const body = await answer.json();
      if (!answer.ok) {
        this.say("failed", t("commandFailed", body.error ?? answer.statusText));
        return;
      }
      this.pending = { counter: body.counter, sentAt };
      this.say("sent", t("commandSent", body.counter));
      this.watch();
    } catch {
      this.say("failed", t("commandFailed", t("noReply")));
    }
  }

  say(outcome, text) {
    this.result.className = `result ${outcome}`;
    put(this.result, text);
  }

  watch() {
    const { pending } = this;
    if (!pending || !this.element.isConnected) return;
    if (performance.now() - pending.sentAt > SILENT_MS) {
      this.pending = null;
      this.say("failed", t("commandSilent"));
      return;
    }
    this.asked();
    setTimeout(() => this.pending === pending && this.watch(), ASK_EVERY_MS);
  }

  /** The device's history arrived: does it hold the answer? */
  follow(history) {
    const { pending } = this;
    const answer = pending && history.find((entry) => entry.what === "response" && entry.counter === pending.counter);
    if (!answer) return;
    this.pending = null;
    const took = latency(performance.now() - pending.sentAt);
    if (answer.code === 0) this.say("failed", t("commandUnanswered", took));
    else if (codeText(answer.code) === "OK") this.say("done", t("commandDone", took));
    else this.say("failed", t("commandAnswered", codeText(answer.code), took));
  }
}

// The key to the drawings: every kind with its shape (a switch that hides it) and every state with its count.

import { make, put } from "./dom.js";
import { drawMark, radius } from "./marks.js";
import { whole } from "./format.js";
import { STATES } from "./model.js";
import { pick, t, tIn } from "./text.js";

const SIGN_PX = 16;
const COUNT_MS = 400; // counts are read, not watched

export class Legend {
  constructor(model) {
    this.model = model;
    this.kinds = document.getElementById("kinds");
    this.states = document.getElementById("states");
    model.on("estate", () => this.build());
    model.on("states", () => (this.timer ??= setTimeout(() => this.count(), COUNT_MS)));
    model.on("shown-kinds", () => this.press());
  }

  build() {
    const counts = new Map();
    for (const { kind } of this.model.devices.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    this.buttons = [...counts].map(([kind, count]) => {
      const button = make("button", "key");
      button.type = "button";
      button.dataset.kind = kind;
      button.dataset.testid = `kind-${kind}`;
      const name = make("span", "");
      name.textContent = pick(this.model.registry.kinds[kind]?.label, kind);
      const number = make("b", "");
      number.textContent = whole(count);
      button.append(sign(kind, "online"), name, number);
      button.addEventListener("click", () => this.model.toggleKind(kind));
      return button;
    });
    this.kinds.replaceChildren(...this.buttons);
    this.numbers = new Map();
    this.states.replaceChildren(...STATES.map((state) => {
      const pair = make("div", state.startsWith("alarm") ? "alarm-state" : "");
      pair.title = tIn("stateName", state);
      const [term, number] = [make("dt", ""), make("dd", "")];
      const name = make("span", "");
      name.textContent = tIn("stateName", state);
      term.append(sign("smoke", state), name);
      pair.append(term, number);
      this.numbers.set(state, { pair, number });
      return pair;
    }));
    this.states.setAttribute("aria-label", t("states"));
    this.press();
    this.count();
  }

  press() {
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(!this.model.hidden.has(button.dataset.kind)));
    }
  }

  count() {
    this.timer = undefined;
    const counts = new Map(STATES.map((state) => [state, 0]));
    for (const { state } of this.model.devices.values()) counts.set(state, counts.get(state) + 1);
    for (const [state, { pair, number }] of this.numbers) {
      put(number, whole(counts.get(state)));
      pair.classList.toggle("none", counts.get(state) === 0);
    }
  }
}

function sign(kind, state) {
  const ratio = devicePixelRatio || 1;
  const canvas = make("canvas", "sign");
  canvas.width = canvas.height = SIGN_PX * ratio;
  canvas.setAttribute("aria-hidden", "true");
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, (SIGN_PX / 2) * ratio, (SIGN_PX / 2) * ratio);
  const r = 5;
  drawMark(c, kind, state, r * (r / radius(state, r)) * 1.1);
  return canvas;
}

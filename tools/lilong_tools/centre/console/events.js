// The ticker: the latest events, written a few times a second however many come.

import { make } from "./dom.js";
import { quantities, wallTime } from "./format.js";
import { pick } from "./text.js";

const KEPT = 60;
const WRITE_MS = 250;

export class EventTicker {
  constructor(model) {
    this.model = model;
    this.list = document.getElementById("events");
    this.waiting = [];
    this.lines = [];
    model.on("event", (event) => this.take(event));
    this.list.addEventListener("click", (click) => this.choose(click));
  }

  take(event) {
    this.waiting.push(event);
    if (this.waiting.length > KEPT) this.waiting.shift();
    this.timer ??= setTimeout(() => this.write(), WRITE_MS);
  }

  write() {
    this.timer = undefined;
    const fresh = this.waiting.reverse();
    this.waiting = [];
    this.lines = [...fresh, ...this.lines].slice(0, KEPT);
    this.list.prepend(...fresh.map((event) => this.line(event)));
    while (this.list.childElementCount > KEPT) this.list.lastElementChild.remove();
  }

  /** The language changed. */
  rebuild() {
    this.list.replaceChildren(...this.lines.map((event) => this.line(event)));
  }

  clear() {
    this.lines = [];
    this.list.replaceChildren();
  }

  line(event) {
    const { registry } = this.model;
    const item = make("li", "");
    item.dataset.device = event.device;
    const [at, what, name, values] = ["time", "b", "span", "i"].map((tag) => make(tag, ""));
    at.textContent = wallTime(event.at, this.model.now());
    what.textContent = pick(registry.events[event.code]?.label, `#${event.code}`);
    name.textContent = event.name;
    values.textContent = quantities(event.values, registry, { names: false });
    item.append(at, what, name, values);
    return item;
  }

  choose(click) {
    const item = click.target.closest("li");
    if (item && this.model.devices.has(item.dataset.device)) this.model.select(item.dataset.device);
  }
}

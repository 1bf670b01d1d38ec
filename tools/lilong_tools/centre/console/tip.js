// What is under the pointer, in a few words beside it.

import { make } from "./dom.js";
import { place } from "./format.js";
import { pick, tIn } from "./text.js";

export class Tip {
  constructor(model) {
    this.model = model;
    this.element = document.getElementById("tip");
    model.on("states", () => this.id && this.fill());
  }

  show(id, sheet, x, y) {
    this.element.hidden = id === null;
    if (id !== this.id) {
      this.id = id;
      if (id) this.fill();
    }
    if (!id) return;
    const box = sheet.root.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.min(Math.max(box.left + x + 14, 4), innerWidth - width - 4);
    const above = box.top + y - height - 12;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${above > 4 ? above : box.top + y + 18}px`;
  }

  fill() {
    const device = this.model.devices.get(this.id);
    const alarm = this.model.alarmed.get(this.id);
    const parts = [
      ["b", "", device.name],
      ["span", "", [pick(this.model.registry.kinds[device.kind]?.label, device.kind), place(device, this.model)].filter(Boolean).join(" · ")],
      ["span", `chip ${device.state}`, tIn("stateName", device.state)],
    ];
    if (alarm) parts.push(["span", `alarm-text level-${alarm.level}`, pick(this.model.registry.alarms[alarm.code]?.label)]);
    this.element.replaceChildren(...parts.map(([tag, name, text]) => {
      const part = make(tag, name);
      part.textContent = text;
      return part;
    }));
  }
}

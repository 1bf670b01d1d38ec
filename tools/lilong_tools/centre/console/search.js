// Find a device by its name or id: the way to every device for whom a pointer is no use.

import { make } from "./dom.js";
import { place } from "./format.js";
import { t } from "./text.js";

const MOST = 8;

export class Search {
  constructor(model) {
    this.model = model;
    this.field = document.getElementById("find");
    this.list = document.getElementById("found");
    this.at = -1;
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // keeps the focus, and with it the list, until the click is done
      const option = event.target.closest("li[data-device]");
      if (option) this.choose(option);
    });
    document.getElementById("find-form").addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.matches("input")) return;
      event.preventDefault();
      this.field.focus();
    });
  }

  search() {
    const words = this.field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = [];
    if (words.length) {
      for (const device of this.model.devices.values()) {
        const text = `${device.name} ${device.id} ${place(device, this.model)}`.toLowerCase();
        if (words.every((word) => text.includes(word))) hits.push(device);
        if (hits.length === MOST) break;
      }
    }
    this.at = -1;
    this.list.replaceChildren(...hits.map((device, index) => this.option(device, index)));
    if (words.length && !hits.length) {
      const none = make("li", "none");
      none.textContent = t("nothingFound");
      this.list.append(none);
    }
    this.show(words.length > 0);
    if (hits.length) this.move(1);
  }

  option(device, index) {
    const option = make("li", "");
    option.id = `found-${index}`;
    option.dataset.device = device.id;
    option.setAttribute("role", "option");
    const [name, where] = [make("b", ""), make("span", "")];
    name.textContent = device.name;
    where.textContent = place(device, this.model);
    option.append(name, where);
    return option;
  }

  show(open) {
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
  }

  close() {
    this.show(false);
    this.field.removeAttribute("aria-activedescendant");
  }

  move(by) {
    const options = [...this.list.querySelectorAll("li[data-device]")];
    if (!options.length) return;
    this.at = (this.at + by + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    this.field.setAttribute("aria-activedescendant", options[this.at].id);
  }

  choose(option) {
    this.field.value = "";
    this.close();
    this.model.select(option.dataset.device);
  }

  key(event) {
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Escape") {
      this.field.value = "";
      this.close();
      event.stopPropagation();
    } else if (event.key === "Enter") {
      const option = this.list.querySelectorAll("li[data-device]")[this.at];
      if (option && !this.list.hidden) this.choose(option);
    } else return;
    event.preventDefault();
  }
}

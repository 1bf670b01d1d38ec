// Mouse, touch and keys on a sheet: drag moves, wheel and pinch zoom, a click picks.

const CLICK_PX = 5; // a press that moves further is a drag
const STEP_PX = 60;

export class Gestures {
  constructor(root, sheet) {
    Object.assign(this, { root, sheet });
    this.pointers = new Map(); // pointer id -> [x, y] on the sheet
    root.tabIndex = 0;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => this.up(event));
    root.addEventListener("pointerleave", () => sheet.hover(null));
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    root.addEventListener("dblclick", (event) => sheet.zoom(2, ...this.at(event)));
    root.addEventListener("keydown", (event) => this.key(event));
  }

  at(event) {
    const box = this.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button > 0) return;
    this.pointers.set(event.pointerId, this.at(event));
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
    this.start = this.at(event);
  }

  moved(event) {
    const [x, y] = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.sheet.hover(x, y);
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.pointers.set(event.pointerId, [x, y]);
    if (others.length) {
      const [ox, oy] = others[0];
      const apart = (px, py) => Math.max(Math.hypot(px - ox, py - oy), 1);
      this.sheet.zoom(apart(x, y) / apart(...before), (x + ox) / 2, (y + oy) / 2);
      this.sheet.move((x - before[0]) / 2, (y - before[1]) / 2);
      return;
    }
    this.travelled = Math.max(this.travelled, Math.hypot(x - this.start[0], y - this.start[1]));
    if (this.travelled <= CLICK_PX) return;
    if (!this.root.hasPointerCapture(event.pointerId)) this.root.setPointerCapture(event.pointerId);
    this.root.classList.add("dragging");
    this.sheet.move(x - before[0], y - before[1]);
  }

  up(event) {
    const known = this.pointers.delete(event.pointerId);
    this.root.classList.remove("dragging");
    if (!known || event.type === "pointercancel" || this.travelled > CLICK_PX) return;
    const reach = event.pointerType === "touch" ? 18 : undefined;
    const id = this.sheet.deviceNear(...this.at(event), reach);
    this.sheet.onPick(id);
  }

  wheel(event) {
    // Where the page itself scrolls (a narrow window) a plain wheel scrolls it, with ctrl it zooms.
    const pageScrolls = document.documentElement.scrollHeight > innerHeight + 1;
    if (pageScrolls && !event.ctrlKey && !this.sheet.moved) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.sheet.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...this.at(event));
  }

  key(event) {
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      "+": () => this.sheet.zoom(1.4), "=": () => this.sheet.zoom(1.4), "-": () => this.sheet.zoom(1 / 1.4),
      "0": () => this.sheet.fit(),
      ArrowLeft: () => this.sheet.move(STEP_PX, 0), ArrowRight: () => this.sheet.move(-STEP_PX, 0),
      ArrowUp: () => this.sheet.move(0, STEP_PX), ArrowDown: () => this.sheet.move(0, -STEP_PX),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

// A drawing that can be zoomed and moved: ground, marks and beacons on three canvases, each redrawn only when it changed.

import { Gestures } from "./gestures.js";
import { drawMark, radius, Sprites } from "./marks.js";
import { severity } from "./model.js";
import { t } from "./text.js";
import { color, still } from "./theme.js";

const LARGEST_ZOOM = 14; // times the scale at which everything is seen
const GLIDE_MS = 320;
const PULSE_MS = 30; // thirty pictures a second are smooth enough for a ring
const REACH_PX = 9; // how far from a mark a pointer still means it

export class Sheet {
  /**
   * `scene` says what to draw: layout(width, height) gives the extent {width, height} in its own units,
   * spots is a Map of device id -> {x, y, device, mark}, markRadius(scale) in px,
   * paintGround(context, camera) and paintLabels(context, camera) draw around the marks.
   */
  constructor(root, scene, model, { onPick, onHover }) {
    Object.assign(this, { root, scene, model, onPick, onHover });
    this.camera = { k: 1, x: 0, y: 0 };
    this.width = this.height = 0;
    this.moved = false; // by hand: a resize keeps what is seen
    this.hovered = null;
    this.stale = { ground: true, marks: true, beacons: true };
    this.sprites = new Sprites();
    this.drawn = new Set(); // ids of the devices that have a mark here
    [this.ground, this.marks, this.beacons] = ["ground", "marks", "beacons"].map((name) => {
      const canvas = document.createElement("canvas");
      canvas.className = name;
      canvas.setAttribute("aria-hidden", "true");
      root.append(canvas);
      return canvas;
    });
    new Gestures(root, this);
    new ResizeObserver(() => this.resize()).observe(root);
  }

  /** The devices moved, or the colours or words changed: draw everything again. */
  rebuild() {
    this.sprites.clear();
    this.extent = this.scene.layout(this.width, this.height);
    if (!this.moved) this.camera = this.fitting();
    this.touch("ground", "marks", "beacons");
  }

  resize() {
    const box = this.root.getBoundingClientRect();
    const ratio = devicePixelRatio || 1;
    if (box.width === this.width && box.height === this.height && ratio === this.ratio) return;
    Object.assign(this, { width: box.width, height: box.height, ratio });
    for (const canvas of [this.ground, this.marks, this.beacons]) {
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
    }
    this.rebuild();
    this.frame(performance.now()); // a resized canvas is blank until it is drawn
  }

  fitting() {
    const { width, height } = this.extent;
    const k = Math.min(this.width / width, this.height / height) || 1;
    return { k, x: (this.width - width * k) / 2, y: (this.height - height * k) / 2 };
  }

  touch(...layers) {
    for (const layer of layers) this.stale[layer] = true;
    this.asked ??= requestAnimationFrame((now) => {
      this.asked = null;
      this.frame(now);
    });
  }

  frame(now) {
    if (!this.width || !this.model.estate) return;
    if (this.glide) this.stepGlide(now);
    if (this.stale.ground) this.paint(this.ground, (c) => this.scene.paintGround(c, this.camera));
    if (this.stale.marks) this.paint(this.marks, (c) => this.paintMarks(c));
    if (this.stale.beacons || (this.pulsing && now - this.pulsedAt > PULSE_MS)) {
      this.pulsedAt = now;
      this.paint(this.beacons, (c) => this.paintBeacons(c, now));
    }
    this.stale = { ground: false, marks: false, beacons: false };
    if (this.glide || this.pulsing) this.touch();
  }

  paint(canvas, painter) {
    const c = canvas.getContext("2d");
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, canvas.width, canvas.height);
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    painter(c);
  }

  toScreen(spot) {
    return [spot.x * this.camera.k + this.camera.x, spot.y * this.camera.k + this.camera.y];
  }

  paintMarks(c) {
    const r = this.scene.markRadius(this.camera.k);
    const loud = [];
    const drawn = new Set();
    for (const spot of this.scene.spots.values()) {
      if (!spot.mark || this.model.hidden.has(spot.device.kind)) continue;
      drawn.add(spot.device.id);
      if (severity(spot.device.state) > 2) loud.push(spot);
      else this.paintMark(c, spot, r);
    }
    this.scene.paintLabels(c, this.camera);
    loud.sort((a, b) => severity(a.device.state) - severity(b.device.state));
    for (const spot of loud) this.paintMark(c, spot, r);
    this.drawn = drawn;
  }

  paintMark(c, spot, r) {
    const [x, y] = this.toScreen(spot);
    const sprite = this.sprites.of(spot.device.kind, spot.device.state, r, this.ratio);
    const { half, canvas } = sprite;
    if (x < -half || y < -half || x > this.width + half || y > this.height + half) return;
    const snap = (n) => Math.round((n - half) * this.ratio) / this.ratio;
    c.drawImage(canvas, snap(x), snap(y), canvas.width / this.ratio, canvas.height / this.ratio);
  }

  // Beacons: what must be found at once, and what is selected or under the pointer.
  paintBeacons(c, now) {
    this.pulsing = false;
    const r = this.scene.markRadius(this.camera.k);
    const open = [...this.model.alarmed.values()].sort((a, b) => b.level - a.level);
    for (const alarm of open) {
      const spot = this.scene.spots.get(alarm.device);
      if (spot) this.paintBeacon(c, alarm, spot, r, now);
    }
    for (const [id, width] of [[this.hovered, 1], [this.model.selected, 1.6]]) {
      const spot = id && this.scene.spots.get(id);
      if (spot) this.paintRing(c, spot, radius(spot.device.state, Math.max(r, 3)) + 4, width);
    }
  }

  paintBeacon(c, alarm, spot, r, now) {
    let [x, y] = this.toScreen(spot);
    const outside = x < 0 || y < 0 || x > this.width || y > this.height;
    [x, y] = [Math.min(Math.max(x, 12), this.width - 12), Math.min(Math.max(y, 12), this.height - 12)];
    const paint = color[`alarm${alarm.level}`];
    c.strokeStyle = paint;
    const size = radius(`alarm${alarm.level}`, r);
    if (!alarm.acknowledged) {
      const period = alarm.level === 1 ? 1300 : 2200;
      this.pulsing ||= !still.matches;
      const phase = still.matches ? 0.4 : ((now - alarm.raised_at) % period + period) % period / period;
      c.lineWidth = 2;
      for (const part of [phase, (phase + 0.5) % 1]) {
        c.globalAlpha = (1 - part) ** 1.5;
        c.beginPath();
        c.arc(x, y, size + 2 + part * (alarm.level === 1 ? 26 : 16), 0, 7);
        c.stroke();
      }
      c.globalAlpha = 1;
    }
    this.scene.paintCallout?.(c, this.camera, alarm, spot, paint);
    if (outside || !spot.mark || this.model.hidden.has(spot.device.kind)) {
      c.save();
      c.translate(x, y);
      drawMark(c, spot.device.kind, `alarm${alarm.level}`, 6);
      c.restore();
    }
  }

  paintRing(c, spot, r, width) {
    const [x, y] = this.toScreen(spot);
    c.strokeStyle = color.ink;
    c.lineWidth = width;
    c.beginPath();
    c.arc(x, y, r, 0, 7);
    if (width > 1) {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        c.moveTo(x + dx * r, y + dy * r);
        c.lineTo(x + dx * (r + 7), y + dy * (r + 7));
      }
    }
    c.stroke();
  }

  /** The middle of a device's mark in CSS px of the window; null when this sheet has none or it is out of view. */
  onScreen(id) {
    const spot = this.scene.spots.get(id);
    if (!spot?.mark) return null;
    const [x, y] = this.toScreen(spot);
    const box = this.root.getBoundingClientRect();
    const inside = x >= 0 && y >= 0 && x <= this.width && y <= this.height;
    return inside ? { x: box.left + x, y: box.top + y, sheet: this.root.id } : null;
  }

  /** The device under a point of the sheet in px, or null. */
  deviceNear(px, py, reach = REACH_PX) {
    const r = this.scene.markRadius(this.camera.k);
    let [best, nearest] = [null, Infinity];
    for (const [id, spot] of this.scene.spots) {
      const alarmed = this.model.alarmed.has(id);
      if (!(spot.mark && !this.model.hidden.has(spot.device.kind)) && !alarmed) continue;
      const [x, y] = this.toScreen(spot);
      const distance = Math.hypot(px - x, py - y) - (alarmed ? 3 : 0);
      if (distance < Math.max(r + 1, reach) && distance < nearest) [best, nearest] = [id, distance];
    }
    return best;
  }

  hover(px, py, reach) {
    const id = px === null ? null : this.deviceNear(px, py, reach);
    this.root.classList.toggle("pointing", id !== null);
    if (id !== this.hovered) {
      this.hovered = id;
      this.touch("beacons");
    }
    this.onHover(id, this, px, py);
  }

  /** Keeps the point px,py in place while the scale changes by `factor`. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const fit = this.fitting();
    const k = Math.min(Math.max(this.camera.k * factor, fit.k), fit.k * LARGEST_ZOOM);
    const f = k / this.camera.k;
    this.look({ k, x: px - (px - this.camera.x) * f, y: py - (py - this.camera.y) * f });
  }

  move(dx, dy) {
    this.look({ ...this.camera, x: this.camera.x + dx, y: this.camera.y + dy });
  }

  look(camera) {
    const fit = this.fitting();
    this.glide = null;
    this.moved = camera.k > fit.k * 1.001;
    this.camera = this.moved ? this.kept(camera) : fit;
    this.root.classList.toggle("zoomed", this.moved);
    this.touch("ground", "marks", "beacons");
  }

  /** The drawing always covers the middle of the sheet. */
  kept({ k, x, y }) {
    const within = (at, size, length) => Math.min(Math.max(at, size / 2 - length * k), size / 2);
    return { k, x: within(x, this.width, this.extent.width), y: within(y, this.height, this.extent.height) };
  }

  fit() {
    this.glideTo(this.fitting(), false);
  }

  /** Brings a device into view when it is not; true when this sheet has it. */
  reveal(id) {
    const spot = this.scene.spots.get(id);
    if (!spot) return false;
    const [x, y] = this.toScreen(spot);
    const edge = 20;
    if (x < edge || y < edge || x > this.width - edge || y > this.height - edge) {
      const { k } = this.camera;
      this.glideTo(this.kept({ k, x: this.width / 2 - spot.x * k, y: this.height / 2 - spot.y * k }), this.moved);
    }
    return true;
  }

  glideTo(camera, moved) {
    this.moved = moved;
    this.root.classList.toggle("zoomed", moved);
    if (still.matches) this.camera = camera;
    else this.glide = { from: this.camera, to: camera, start: performance.now() };
    this.touch("ground", "marks", "beacons");
  }

  stepGlide(now) {
    const { from, to, start } = this.glide;
    const part = Math.min(Math.max((now - start) / GLIDE_MS, 0), 1);
    const eased = 1 - (1 - part) ** 3;
    const between = (a, b) => a + (b - a) * eased;
    this.camera = { k: between(from.k, to.k), x: between(from.x, to.x), y: between(from.y, to.y) };
    if (part === 1) this.glide = null;
    this.stale.ground = this.stale.marks = true;
  }
}

/** Puts the three buttons of a sheet above it: in, out, everything. */
export function addButtons(sheet) {
  const box = document.createElement("div");
  box.className = "zoom";
  const buttons = [["zoomIn", "+", () => sheet.zoom(1.5)], ["zoomOut", "−", () => sheet.zoom(1 / 1.5)],
    ["fit", "⤢", () => sheet.fit()]].map(([word, sign, act]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.addEventListener("click", act);
    box.append(button);
    return [button, word];
  });
  sheet.relabel = () => {
    for (const [button, word] of buttons) {
      button.setAttribute("aria-label", t(word));
      button.title = t(word);
    }
  };
  sheet.root.parentElement.querySelector(".pane-head").append(box);
}

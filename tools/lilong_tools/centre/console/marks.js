// A mark on a drawing: its shape tells the kind of device, its form and colour the state.

import { color } from "./theme.js";

// Each traces its outline around 0,0 at a size that looks equal to a circle of radius r.
const SHAPES = {
  smoke: (c, r) => c.arc(0, 0, r * 0.94, 0, 7),
  gas: (c, r) => polygon(c, [[0, -r * 1.15], [r * 1.15, 0], [0, r * 1.15], [-r * 1.15, 0]]),
  door: (c, r) => {
    c.moveTo(-r * 0.8, r);
    c.lineTo(-r * 0.8, -r * 0.2);
    c.arc(0, -r * 0.2, r * 0.8, Math.PI, 0);
    c.lineTo(r * 0.8, r);
    c.closePath();
  },
  streetlight: (c, r) => polygon(c, [[0, -r * 1.15], [r * 1.1, r * 0.85], [-r * 1.1, r * 0.85]]),
  manhole: (c, r) => {
    c.arc(0, 0, r, Math.PI * 1.06, Math.PI * 1.94);
    c.closePath();
    c.moveTo(r * Math.cos(Math.PI * 0.06), r * Math.sin(Math.PI * 0.06));
    c.arc(0, 0, r, Math.PI * 0.06, Math.PI * 0.94);
    c.closePath();
  },
  wristband: (c, r) => {
    const [a, b] = [r * 0.4, r * 1.1];
    polygon(c, [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]]);
  },
};
const OTHER = (c, r) => polygon(c, [0, 1, 2, 3, 4].map((n) => [Math.sin(n * 1.2566) * r, -Math.cos(n * 1.2566) * r]));

function polygon(c, points) {
  points.forEach(([x, y], index) => (index ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

const trace = (c, kind, r) => {
  c.beginPath();
  (SHAPES[kind] ?? OTHER)(c, r);
};

/** The radius at which a mark of `state` is drawn where a healthy one has radius `r`. */
export const radius = (state, r) => (state.startsWith("alarm") ? Math.max(r * 1.4, 6.5) : r);

/** Draws a mark around 0,0. */
export function drawMark(c, kind, state, r) {
  const paint = color[state] ?? color.never;
  c.fillStyle = paint;
  c.strokeStyle = paint;
  c.lineJoin = "round";
  if (state === "online") {
    trace(c, kind, r);
    c.fill();
  } else if (state === "asleep") {
    trace(c, kind, r * 0.72);
    c.fill();
  } else if (state === "fault") {
    trace(c, kind, r);
    c.fill();
    letter(c, "!", r);
  } else if (state.startsWith("alarm")) {
    trace(c, kind, radius(state, r));
    c.fill();
    c.lineWidth = 1;
    c.strokeStyle = color.paper;
    c.stroke();
    letter(c, state.slice(5), radius(state, r));
  } else {
    c.lineWidth = Math.max(0.8, r * 0.26);
    trace(c, kind, r * 0.8);
    c.stroke();
    if (state === "offline") {
      c.beginPath();
      c.moveTo(-r * 1.1, r * 1.1);
      c.lineTo(r * 1.1, -r * 1.1);
      c.stroke();
    }
  }
}

function letter(c, text, r) {
  if (r < 4.5) return;
  c.fillStyle = color["on-alarm"];
  c.font = `700 ${Math.round(r * 1.35)}px ${color.font}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, 0, r * 0.1);
}

/** Ready-made images of marks, so that thousands of them are copied and not traced each time. */
export class Sprites {
  constructor() {
    this.made = new Map();
  }

  clear() {
    this.made.clear();
  }

  /** A canvas of the mark and half its size in CSS pixels. */
  of(kind, state, r, ratio) {
    const size = Math.round(r * 2) / 2;
    const key = `${kind} ${state} ${size} ${ratio}`;
    let sprite = this.made.get(key);
    if (!sprite) {
      const half = Math.ceil(radius(state, size) * 1.25 + 2);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.round(half * 2 * ratio);
      const c = canvas.getContext("2d");
      c.setTransform(ratio, 0, 0, ratio, half * ratio, half * ratio);
      drawMark(c, kind, state, size);
      sprite = { canvas, half };
      this.made.set(key, sprite);
    }
    return sprite;
  }
}

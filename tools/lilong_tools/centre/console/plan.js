// The site plan: ground, roads, footprints, gates, and the devices that stand outdoors or at a door.

import { pick, t } from "./text.js";
import { severity } from "./model.js";
import { color } from "./theme.js";

const MARGIN_M = 9;
const ROAD_M = 4.6;
const STOREY_SHADOW_M = 0.26; // what a storey adds to the shadow on the ground
const APART_M = 2.3; // between devices that stand at one point

/** True for a device that has a place of its own in a flat or corridor, so that storeys would hide each other here. */
export const inElevation = (device) => device.core !== null && device.kind !== "wristband";

export class PlanScene {
  constructor(model) {
    this.model = model;
    this.spots = new Map();
  }

  layout() {
    const { estate, devices } = this.model;
    if (!estate) return { width: 1, height: 1 };
    this.spots.clear();
    const crowds = new Map();
    for (const device of devices.values()) {
      const mark = !inElevation(device) || device.kind === "door";
      const spot = { x: device.x + MARGIN_M, y: device.y + MARGIN_M, device, mark };
      this.spots.set(device.id, spot);
      if (!mark) continue;
      const key = `${Math.round(device.x / 2)} ${Math.round(device.y / 2)}`;
      if (!crowds.has(key)) crowds.set(key, []);
      crowds.get(key).push(spot);
    }
    for (const crowd of crowds.values()) if (crowd.length > 1) spread(crowd);
    this.badges = badgePlaces(estate, [...this.spots.values()]);
    return { width: estate.width_m + 2 * MARGIN_M, height: estate.height_m + 2 * MARGIN_M };
  }

  markRadius(k) {
    return Math.min(Math.max(k * 1.05, 2.6), 11);
  }

  paintGround(c, { k, x, y }) {
    const { estate } = this.model;
    const at = ([px, py]) => [(px + MARGIN_M) * k + x, (py + MARGIN_M) * k + y];
    const trace = (points) => points.forEach((point, index) => (index ? c.lineTo(...at(point)) : c.moveTo(...at(point))));
    this.paintSite(c, k, at, estate);
    c.fillStyle = color.green;
    for (const green of estate.greens ?? []) {
      c.beginPath();
      trace(green);
      c.fill();
    }
    c.lineCap = c.lineJoin = "round";
    for (const [paint, width] of [[color["road-edge"], ROAD_M + 0.7], [color.road, ROAD_M]]) {
      c.strokeStyle = paint;
      c.lineWidth = width * k;
      for (const road of estate.roads) {
        c.beginPath();
        trace(road);
        c.stroke();
      }
    }
    c.fillStyle = color.shadow;
    c.beginPath();
    for (const building of estate.buildings) {
      for (const part of shadow(building.polygon, (building.storeys ?? 1) * STOREY_SHADOW_M)) {
        trace(part);
        c.closePath();
      }
    }
    c.fill();
    for (const building of estate.buildings) {
      c.beginPath();
      trace(building.polygon);
      c.closePath();
      c.fillStyle = building.use === "commercial" ? color.commercial : color.building;
      c.fill();
      c.strokeStyle = color["building-edge"];
      c.lineWidth = 1.2;
      c.stroke();
    }
    this.paintGates(c, at, estate);
    this.paintScale(c, k, at, estate);
  }

  paintSite(c, k, at, estate) {
    const [left, top] = at([0, 0]);
    c.fillStyle = color.site;
    c.fillRect(left, top, estate.width_m * k, estate.height_m * k);
    c.strokeStyle = color.grid;
    c.lineWidth = 1;
    c.beginPath();
    for (let m = 50; m < estate.width_m; m += 50) line(c, at([m, 0]), at([m, estate.height_m]));
    for (let m = 50; m < estate.height_m; m += 50) line(c, at([0, m]), at([estate.width_m, m]));
    c.stroke();
    c.setLineDash([7, 3, 1.5, 3]);
    c.strokeStyle = color["ink-3"];
    c.strokeRect(left, top, estate.width_m * k, estate.height_m * k);
    c.setLineDash([]);
  }

  paintGates(c, at, estate) {
    c.font = `600 11px ${color.font}`;
    c.textBaseline = "middle";
    for (const gate of estate.gates) {
      const [x, y] = at([gate.x, gate.y]);
      c.fillStyle = color.paper;
      c.strokeStyle = color.accent;
      c.lineWidth = 1.6;
      c.beginPath();
      c.moveTo(x - 6, y + 6);
      c.lineTo(x - 6, y - 1);
      c.arc(x, y - 1, 6, Math.PI, 0);
      c.lineTo(x + 6, y + 6);
      c.closePath();
      c.fill();
      c.stroke();
      const onRight = labelOnRight(gate, estate);
      c.textAlign = onRight ? "left" : "right";
      written(c, pick(gate.name), x + (onRight ? 11 : -11), y + 1, color.accent);
    }
  }

  paintScale(c, k, at, estate) {
    const length = [100, 50, 20, 10, 5].find((m) => m * k < 130) ?? 5;
    const [right, below] = at([estate.width_m, estate.height_m]);
    const [x, y] = [right - length * k, below + MARGIN_M * k * 0.45];
    c.strokeStyle = color["ink-3"];
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, y - 3);
    c.lineTo(x, y);
    c.lineTo(right, y);
    c.lineTo(right, y - 3);
    c.stroke();
    c.font = `10px ${color.font}`;
    c.textAlign = "right";
    c.textBaseline = "middle";
    c.fillStyle = color["ink-2"];
    c.fillText(`${length} m`, x - 6, y);
    const [left, top] = [at([0, 0])[0] + 5, y + 2]; // north is up: y grows southward
    c.textAlign = "left";
    c.fillText(t("north"), left + 9, y);
    c.beginPath();
    c.moveTo(left, top - 9);
    c.lineTo(left + 4, top + 3);
    c.lineTo(left, top);
    c.lineTo(left - 4, top + 3);
    c.closePath();
    c.fill();
  }

  paintLabels(c, camera) {
    const { estate } = this.model;
    const { k, x, y } = camera;
    const worst = worstByCore(this.model.devices.values());
    for (const building of estate.buildings) {
      const xs = building.polygon.map((point) => (point[0] + MARGIN_M) * k + x);
      const ys = building.polygon.map((point) => (point[1] + MARGIN_M) * k + y);
      const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
      c.font = `600 ${k > 4 ? 13 : 11}px ${color.font}`;
      c.textAlign = "center";
      c.textBaseline = "top";
      written(c, pick(building.name), middle, Math.max(...ys) + 4, color.ink);
      for (const core of building.cores) {
        const badge = this.badges.get(core.id);
        coreBadge(c, core.id, badge.x * k + x, badge.y * k + y, worst.get(core.id));
      }
    }
  }
}

/** The worst state among the devices of each core. */
export function worstByCore(devices) {
  const worst = new Map();
  for (const device of devices) {
    if (device.core === null) continue;
    const known = worst.get(device.core);
    if (known === undefined || severity(device.state) > severity(known)) worst.set(device.core, device.state);
  }
  return worst;
}

/** The number of a core in a ring of the colour of its worst state; the same sign on plan and elevation. */
export function coreBadge(c, id, x, y, state = "never") {
  c.beginPath();
  c.arc(x, y, 8.5, 0, 7);
  c.fillStyle = color.paper;
  c.fill();
  c.lineWidth = severity(state) > 3 ? 2.2 : 1.2;
  c.strokeStyle = severity(state) > 3 ? color[state] : color["ink-3"];
  c.stroke();
  c.font = `700 10px ${color.font}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillStyle = color.ink;
  c.fillText(String(id), x, y + 0.5);
}

/** Text with a thin edge of the ground's colour, so that it stays legible over lines. */
export function written(c, text, x, y, paint) {
  c.lineJoin = "round";
  c.lineWidth = 3;
  c.strokeStyle = color.site;
  c.strokeText(text, x, y);
  c.fillStyle = paint;
  c.fillText(text, x, y);
}

// A core's number stands among its flats, where it hides the fewest marks. (Its own point is the door at the edge.)
function badgePlaces(estate, spots) {
  const marks = spots.filter(({ mark }) => mark);
  const places = new Map();
  for (const building of estate.buildings) {
    const [xs, ys] = [0, 1].map((axis) => building.polygon.map((point) => point[axis] + MARGIN_M));
    for (const core of building.cores) {
      const flats = spots.filter(({ device }) => device.core === core.id && device.unit !== null);
      const mean = (of) => flats.reduce((sum, spot) => sum + of(spot), 0) / flats.length;
      const home = flats.length ? { x: mean((s) => s.x), y: mean((s) => s.y) } : { x: core.x + MARGIN_M, y: core.y + MARGIN_M };
      const near = marks.filter((spot) => Math.hypot(spot.x - home.x, spot.y - home.y) < 25);
      let best = { ...home, worth: -Infinity };
      for (let x = Math.max(Math.min(...xs) + 3.5, home.x - 10); x <= Math.min(Math.max(...xs) - 3.5, home.x + 10); x += 0.8) {
        for (let y = Math.min(...ys) + 3.5; y <= Math.max(...ys) - 3.5; y += 0.8) {
          const free = Math.min(6, ...near.map((spot) => Math.hypot(spot.x - x, spot.y - y)));
          const worth = free - 0.12 * Math.hypot(x - home.x, y - home.y);
          if (worth > best.worth) best = { x, y, worth };
        }
      }
      places.set(core.id, best);
    }
  }
  return places;
}

// Away from the edge of the site, and from another gate beside it.
function labelOnRight(gate, estate) {
  if (gate.x < estate.width_m * 0.15) return true;
  if (gate.x > estate.width_m * 0.85) return false;
  const beside = estate.gates.find((other) => other !== gate && Math.hypot(other.x - gate.x, other.y - gate.y) < 40);
  return beside ? gate.x > beside.x : gate.x < estate.width_m / 2;
}

function line(c, from, to) {
  c.moveTo(...from);
  c.lineTo(...to);
}

// What a prism hides from a low sun: its roof moved by `length`, and each wall drawn out to it; all turning one way, so
// that one fill covers them evenly.
function shadow(polygon, length) {
  const far = polygon.map(([x, y]) => [x + length, y + length]);
  const walls = polygon.map((point, index) => {
    const next = (index + 1) % polygon.length;
    return [point, polygon[next], far[next], far[index]];
  });
  return [far, ...walls].map((part) => (area(part) < 0 ? part.reverse() : part));
}

function area(points) {
  return points.reduce((sum, [x, y], index) => {
    const [nx, ny] = points[(index + 1) % points.length];
    return sum + x * ny - nx * y;
  }, 0);
}

// A sunflower's pattern: even distances however many there are.
function spread(crowd) {
  crowd.forEach((spot, index) => {
    const [r, angle] = [APART_M * Math.sqrt(index + 0.5) * 0.75, index * 2.39996];
    spot.x += r * Math.cos(angle);
    spot.y += r * Math.sin(angle);
  });
}

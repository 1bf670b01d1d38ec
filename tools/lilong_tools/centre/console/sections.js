// The elevations: each residential core as a tower, a row for each storey, a window for each flat, so that devices that
// share a point of the plan each have a place of their own.

import { pick } from "./text.js";
import { storey } from "./format.js";
import { coreBadge, inElevation, worstByCore } from "./plan.js";
import { color } from "./theme.js";

const KIND_ORDER = ["smoke", "gas", "door", "wristband"];
const PAD = { left: 21, right: 6, top: 12, bottom: 30 }; // px around a tower: storey names, ground line, title
const GAP = 0.5; // between two flats, in marks
const SQUATTEST = 0.8; // a storey's height by a mark's width, least
const TALLEST = 2.2;

export class SectionScene {
  constructor(model) {
    this.model = model;
    this.spots = new Map();
    this.towers = [];
  }

  layout(width, height) {
    this.spots.clear();
    this.towers = towersOf(this.model);
    this.radiusAtFit = 3;
    if (this.towers.length && width && height) this.place(width, height);
    return { width: width || 1, height: height || 1 };
  }

  place(width, height) {
    const towers = this.towers;
    const wide = Math.max(...towers.map((tower) => tower.width));
    const high = Math.max(...towers.map((tower) => tower.top - tower.bottom + 1));
    const { across, mark, row } = bestGrid(towers.length, width, height, wide, high);
    const [slotW, slotH] = [width / across, height / Math.ceil(towers.length / across)];
    this.radiusAtFit = Math.min(mark, row) * 0.5 * 0.8;
    this.row = row;
    towers.forEach((tower, index) => {
      const [column, line] = [index % across, Math.floor(index / across)];
      const room = slotW - PAD.left - PAD.right;
      const left = column * slotW + PAD.left + (room - tower.width * mark) / 2;
      const depth = Math.max(0, -Math.min(...towers.slice(line * across, (line + 1) * across).map((t) => t.bottom)));
      const ground = (line + 1) * slotH - PAD.bottom - depth * row;
      Object.assign(tower, { left, ground, mark, row, right: left + tower.width * mark, slot: [column * slotW, slotW] });
      this.fill(tower);
    });
  }

  fill(tower) {
    for (const cell of tower.cells) {
      const column = tower.columns[cell.column];
      cell.x = tower.left + column.at * tower.mark;
      cell.w = column.width * tower.mark;
      cell.y = tower.ground - (cell.z + 1) * tower.row;
      cell.devices.forEach((device, index) => {
        const x = cell.x + (cell.w * (index + 0.5)) / cell.devices.length;
        this.spots.set(device.id, { x, y: cell.y + tower.row / 2, device, mark: true, tower });
      });
    }
    for (const device of tower.people) { // a wristband has no window of its own, but a home where its alarm shows
      const cell = tower.cells.find((one) => one.unit === device.unit && one.z === device.z);
      if (cell) this.spots.set(device.id, { x: cell.x + cell.w / 2, y: cell.y + tower.row / 2, device, mark: false, tower });
    }
  }

  markRadius(k) {
    return Math.min(Math.max(this.radiusAtFit * k, 1.8), 11);
  }

  paintGround(c, { k, x, y }) {
    const at = (px, py) => [px * k + x, py * k + y];
    for (const tower of this.towers) {
      const building = this.model.buildings.get(tower.building);
      const [left, top] = at(tower.left, tower.ground - (tower.top + 1) * tower.row);
      const [right, ground] = at(tower.right, tower.ground);
      const below = ground - tower.bottom * tower.row * k;
      const pad = 3;
      c.fillStyle = color.building;
      c.fillRect(left - pad, top - pad, right - left + 2 * pad, below - top + pad);
      c.strokeStyle = color["building-edge"];
      c.lineWidth = 1.2;
      c.strokeRect(left - pad, top - pad, right - left + 2 * pad, below - top + pad);
      this.paintWindows(c, tower, at, k);
      this.paintStoreys(c, tower, at, building, left - pad);
      c.strokeStyle = color["ink-3"];
      c.lineWidth = 1.4;
      const [slotLeft] = at(tower.slot[0], 0);
      c.beginPath();
      c.moveTo(slotLeft, ground);
      c.lineTo(slotLeft + tower.slot[1] * k, ground);
      c.stroke();
    }
  }

  paintWindows(c, tower, at, k) {
    const inset = Math.min(0.8, tower.row * 0.08) * k;
    const [w, h] = [(cell) => cell.w * k - inset, tower.row * k - 2 * inset];
    for (const cell of tower.cells) {
      const [left, top] = at(cell.x, cell.y);
      c.fillStyle = cell.unit === null ? color.slab : color.window;
      c.fillRect(left + inset / 2, top + inset, w(cell), h);
    }
    if (tower.row * k < 26) return;
    c.font = `9px ${color.font}`;
    c.textAlign = "left";
    c.textBaseline = "top";
    c.fillStyle = color["ink-2"];
    for (const cell of tower.cells) {
      if (cell.unit !== null && cell.w * k > 26) c.fillText(cell.unit, ...at(cell.x + 2 / k, cell.y + 2.5 / k));
    }
  }

  paintStoreys(c, tower, at, building, left) {
    c.font = `9px ${color.font}`;
    c.textAlign = "right";
    c.textBaseline = "middle";
    c.fillStyle = color["ink-3"];
    for (let z = tower.bottom; z <= tower.top; z += 1) {
      const number = z + (building?.ground ?? 1);
      if (z >= 0 && (number % 5 !== 0 || number === 0)) continue;
      const [, y] = at(0, tower.ground - (z + 0.5) * tower.row);
      c.fillText(z < 0 ? `B${-z}` : String(number), left - 4, y);
    }
  }

  /** Number and building of each core, together in the middle below its tower. */
  paintLabels(c, { k, x, y }) {
    const worst = worstByCore(this.model.devices.values());
    const names = this.towers.map((tower) => pick(this.model.buildings.get(tower.building)?.name));
    c.font = `600 11px ${color.font}`;
    const longest = Math.max(...names.map((name) => c.measureText(name).width));
    const size = Math.min(11, (11 * (this.towers[0]?.slot[1] * k - 26)) / longest);
    c.font = `600 ${size}px ${color.font}`;
    for (const [index, tower] of this.towers.entries()) {
      const name = size < 8 ? "" : names[index];
      const length = c.measureText(name).width;
      const below = (tower.ground - tower.bottom * tower.row) * k + y + 14.5;
      const [left, width] = [tower.slot[0] * k + x, tower.slot[1] * k];
      c.font = `600 ${size}px ${color.font}`;
      const start = left + Math.max((width - length - (name ? 22 : 17)) / 2, 2) + 9;
      c.textBaseline = "middle";
      c.textAlign = "left";
      c.fillStyle = color["ink-2"];
      c.fillText(name, start + 14, below);
      coreBadge(c, tower.core, start, below, worst.get(tower.core));
    }
  }

  /** Names the storey of an alarm at the edge of its tower, on a tab of the alarm's colour. */
  paintCallout(c, { k, x, y }, alarm, spot, paint) {
    const { tower, device } = spot;
    const right = tower.left * k + x - 4;
    const middle = spot.y * k + y;
    c.strokeStyle = paint;
    c.lineWidth = 1.2;
    c.globalAlpha = alarm.acknowledged ? 0.5 : 1;
    c.strokeRect(right, middle - (tower.row * k) / 2, (tower.right - tower.left) * k + 8, tower.row * k);
    const text = storey(device.z, this.model.buildings.get(tower.building)?.ground ?? 1);
    c.font = `700 10px ${color.font}`;
    const width = Math.max(c.measureText(text).width + 6, 18);
    c.fillStyle = paint;
    c.fillRect(right - width, middle - 7, width, 14);
    c.globalAlpha = 1;
    c.fillStyle = color["on-alarm"];
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(text, right - width / 2, middle + 0.5);
  }
}

// The towers with their cells; `width` and each column's `at` and `width` count in marks.
function towersOf(model) {
  const byCore = new Map();
  for (const device of model.devices.values()) {
    if (device.core === null) continue;
    if (!byCore.has(device.core)) {
      byCore.set(device.core, { core: device.core, building: device.building, devices: [], people: [] });
    }
    const tower = byCore.get(device.core);
    (inElevation(device) ? tower.devices : tower.people).push(device);
  }
  const towers = [...byCore.values()].filter((tower) => tower.devices.length);
  for (const tower of towers) arrange(tower);
  return towers.sort((a, b) => a.core - b.core);
}

function arrange(tower) {
  const storeys = new Map(); // z -> unit (null is the corridor) -> devices
  for (const device of tower.devices) {
    if (!storeys.has(device.z)) storeys.set(device.z, new Map());
    const units = storeys.get(device.z);
    if (!units.has(device.unit)) units.set(device.unit, []);
    units.get(device.unit).push(device);
  }
  const flats = Math.max(...[...storeys.values()].map((units) => [...units.keys()].filter((unit) => unit !== null).length));
  const corridor = Math.ceil(flats / 2); // the lifts stand in the middle
  tower.top = Math.max(0, ...storeys.keys());
  tower.bottom = Math.min(0, ...storeys.keys());
  tower.cells = [];
  const room = Array.from({ length: flats + 1 }, () => 1);
  for (const [z, units] of storeys) {
    const named = [...units.keys()].filter((unit) => unit !== null).sort();
    for (const [unit, devices] of units) {
      const order = named.indexOf(unit);
      const column = unit === null ? corridor : order + (order >= corridor ? 1 : 0);
      devices.sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
      room[column] = Math.max(room[column], devices.length);
      tower.cells.push({ z, unit, column, devices });
    }
  }
  let at = 0;
  tower.columns = room.map((width) => {
    const column = { at, width };
    at += width + GAP;
    return column;
  });
  tower.width = at - GAP;
}

// The number of towers side by side that gives the largest marks, with storeys of a believable height.
function bestGrid(count, width, height, wide, high) {
  let best = { size: -1 };
  for (let across = 1; across <= count; across += 1) {
    const mark = (width / across - PAD.left - PAD.right) / wide;
    const row = (height / Math.ceil(count / across) - PAD.top - PAD.bottom) / high;
    const fitted = { across, mark: Math.min(mark, row / SQUATTEST), row: Math.min(row, mark * TALLEST) };
    const filled = count / (across * Math.ceil(count / across));
    fitted.size = Math.sqrt(fitted.mark * fitted.row) * filled ** 0.6; // an empty place looks like a missing tower
    if (fitted.size > best.size + 0.01) best = fitted;
  }
  return best;
}

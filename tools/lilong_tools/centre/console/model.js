// What the page knows: the estate and registry as fetched, the states and alarms as they come in.

const EMPTY_REGISTRY = { kinds: {}, quantities: {}, alarms: {}, findings: {}, events: {}, commands: {} };

export const LEVELS = [1, 2, 3, 4];
export const STATES = ["never", "asleep", "online", "offline", "fault", "alarm4", "alarm3", "alarm2", "alarm1"];
const CLEARED_KEPT = 200;
export const severity = (state) => STATES.indexOf(state);

export class Model {
  constructor() {
    this.estate = null;
    this.registry = EMPTY_REGISTRY;
    this.devices = new Map(); // id -> device, with `state`
    this.buildings = new Map(); // id -> building, with `ground`
    this.alarms = new Map(); // id -> alarm
    this.selected = null;
    this.hidden = new Set(); // kinds not drawn
    this.clockAhead = 0; // ms by which the centre's clock is ahead of the browser's
    this.alarmed = new Map(); // device id -> its worst open alarm
    this.listeners = new Map();
    this.whole = true; // the next states message is the full one
    this.round = 0; // counts the connections: what an earlier one sent is pruned
  }

  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, []);
    this.listeners.get(topic).push(listener);
  }

  emit(topic, value) {
    for (const listener of this.listeners.get(topic) ?? []) listener(value);
  }

  now() {
    return Date.now() + this.clockAhead;
  }

  load(estate, registry) {
    this.estate = estate;
    this.registry = { ...EMPTY_REGISTRY, ...registry };
    this.buildings = new Map(estate.buildings.map((building) => [building.id, { ...building, ground: 1 }]));
    this.devices = new Map(estate.devices.map((device) => [device.id, {
      ...device, state: "never",
      unit: device.unit ?? null, core: device.core ?? null, building: device.building ?? null, z: device.z ?? 0,
    }]));
    // "1203" on storey z = 11 says that the ground floor is called 1F, on z = 12 that it is called 0.
    for (const device of this.devices.values()) {
      const floor = /^\d{3,4}$/.test(device.unit ?? "") ? Math.floor(Number(device.unit) / 100) : null;
      const building = this.buildings.get(device.building);
      if (floor !== null && building) building.ground = floor - device.z;
    }
    this.emit("estate");
  }

  hello(message) {
    this.clockAhead = message.now_ms - Date.now();
    this.whole = true;
    this.round += 1;
    this.emit("run", message.run ?? {});
  }

  takeStates(states) {
    if (this.whole) for (const device of this.devices.values()) device.state = "never";
    this.whole = false;
    for (const [id, state] of Object.entries(states)) {
      const device = this.devices.get(id);
      if (device) device.state = STATES.includes(state) ? state : "never";
    }
    this.emit("states", states);
  }

  takeAlarm(alarm) {
    this.alarms.set(alarm.id, { ...alarm, round: this.round });
    if (alarm.cleared) this.forgetOldest();
    this.findAlarmed();
    this.emit("alarms", alarm);
  }

  /** Drops what this connection did not send again: the centre has forgotten it. */
  prune() {
    for (const [id, alarm] of this.alarms) if (alarm.round !== this.round) this.alarms.delete(id);
    this.findAlarmed();
    this.emit("alarms");
  }

  forgetOldest() {
    const cleared = [...this.alarms.values()].filter((alarm) => alarm.cleared).sort((a, b) => b.raised_at - a.raised_at);
    for (const { id } of cleared.slice(CLEARED_KEPT)) this.alarms.delete(id);
  }

  findAlarmed() {
    this.alarmed.clear();
    for (const alarm of this.alarms.values()) {
      if (alarm.cleared) continue;
      const other = this.alarmed.get(alarm.device);
      if (!other || worse(alarm, other)) this.alarmed.set(alarm.device, alarm);
    }
  }

  select(id) {
    this.selected = id;
    this.emit("selected", id);
  }

  toggleKind(kind) {
    if (!this.hidden.delete(kind)) this.hidden.add(kind);
    this.emit("shown-kinds");
  }
}

function worse(alarm, other) {
  if (alarm.level !== other.level) return alarm.level < other.level;
  return other.acknowledged && !alarm.acknowledged;
}

/** By level, then the latest first. */
export function byLevelThenTime(a, b) {
  return a.level - b.level || b.raised_at - a.raised_at || (a.id < b.id ? -1 : 1);
}

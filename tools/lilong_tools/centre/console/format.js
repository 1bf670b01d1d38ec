// Numbers, units, times and places as people read them.

import { language, pick, t } from "./text.js";

// RFC 8428 symbols that are written otherwise on a screen.
const UNITS = { Cel: "°C", "%EL": "%", deg: "°", lat: "°", lon: "°", "beat/min": "bpm", "/": "", 1: "" };

/** The integer `raw` times 10**exponent as exact decimal text: scaled(182, -3) is "0.182". */
export function scaled(raw, exponent = 0) {
  if (!Number.isInteger(raw)) return String(raw);
  const sign = raw < 0 ? "−" : "";
  const digits = String(Math.abs(raw));
  if (exponent >= 0) return sign + (raw === 0 ? "0" : digits + "0".repeat(exponent));
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** A value after the registry's quantity, with its unit or as the word that it stands for: "0.182 dB/m", "yes". */
export function quantity(raw, row) {
  if (raw === null || raw === undefined) return "–";
  if (!row) return String(raw);
  if (row.meanings) return pick(row.meanings[raw]?.label, `#${raw}`);
  if (row.unit === "/" && row.low === 0 && row.high === 1) return t(raw ? "yes" : "no");
  const unit = UNITS[row.unit] ?? row.unit;
  return `${scaled(raw, row.exponent)}${unit && unit !== "°" ? "\u202f" : ""}${unit}`;
}

/** All values of a message on one line: "smoke obscuration 0.182 dB/m, battery 96 %". */
export function quantities(values, registry, { names = true } = {}) {
  return Object.entries(values ?? {}).map(([number, raw]) => {
    const row = registry.quantities[number];
    return names ? `${pick(row?.label, `#${number}`)} ${quantity(raw, row)}` : quantity(raw, row);
  }).join(" · ");
}

export const whole = (n) => Number(n).toLocaleString("en-US");

/** Milliseconds between two steps of an alarm; null where one was not observed. */
export function latency(ms) {
  if (ms === null || !Number.isFinite(ms)) return "–";
  if (ms < 10_000) return `${Math.round(ms)}\u202fms`;
  if (ms < 600_000) return `${(ms / 1000).toFixed(1)}\u202fs`;
  return duration(ms);
}

/** A length of time that ticks: 0:42, 12:05, 3:07:55, 2 d 4 h. */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  const [d, h] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24];
  return language() === "zh" ? `${d} 天 ${h} 小时` : `${d} d ${h} h`;
}

/** Wall time of an epoch in ms; with the date when it is not today's. */
export function wallTime(epochMs, nowMs = epochMs) {
  const at = new Date(epochMs);
  const two = (n) => String(n).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** The name of storey `z` of a building whose ground floor (z 0) is written `ground`. */
export function storey(z, ground) {
  if (z < 0) return t("basement", -z);
  return z + ground > 0 ? t("storey", z + ground) : t("groundFloor");
}

/** Where a device is, in the language shown; empty for a device outdoors. */
export function place(device, model) {
  const building = model.buildings.get(device.building);
  if (!building) return "";
  const parts = [pick(building.name)];
  if (device.core !== null) parts.push(t("core", device.core));
  if (device.unit !== null) parts.push(t("flat", device.unit)); // its number tells the storey
  else if (device.core !== null) parts.push(storey(device.z, building.ground));
  return parts.join(" · ");
}

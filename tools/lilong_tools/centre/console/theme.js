// The colours of the style sheet for what is drawn on canvas; asked again when the system turns dark or light.

const NAMES = [
  "site", "green", "grid", "road", "road-edge", "building", "building-edge", "commercial", "shadow", "window",
  "slab", "ink", "ink-2", "ink-3", "paper", "accent",
  "never", "asleep", "online", "offline", "fault", "alarm1", "alarm2", "alarm3", "alarm4", "on-alarm",
];

export const color = {};

function read() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) color[name] = style.getPropertyValue(`--${name}`).trim();
  color.font = style.getPropertyValue("--font").trim();
}

export function onTheme(listener) {
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
    read();
    listener();
  });
}

/** People who asked their system for less motion get still rings and no glides. */
export const still = matchMedia("(prefers-reduced-motion: reduce)");

read();

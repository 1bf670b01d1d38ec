// The console: fetches the estate, listens to the centre, and hands what comes to the parts of the page.

import { AlarmList } from "./alarms.js";
import { DevicePanel } from "./device.js";
import { EventTicker } from "./events.js";
import { FindingList } from "./findings.js";
import { Forwards } from "./forwards.js";
import { Header } from "./header.js";
import { Legend } from "./legend.js";
import { Model } from "./model.js";
import { PlanScene } from "./plan.js";
import { Search } from "./search.js";
import { SectionScene } from "./sections.js";
import { addButtons, Sheet } from "./sheet.js";
import { Live } from "./socket.js";
import { onLanguage, switchLanguage, t, translatePage } from "./text.js";
import { onTheme } from "./theme.js";
import { Tip } from "./tip.js";
import { Tone } from "./tone.js";

const LOAD_AGAIN_MS = 2000;
const SETTLE_MS = 1500; // by then a new connection has sent all that the centre still knows

const model = new Model();
const header = new Header(model);
const live = new Live(
  new URL("api/live", location.href.replace(/^http/, "ws")).href,
  onMessage,
  (state, waitMs) => {
    header.setLink(state, waitMs);
    alarms.refreshButtons();
  },
);
const operator = () => header.operator();
const forwards = new Forwards();
const alarms = new AlarmList(model, { send: (message) => live.send(message), operator, live: () => live.open, forwards });
const findings = new FindingList(model, { send: (message) => live.send(message), operator });
const panel = new DevicePanel(model, { operator });
const ticker = new EventTicker(model);
const legend = new Legend(model);
const tone = new Tone(model);
const tip = new Tip(model);
new Search(model);

const sheets = Object.entries({ plan: new PlanScene(model), sections: new SectionScene(model) }).map(([id, scene]) =>
  new Sheet(document.getElementById(id), scene, model, {
    onPick: (device) => model.select(device),
    onHover: (device, sheet, x, y) => tip.show(device, sheet, x, y),
  }));
sheets.forEach(addButtons);

model.on("estate", () => sheets.forEach((sheet) => sheet.rebuild()));
model.on("states", () => sheets.forEach((sheet) => sheet.touch("marks")));
model.on("alarms", () => sheets.forEach((sheet) => sheet.touch("beacons")));
model.on("shown-kinds", () => sheets.forEach((sheet) => sheet.touch("marks", "beacons")));
model.on("selected", (id) => sheets.forEach((sheet) => {
  sheet.touch("beacons");
  if (id) sheet.reveal(id);
}));
onTheme(() => {
  sheets.forEach((sheet) => sheet.rebuild());
  if (model.estate) legend.build();
});

onLanguage(() => {
  translatePage();
  header.words();
  tone.label();
  ticker.rebuild();
  alarms.render(true);
  findings.render();
  panel.rebuild();
  document.getElementById("plan").setAttribute("aria-label", t("planHelp"));
  document.getElementById("sections").setAttribute("aria-label", t("sectionsHelp"));
  sheets.forEach((sheet) => sheet.relabel());
  if (!model.estate) return;
  legend.build();
  sheets.forEach((sheet) => sheet.touch("ground", "marks", "beacons"));
});
document.getElementById("lang").addEventListener("click", switchLanguage);
document.getElementById("retry").addEventListener("click", () => (model.estate ? live.retryNow() : start()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") model.select(null);
});

function onMessage(message) {
  switch (message.type) {
    case "hello":
      model.hello(message);
      alarms.restart();
      findings.restart();
      if (model.round > 1) sameEstate();
      setTimeout((round) => round === model.round && live.open && model.prune(), SETTLE_MS, model.round);
      break;
    case "states": model.takeStates(message.states); break;
    case "alarm": model.takeAlarm(message.alarm); break;
    case "findings": findings.take(message.findings); break;
    case "forwards": forwards.restart(message); alarms.render(true); break;
    case "forward": forwards.take(message.forward); alarms.render(true); break;
    case "event": model.emit("event", message); break;
    case "error": alarms.refused(message.error); break;
    case "counts": header.counts(message); break;
    default: // a newer centre may say more
  }
}

async function fetched(path) {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(path);
  return answer.text();
}

let estateText = "";

async function start() {
  clearTimeout(start.again);
  let path = "api/estate";
  try {
    estateText = await fetched(path);
    path = "api/registry";
    const registry = JSON.parse(await fetched(path));
    header.setTrouble(null);
    model.load(JSON.parse(estateText), registry);
    live.connect();
  } catch (error) {
    console.warn(`The centre did not deliver ${path}: ${error.message}`);
    header.setTrouble(t("loadFailed", path));
    start.again = setTimeout(start, LOAD_AGAIN_MS);
  }
}

/** A centre that came back with another estate makes this page wrong as a whole. */
async function sameEstate() {
  try {
    if (await fetched("api/estate") !== estateText) location.reload();
  } catch { /* the connection will be lost as well, and this asked again */ }
}

// For tests: where a device is on the screen (the middle of its mark in CSS px of the window), or null.
window.lilong = {
  deviceAt(id) {
    for (const sheet of sheets) {
      const at = sheet.onScreen(id);
      if (at) return at;
    }
    return null;
  },
  select: (id) => model.select(id),
  /** How many devices the two drawings show, each device counted once. */
  drawn: () => sheets.reduce((all, sheet) => new Set([...all, ...sheet.drawn]), new Set()).size,
};

start();

// The bar at the top: what the estate is, how it does, who is on duty, and whether the picture is live.

import { put } from "./dom.js";
import { wallTime, whole } from "./format.js";
import { pick, remember, remembered, t } from "./text.js";
import { color } from "./theme.js";

const SPARK_SAMPLES = 60; // a minute of counts

export class Header {
  constructor(model) {
    this.model = model;
    const ids = ["estate-name", "connected", "devices", "rate", "messages", "refused", "broker", "clock", "link",
                 "banner", "banner-text", "operator", "spark", "lang", "find"];
    this.at = Object.fromEntries(ids.map((id) => [id, document.getElementById(id)]));
    this.rates = [];
    this.link = { state: "connecting", until: 0 };
    this.at.operator.value = remembered("operator") ?? "";
    this.at.operator.addEventListener("input", () => remember("operator", this.at.operator.value));
    model.on("estate", () => this.words());
    model.on("run", (run) => {
      put(this.at.broker, run.broker ?? "–");
      this.at.broker.title = run.broker ?? "";
    });
    setInterval(() => this.tick(), 500);
  }

  /** The name that commands and acknowledgements carry; the role where nobody gave a name. */
  operator() {
    return this.at.operator.value.trim() || t("operatorDefault");
  }

  words() {
    const { at, model } = this;
    put(at["estate-name"], pick(model.estate?.name, "Lilong"));
    at.operator.setAttribute("placeholder", t("operatorDefault"));
    at.find.setAttribute("placeholder", t("find"));
    at.find.setAttribute("aria-label", t("find"));
    at.lang.setAttribute("aria-label", t("switchLang"));
    at.lang.title = t("switchLang");
    this.showLink();
  }

  counts(message) {
    put(this.at.connected, whole(message.connected));
    put(this.at.devices, whole(message.devices));
    put(this.at.messages, whole(message.messages));
    put(this.at.rate, message.rate < 100 ? Number(message.rate).toFixed(1) : whole(Math.round(message.rate)));
    put(this.at.refused, whole(message.refused));
    this.at.refused.classList.toggle("some", message.refused > 0);
    this.rates = [...this.rates, message.rate].slice(-SPARK_SAMPLES);
    this.drawRates();
  }

  drawRates() {
    const { spark } = this.at;
    const [width, height, ratio] = [72, 20, devicePixelRatio || 1];
    spark.width = width * ratio;
    spark.height = height * ratio;
    const c = spark.getContext("2d");
    c.scale(ratio, ratio);
    const most = Math.max(1, ...this.rates) * 1.1;
    const step = width / (SPARK_SAMPLES - 1);
    const first = SPARK_SAMPLES - this.rates.length;
    c.beginPath();
    this.rates.forEach((rate, index) => c.lineTo((first + index) * step, height - 1 - (rate / most) * (height - 2)));
    c.strokeStyle = color.online;
    c.lineWidth = 1.3;
    c.lineJoin = "round";
    c.stroke();
  }

  setLink(state, waitMs) {
    this.link = { state, until: performance.now() + waitMs };
    document.body.classList.toggle("stale", state === "lost");
    this.showLink();
  }

  /** What stands in the banner when not the connection is the trouble, or null. */
  setTrouble(text) {
    this.trouble = text;
    this.showLink();
  }

  showLink() {
    const { state, until } = this.link;
    put(this.at.link, t({ open: "linkOpen", connecting: "linkConnecting", lost: "linkLost" }[state]));
    this.at.link.dataset.state = state;
    const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const text = this.trouble ?? (state === "lost" ? t("lost", seconds) : null);
    this.at.banner.hidden = text === null;
    if (text !== null) put(this.at["banner-text"], text);
  }

  tick() {
    put(this.at.clock, wallTime(this.model.now()));
    if (this.link.state === "lost") this.showLink();
  }
}

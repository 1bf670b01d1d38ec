// The audible tone: off until asked for, then two notes as long as a red or orange alarm waits for somebody.

import { t } from "./text.js";

const EVERY_MS = 2400;

export class Tone {
  constructor(model) {
    this.model = model;
    this.button = document.getElementById("tone");
    this.button.addEventListener("click", () => this.toggle());
    model.on("alarms", (alarm) => {
      const waits = alarm && !alarm.cleared && !alarm.acknowledged;
      if (waits && this.audio && performance.now() - this.played > EVERY_MS) this.play();
    });
    setInterval(() => this.audio && this.play(), EVERY_MS);
    this.played = 0;
  }

  toggle() {
    if (this.audio) {
      this.audio.close();
      this.audio = null;
    } else {
      this.audio = new AudioContext(); // allowed only in answer to a press
      this.sound(660, 0, 0.08);
    }
    this.label();
  }

  label() {
    this.button.setAttribute("aria-pressed", String(Boolean(this.audio)));
    this.button.setAttribute("aria-label", t(this.audio ? "toneOn" : "toneOff"));
    this.button.title = t(this.audio ? "toneOn" : "toneOff");
  }

  play() {
    const levels = [...this.model.alarms.values()].filter((a) => !a.cleared && !a.acknowledged).map((a) => a.level);
    const worst = Math.min(...levels);
    if (worst > 2) return;
    this.played = performance.now();
    this.sound(worst === 1 ? 880 : 587, 0, 0.22);
    this.sound(worst === 1 ? 660 : 494, 0.26, 0.3);
  }

  sound(frequency, after, length) {
    const start = this.audio.currentTime + after;
    const [tone, volume] = [this.audio.createOscillator(), this.audio.createGain()];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.16, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
    tone.connect(volume).connect(this.audio.destination);
    tone.start(start);
    tone.stop(start + length + 0.05);
  }
}

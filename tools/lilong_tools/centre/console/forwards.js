// What is told to the brigade, the guards or the police: which alarms a person may confirm, and how far each is.

import { t } from "./text.js";

export class Forwards {
  constructor() {
    this.codes = new Set();
    this.byAlarm = new Map(); // alarm id -> what is forwarded of it
  }

  /** A new connection tells all of it. */
  restart({ codes, forwarded }) {
    this.codes = new Set(codes);
    this.byAlarm.clear();
    forwarded.forEach((one) => this.take(one));
  }

  take(forward) {
    for (const id of forward.alarms) this.byAlarm.set(id, forward);
  }

  mayConfirm(alarm) {
    return this.codes.has(alarm.code) && !alarm.cleared && !this.byAlarm.has(alarm.id);
  }

  /** How far it is, in few words; null while nobody is told. */
  text(alarm) {
    const forward = this.byAlarm.get(alarm.id);
    if (!forward) return null;
    if (forward.received_at !== null) return t("forwarded", forward.receipt);
    return forward.why ? t("forwardFails", forward.tries, forward.why) : t("forwarding");
  }
}

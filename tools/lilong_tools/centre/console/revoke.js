// The button beside a credential: asks once, then has the centre revoke it at every door.

import { make } from "./dom.js";
import { t } from "./text.js";

const ASKED_MS = 6000; // then the question is taken back

export class Revoker {
  /** `say(outcome, text)` tells what came of it; `changed()` makes the panel draw or fetch anew. */
  constructor({ operator, say, changed }) {
    Object.assign(this, { operator, say, changed, asked: null });
  }

  /** The button or the word for `credential` in the line `key`. */
  mark(key, credential, revoked) {
    if (revoked) {
      const word = make("em", "");
      word.textContent = t("revoked");
      return word;
    }
    const button = make("button", this.asked === key ? "asked" : "");
    button.type = "button";
    button.dataset.testid = "revoke";
    button.dataset.key = key;
    button.textContent = this.asked === key ? t("revokeSure", credential) : t("revoke");
    button.setAttribute("aria-label", this.asked === key ? t("revokeSure", credential) : t("revokeThis", credential));
    button.addEventListener("click", ({ detail }) => {
      if (this.asked !== key) this.ask(key);
      else if (detail < 2) this.revoke(credential); // a double click is no answer to the question
    });
    return button;
  }

  ask(key) {
    clearTimeout(this.timer);
    this.asked = key;
    if (key !== null) this.timer = setTimeout(() => this.ask(null), ASKED_MS);
    this.changed(false);
  }

  async revoke(credential) {
    this.ask(null);
    try {
      const answer = await fetch("api/cards/revoke", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ credential, operator: this.operator() }),
      });
      const body = await answer.json();
      if (answer.ok) this.say("done", t("revokedAs", credential, body.stamp));
      else this.say("failed", t("commandFailed", body.error ?? answer.statusText));
    } catch {
      this.say("failed", t("commandFailed", t("noReply")));
    }
    this.changed(true);
  }
}

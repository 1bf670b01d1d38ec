// The live connection: one WebSocket that is opened again, with backoff, whenever it is lost or silent.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SILENCE_MS = 10_000; // the centre sends its counts once a second

export class Live {
  /** `onMessage(object)`; `onState("connecting" | "open" | "lost", ms until the next attempt)`. */
  constructor(url, onMessage, onState) {
    Object.assign(this, { url, onMessage, onState });
    this.attempts = 0;
    this.socket = null;
    addEventListener("online", () => this.retryNow());
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.waiting);
    if (this.attempts === 0) this.onState("connecting", 0);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.heard(socket);
    socket.onmessage = (event) => {
      this.heard(socket);
      const message = parsed(event.data);
      if (message?.type === "hello") {
        this.attempts = 0;
        this.onState("open", 0);
      }
      if (message) this.onMessage(message);
    };
    socket.onclose = () => this.lost(socket);
  }

  heard(socket) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      socket.close();
      this.lost(socket); // a close that nobody answers would take minutes
    }, SILENCE_MS);
  }

  lost(socket) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.attempts);
    const wait = longest * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.onState("lost", wait);
    this.waiting = setTimeout(() => this.connect(), wait);
  }

  retryNow() {
    if (!this.socket) this.connect();
  }

  /** True when the message went out; a message is never kept for a later connection. */
  send(message) {
    if (!this.open) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}

function parsed(text) {
  try {
    const message = JSON.parse(text);
    return message && typeof message === "object" ? message : null;
  } catch {
    console.warn("A message of the centre is not JSON and was dropped.");
    return null;
  }
}

// The stream: one WebSocket, opened again whenever it is lost.

const soonest = 300, latest = 4000; // ms until it is tried again

/** Stream tells what came, as events named like the message's member, with its value as detail; and "open" and "closed". */
export class Stream extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.wait = soonest;
    this.watching = null;
    this.socket = null;
    this.live = false;
    this.greeted = false;
  }

  open() {
    const socket = this.socket = new WebSocket(this.url);
    socket.addEventListener('message', (event) => this.take(event.data));
    socket.addEventListener('close', () => {
      this.live = this.greeted = false;
      this.tell('closed', null);
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 1.6, latest);
    });
  }

  take(data) {
    const message = JSON.parse(data);
    if (message.hello) {
      // Who is greeted is asked again what to watch: of another run, or by another server.
      this.live = this.greeted = true;
      this.wait = soonest;
      this.tell('hello', message.hello);
      if (this.watching) this.send({ watch: this.watching });
      return;
    }
    for (const [name, value] of Object.entries(message)) {
      if (name !== 'pace') this.tell(name, name === 'progress' ? message : value);
    }
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  on(name, listener) { this.addEventListener(name, (event) => listener(event.detail)); }

  /** watch asks for scenes, unless it is what is watched already. */
  watch(what) {
    if (JSON.stringify(what) === JSON.stringify(this.watching)) return;
    this.watching = what;
    this.send({ watch: what });
  }

  /** send sends a message, and tells whether there was somebody to send it to. */
  send(message) {
    if (!this.greeted || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}

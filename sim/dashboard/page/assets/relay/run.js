// What the page knows of the relay: what it was told, and how it went. The relay itself keeps the history, so the page asks for
// what is new, and for all of it after a reload.

import { extend, historyOf } from '../run.js';

const askEvery = 1000; // ms
const mostEvents = 200;
const judgedOver = 10; // answers

/** Run tells "hello", "news" and "closed", and "event" of what was done. */
export class Run extends EventTarget {
  constructor(api) {
    super();
    this.api = api;
    this.about = null; // {addr, to, series, groups}
    this.progress = null;
    this.rows = [];
    this.client = 0; // whose history it is; 0 is all together
    this.one = null; // what the relay tells of that client alone
    this.history = null;
    this.events = [];
    this.dropped = []; // what the newest answers told of datagrams that the kernel dropped
    this.live = false;
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  on(name, listener) { this.addEventListener(name, (event) => listener(event.detail)); }

  /** begin asks for news again and again, while somebody can see them. */
  async begin() {
    document.addEventListener('visibilitychange', () => this.soon());
    for (;;) {
      this.hurried = false;
      if (!document.hidden) await this.ask();
      if (!this.hurried) await new Promise((done) => { this.wake = done; setTimeout(done, askEvery); });
    }
  }

  /** soon asks for news now, or once those that were asked for are there. */
  soon() {
    this.hurried = true;
    this.wake?.();
  }

  /** choose shows the history of a client, or of all together. */
  choose(client) {
    if (client === this.client) return;
    this.client = client;
    this.one = this.history = null;
    this.soon();
  }

  async ask() {
    try {
      if (!this.live) await this.greet();
      const { client } = this;
      const [progress, rows, timeline, one] = await Promise.all([
        this.api.get('/api/progress'), this.api.get('/api/clients'),
        this.api.get(`/api/timeline?client=${client}&after=${this.history ? this.next : 0}&since_ns=${this.events.at(-1)?.at_ns ?? -1}`),
        client ? this.api.get(`/api/client?number=${client}`) : null,
      ]);
      if (progress.elapsed_ns < (this.progress?.elapsed_ns ?? 0)) return this.close(); // another relay has its address
      Object.assign(this, { progress, rows, one: client === this.client ? one : null });
      this.dropped = [...this.dropped, progress.socket_drops].slice(-judgedOver);
      if (client === this.client) this.add(timeline);
      this.tell('news');
    } catch (error) {
      if (error.status === 404 && this.client) return this.lose();
      if (error.status !== undefined) return this.close();
      throw error;
    }
  }

  async greet() {
    const { token, relay } = await this.api.get('/api/run');
    this.api.token = token;
    this.about = { ...relay, groups: [{ name: 'up' }, { name: 'down' }] };
    Object.assign(this, { live: true, progress: null, rows: [], history: null, events: [], dropped: [] });
    this.tell('hello');
  }

  close() {
    this.live = false;
    this.tell('closed');
  }

  /** lose is for a client that the relay knows nothing of any more. */
  lose() {
    this.tell('lost', this.client);
    this.choose(0);
  }

  add(t) {
    for (const e of t.events) {
      this.events.push(e);
      if (this.told) this.tell('event', e);
    }
    this.told = true; // what was done before the page was there is in the log only
    this.events.splice(0, Math.max(this.events.length - mostEvents, 0));
    const window = t.window_ns, first = Math.round(t.from_ns / window);
    if (!this.history || first !== this.next) {
      this.history = historyOf(t);
    } else {
      for (let i = 0; i < t.next - first; i++) extend(this.history, { at_ns: t.from_ns + (i + 1) * window, groups: at(t.series, i) });
    }
    this.next = t.next;
  }

  /** drops is how many datagrams the kernel has dropped in the newest seconds, because the relay was too slow. */
  get drops() { return Math.max((this.dropped.at(-1) ?? 0) - (this.dropped[0] ?? 0), 0); }
}

/** at is the i-th value of each series. */
function at(series, i) {
  return Object.fromEntries(Object.entries(series).map(([group, of]) => [group, Object.fromEntries(Object.entries(of).map(([name, points]) => [name, points[i]]))]));
}

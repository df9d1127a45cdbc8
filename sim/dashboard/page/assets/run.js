// What the page knows of the run: what it was told, and how it went. Everything in it is bounded.

import { Scenes, key } from './scenes.js';
import { LagStrip } from './lagometer.js';

const mostWindows = 1200;
const mostEvents = 300;
const stripsKept = 8;

/** Run tells "hello", "progress", "timeline", "rows", "event" and "scene". */
export class Run extends EventTarget {
  constructor(stream, api) {
    super();
    this.api = api;
    this.about = null; // Description
    this.lesson = '';
    this.progress = null;
    this.pace = { speed: 1, paused: false, now_ns: 0 };
    this.scenes = new Scenes();
    this.strips = new Map(); // LagStrip by player
    this.rows = [];
    this.byKey = new Map();
    this.byPlayer = new Map(); // by match and player id
    this.history = null;
    this.events = [];
    this.live = false;
    stream.on('hello', (hello) => this.greet(hello));
    stream.on('closed', () => { this.live = false; this.tell('closed'); });
    stream.on('progress', ({ progress, pace }) => {
      this.progress = progress;
      this.pace = pace;
      this.tell('progress');
    });
    stream.on('scene', (scene) => this.see(scene));
    stream.on('window', (w) => this.addWindow(w));
    stream.on('event', (e) => this.addEvent(e));
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  on(name, listener) { this.addEventListener(name, (event) => listener(event.detail)); }

  greet(hello) {
    this.live = true;
    this.api.token = hello.token;
    this.about = hello.run;
    this.lesson = hello.lesson;
    this.progress = null;
    this.history = null;
    this.events = [];
    this.scenes.reset();
    this.strips.clear();
    this.setRows([]);
    this.tell('hello');
    this.fetchRows();
    this.fetchTimeline();
  }

  get tickRate() { return this.about?.tick_rate ?? 60; }

  /** elsewhere: the player belongs to another process. What it sees is not known here, and it can only be put out. */
  elsewhere(p) { return Boolean(this.about?.groups[p.group]?.elsewhere); }

  /** known are the rows of those of whom it is known what they see. */
  get known() { return this.rows.filter((r) => !this.elsewhere(r)); }

  groupName(index) { return this.about?.groups[index]?.name ?? `group ${index}`; }

  /** nameOf is a player as people call it: its group and number, or a person's own name. */
  nameOf(p) {
    const group = this.groupName(p.group);
    const name = this.byKey.get(key(p))?.name;
    return group === 'people' && name ? name : `${group} ${p.number}`;
  }

  /** rowOf is the row of the player who owns an entity of a match. */
  rowOf(match, owner) { return this.byPlayer.get(match * 65536 + owner); }

  see(scene) {
    this.scenes.add(scene, performance.now(), this.tickRate);
    for (const look of scene.players ?? []) {
      if (look) this.strip(key(look)).feed(look);
    }
    this.tell('scene', scene);
  }

  /** strip is the lagometer of a player. Those that nobody looks at any more go. */
  strip(k) {
    let s = this.strips.get(k);
    if (!s) {
      if (this.strips.size >= stripsKept) this.strips.delete(this.strips.keys().next().value);
      this.strips.set(k, s = new LagStrip());
    }
    return s;
  }

  async fetchRows() {
    try {
      this.setRows(await this.api.get('/api/players'));
      this.tell('rows');
    } catch { /* the stream says that the server is away */ }
  }

  setRows(rows) {
    this.rows = rows;
    this.byKey = new Map(rows.map((r) => [key(r), r]));
    this.byPlayer = new Map(rows.filter((r) => r.player).map((r) => [r.match * 65536 + r.player, r]));
  }

  async fetchTimeline() {
    try {
      const t = await this.api.get('/api/timeline');
      this.history = historyOf(t);
      this.events = t.events.slice(-mostEvents);
      this.tell('timeline');
    } catch { /* the run is over, or the server away: the stream says so */ }
  }

  addWindow(w) {
    const h = this.history;
    if (!h || !extend(h, w)) return void this.fetchTimeline();
    this.tell('timeline');
  }

  addEvent(e) {
    const known = this.events.some((k) => k.at_ns === e.at_ns && k.text === e.text && k.group === e.group);
    if (!known) {
      this.events.push(e);
      if (this.events.length > mostEvents) this.events.shift();
    }
    this.tell('event', e);
  }
}

/** historyOf is a timeline as charts want it: times in seconds, and for each group and series a value for each time. */
export function historyOf(t) {
  const window = t.window_ns / 1e9;
  let n = 0;
  for (const series of Object.values(t.series)) for (const points of Object.values(series)) n = Math.max(n, points.length);
  const from = (t.from_ns ?? 0) / 1e9;
  const h = { window, n, times: [], groups: new Map() };
  for (let i = 0; i < n; i++) h.times.push(from + (i + 1) * window);
  for (const [group, series] of Object.entries(t.series)) {
    const of = new Map();
    for (const [name, points] of Object.entries(series)) of.set(name, [...points, ...Array(n - points.length).fill(null)]);
    h.groups.set(group, of);
  }
  return trim(h);
}

/** extend adds the newest values; false: there is a gap, and the timeline is to be fetched again. */
export function extend(h, w) {
  const at = w.at_ns / 1e9, last = h.times[h.n - 1] ?? at - h.window;
  if (at <= last + h.window * 0.01) return true; // it is there already
  if (at > last + h.window * 1.5) return false;
  h.times.push(at);
  h.n++;
  for (const [group, values] of Object.entries(w.groups)) {
    if (!h.groups.has(group)) h.groups.set(group, new Map());
    const of = h.groups.get(group);
    for (const [name, v] of Object.entries(values)) {
      if (!of.has(name)) of.set(name, Array(h.n - 1).fill(null));
      of.get(name).push(v);
    }
  }
  for (const of of h.groups.values()) for (const points of of.values()) if (points.length < h.n) points.push(null);
  trim(h);
  return true;
}

function trim(h) {
  const over = h.n - mostWindows;
  if (over <= 0) return h;
  h.times.splice(0, over);
  h.n -= over;
  for (const of of h.groups.values()) for (const points of of.values()) points.splice(0, over);
  return h;
}

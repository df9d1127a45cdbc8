// Scenes come some tens of times per second and are shown sixty times: this keeps the newest, and tells what to show at an
// instant, in between two of them. Nothing here draws, and nobody's clock is read: now is in milliseconds.

/** key names a player in the page: its group's index and its number. */
export const key = (p) => `${p.group}.${p.number}`;

const kept = 40;      // scenes
const shotsKept = 96; // shots
const jump = 0.4;     // seconds by which what is shown may be wrong before it is set, not eased

export class Scenes {
  constructor() {
    this.frame = newFrame();
    this.reset();
  }

  /** reset forgets all: another run began. */
  reset() {
    this.list = [];
    this.shots = [];
    this.shown = null; // run seconds
    this.last = 0;     // now, when it was
    this.spacing = 33; // of arrivals, in ms
    this.ragged = 0;   // by which they come late
    this.added = 0;
  }

  get newest() { return this.list.length ? this.list[this.list.length - 1].scene : null; }

  /** add takes a scene that came now. */
  add(scene, now, tickRate) {
    const before = this.list[this.list.length - 1];
    if (before && scene.at < before.scene.at - 1e-6) this.reset(); // the run began again
    if (before) {
      const gap = Math.min(now - before.now, 500);
      this.ragged = Math.max(this.ragged * 0.97, Math.abs(gap - this.spacing));
      this.spacing += (gap - this.spacing) * 0.05;
    }
    for (const shot of scene.shots ?? []) {
      shot.at = scene.at - (scene.tick - shot.tick) / tickRate;
      shot.number = ++this.added;
      this.shots.push(shot);
    }
    if (this.shots.length > shotsKept) this.shots.splice(0, this.shots.length - shotsKept);
    this.list.push({ scene, now });
    if (this.list.length > kept) this.list.shift();
  }

  /** sample is what to show now, at the pace of the run; null before the first scene. The frame is the same object each time. */
  sample(now, pace) {
    const newest = this.list[this.list.length - 1];
    if (!newest) return null;
    this.advance(now, newest, pace);
    let b = this.list.length - 1;
    while (b > 0 && this.list[b - 1].scene.at >= this.shown) b--;
    const to = this.list[b].scene, from = b > 0 ? this.list[b - 1].scene : to;
    const span = to.at - from.at;
    const t = span > 0 ? Math.min(Math.max((this.shown - from.at) / span, 0), 1) : 1;
    blendScene(this.frame, from, to, t);
    this.frame.at = from.at + span * t;
    return this.frame;
  }

  /** advance moves what is shown towards where it should be: a little before the newest, so that there is one to go to. */
  advance(now, newest, pace) {
    const speed = pace.paused ? 0 : pace.speed;
    const behind = pace.paused ? 0 : Math.min(this.spacing * 1.1 + this.ragged * 0.5, 150) / 1000 * speed;
    const target = newest.scene.at + Math.min((now - newest.now) / 1000, 0.2) * speed - behind;
    const passed = Math.min((now - this.last) / 1000, 0.1);
    this.last = now;
    if (this.shown == null || Math.abs(target - this.shown) > jump * Math.max(speed, 0.05)) {
      this.shown = target;
      return;
    }
    const on = this.shown + passed * speed;
    this.shown = Math.min(on + (target - on) * Math.min(passed * (pace.paused ? 20 : 3), 1), newest.scene.at);
  }
}

function newFrame() {
  return { at: 0, tick: 0, world: [], byID: new Map(), players: new Map(), down: false, scene: null };
}

function blendScene(frame, from, to, t) {
  frame.tick = t < 0.5 ? from.tick : to.tick;
  frame.scene = to;
  frame.down = !to.world;
  frame.world = blendAll(frame.world, from.world ?? [], to.world ?? [], t);
  frame.byID.clear();
  for (const f of frame.world) frame.byID.set(f.id, f);
  const players = new Map();
  const before = new Map((from.players ?? []).filter(Boolean).map((p) => [key(p), p]));
  for (const look of to.players ?? []) {
    if (look) players.set(key(look), blendLook(frame.players.get(key(look)), before.get(key(look)) ?? look, look, t));
  }
  frame.players = players;
}

function blendLook(out, a, b, t) {
  out ??= { drawn: [0, 0], others: [] };
  out.look = b;
  out.self = b.self && blend(out.self ?? {}, a.self ?? b.self, b.self, t);
  out.confirmed = b.confirmed && blend(out.confirmed ?? {}, a.confirmed ?? b.confirmed, b.confirmed, t);
  const jumped = !a.self || !b.self || a.self.j !== b.self.j;
  for (const i of [0, 1]) out.drawn[i] = jumped ? b.drawn[i] : a.drawn[i] + (b.drawn[i] - a.drawn[i]) * t;
  out.others = blendAll(out.others, a.others, b.others, t);
  return out;
}

/** blendAll is the figures of b, each between its place in a and that in b. */
function blendAll(out, a, b, t) {
  const before = new Map();
  for (const f of a) before.set(f.id, f);
  for (let i = 0; i < b.length; i++) out[i] = blend(out[i] ?? {}, before.get(b[i].id) ?? b[i], b[i], t);
  out.length = b.length;
  return out;
}

/** blend is a figure between two; what jumped is never shown in between. */
export function blend(out, a, b, t) {
  Object.assign(out, b);
  out.gone = b.gone ?? false;
  if ((a.j ?? 0) !== (b.j ?? 0) || a.kind !== b.kind) {
    if (t < 0.5 && a !== b) Object.assign(out, a, { id: b.id });
    return out;
  }
  out.x = a.x + (b.x - a.x) * t;
  out.y = a.y + (b.y - a.y) * t;
  out.a = a.a + turn(a.a, b.a) * t;
  return out;
}

/** turn is the shorter way from one angle to another. */
export function turn(from, to) {
  const full = 2 * Math.PI;
  return ((to - from + Math.PI) % full + full) % full - Math.PI;
}

// Play: a person joins, through a real client on a real bad link, and sees what that client shows.

import { Camera } from '../camera.js';
import { Blocks, LinkControls, Switches, target } from '../controls.js';
import { button, canvas, el, options, setText, tip } from '../dom.js';
import { drawLag, lagCanvas, lagLegend } from '../lagometer.js';
import { swatch } from '../legend.js';
import { recall, remember } from '../looks.js';
import { Painter } from '../painter.js';
import { apart, drawClient, drawShots, drawnOf, truthOf } from '../pictures.js';
import { key } from '../scenes.js';
import { ms } from '../words.js';

const directions = { w: [0, -1], a: [-1, 0], s: [0, 1], d: [1, 0], ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowRight: [1, 0] };
const firing = { ' ': 1, q: 2, e: 2 };
const padEvery = 33;        // ms between pads, while only the pointer moves
const responsesKept = 20;
const moved = 0.02;         // world units that are a move
const restFor = 400;       // ms without a move that are rest
const giveUp = 3000;        // ms after which a key has had no answer

export class Play {
  name = 'play';
  title = 'Play';
  about = 'Join the game yourself, on a link of your choice';

  constructor(lab) {
    this.lab = lab;
    this.camera = new Camera();
    this.camera.zoom = 2.4;
    this.joined = null;
    this.held = new Set();
    this.pad = { x: 0, y: 0, aim_x: 0, aim_y: 0, buttons: 0 };
    this.mouse = null;
    this.sentAt = 0;
    this.responses = [];
    this.measured = 0;   // so many responses
    this.stillSince = 0; // when it was seen to move last
    this.on = { truth: true, confirmed: false, predicted: false };
    this.arena = canvas({ class: 'arena', tabindex: 0, role: 'application', 'aria-label': 'the game: W A S D or arrows move, the pointer aims, its buttons or space and Q shoot' });
    this.painter = new Painter(this.arena, this.camera, lab.looks);
    this.root = el('section', { class: 'view play' }, el('div', { class: 'stage' }, this.arena, this.form(), this.hint()), this.side());
    this.listen();
    lab.stream.on('joined', (seat) => this.begin(seat));
    lab.stream.on('error', () => { if (!this.joined) this.entry.hidden = false; });
    lab.run.on('hello', () => this.again());
  }

  get playing() { return this.joined !== null; }

  get joinedKey() { return this.joined ? key(this.joined) : ''; }

  form() {
    this.nameField = el('input', { type: 'text', maxlength: 24, value: recall('name'), placeholder: 'your name', 'aria-label': 'your name', autocomplete: 'off', required: true });
    this.preset = el('select', { 'aria-label': 'your network', onchange: () => { if (this.preset.value) this.link.value = this.preset.value; } });
    this.link = el('input', { type: 'text', value: '4g', 'aria-label': 'your link, as text', spellcheck: 'false' });
    this.lab.presets().then((list) => options(this.preset, [['', 'presets …'], ...list.map((p) => [p.name, `${p.name}: ${p.about}`])]));
    this.entry = el('form', { class: 'join', onsubmit: (e) => { e.preventDefault(); this.join(); } },
      el('h2', {}, 'Play in this arena'),
      el('p', {}, 'You get a real client on a real bad link, beside the bots. What you see is what that client shows.'),
      el('label', {}, 'Name', this.nameField),
      el('label', {}, 'Network', this.preset),
      tip(el('label', {}, 'as text', this.link), 'a preset, settings, or both: 4g,loss=3% or delay=80ms,jitter=20ms'),
      el('button', { type: 'submit', class: 'primary' }, 'Join'));
    return this.entry;
  }

  hint() {
    this.hintText = el('div', { class: 'caption', hidden: true }, 'W A S D or arrows move · pointer aims · left button or space: rifle · right button or Q: rocket · G: truth');
    return this.hintText;
  }

  side() {
    const whom = () => this.joined && target(this.lab.run, this.joined);
    this.controls = new LinkControls(this.lab, whom);
    this.switches = new Switches(this.lab, whom);
    this.facts = el('dl', { class: 'facts' });
    this.big = el('div', { class: 'big' }, '–');
    this.unacked = new Blocks('not acknowledged', 'commands that your client has sent and the server has not acknowledged', 24);
    this.waiting = new Blocks('wait on server', 'commands of yours that wait on the server for their tick', 24);
    this.lag = lagCanvas();
    this.boxes = ['truth', 'confirmed', 'predicted'].map((name) => {
      const input = el('input', { type: 'checkbox', checked: this.on[name], 'data-ghost': name, onchange: () => { this.on[name] = input.checked; } });
      const words = { truth: 'the truth: you, and the others', confirmed: 'what is confirmed', predicted: 'predicted, unsmoothed' };
      return el('label', { class: 'check' }, input, swatch(name), words[name]);
    });
    return el('aside', { class: 'side' },
      button('Leave the game', () => this.leave(), { class: 'danger small leave' }),
      tip(el('div', { class: 'response' }, el('span', {}, 'from key to screen'), this.big),
        'time from pressing a key, when you stood still, until you move on this screen: the smallest part of it is the page’s own'),
      this.facts, el('h2', {}, 'Ghosts'), this.boxes, el('h2', {}, 'Your netcode'), this.switches.root,
      el('h2', {}, 'Your link'), this.controls.root, this.unacked.root, this.waiting.root, tip(this.lag, lagLegend));
  }

  listen() {
    document.addEventListener('keyup', (e) => this.release(e.key));
    window.addEventListener('blur', () => this.releaseAll());
    this.arena.addEventListener('pointermove', (e) => { this.mouse = [e.offsetX, e.offsetY]; });
    this.arena.addEventListener('pointerdown', (e) => { this.arena.focus(); this.hold(`mouse${e.button}`); });
    document.addEventListener('pointerup', (e) => this.release(`mouse${e.button}`));
    this.arena.addEventListener('contextmenu', (e) => e.preventDefault());
    this.arena.addEventListener('wheel', (e) => { e.preventDefault(); this.camera.zoomBy(Math.exp(-e.deltaY * 0.0015)); }, { passive: false });
  }

  show() {
    const can = this.lab.run.about?.buttons != null;
    this.root.classList.toggle('out', !this.joined);
    this.entry.hidden = Boolean(this.joined);
    this.hintText.hidden = !this.joined;
    if (this.lab.run.about && !can) this.lab.say(`no person can play the game ${this.lab.run.about.game}: its rules have no Pilot`);
    if (!this.joined && !this.root.hidden && document.activeElement === document.body) this.nameField.focus();
  }

  hide() { this.releaseAll(); }

  wants() { return { rate: this.joined ? 60 : 30, match: this.seatMatch, world: true, players: this.joined ? [this.joined] : [], entity: 0 }; }

  get seatMatch() { return (this.joined && this.lab.run.byKey.get(key(this.joined))?.match) || 0; }

  join() {
    remember('name', this.nameField.value);
    this.order = { name: this.nameField.value, link: this.link.value };
    if (!this.lab.stream.send({ join: this.order })) this.lab.say('laglab is away: try again in a moment', 'bad');
  }

  /** again joins again when the server has forgotten: it was started anew. */
  again() {
    if (!this.joined) return;
    this.joined = null;
    this.lab.stream.send({ join: this.order });
    this.show();
  }

  begin(seat) {
    this.joined = seat;
    this.responses = [];
    this.show();
    this.lab.rewatch();
    this.lab.run.fetchRows();
    this.arena.focus();
  }

  leave() {
    this.lab.stream.send({ leave: {} });
    this.joined = null;
    this.releaseAll();
    this.show();
    this.lab.rewatch();
  }

  /** takesKey is asked before all other keys: while one plays, the keys are the game's. */
  takesKey(e) {
    if (!this.joined || e.target.matches?.('input:not([type=checkbox]), select')) return false;
    const k = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    const inGame = e.target === this.arena || e.target === document.body;
    if (k in directions || (k in firing && inGame)) {
      e.preventDefault();
      if (!e.repeat) this.hold(k);
      return true;
    }
    return false;
  }

  hold(k) {
    if (!this.joined) return;
    const still = this.pad.x === 0 && this.pad.y === 0;
    this.held.add(k);
    this.sendPad();
    if (still && (this.pad.x || this.pad.y)) this.expectMove();
  }

  release(k) {
    if (k.length === 1) k = k.toLowerCase();
    if (this.held.delete(k)) this.sendPad();
  }

  releaseAll() {
    if (this.held.size) {
      this.held.clear();
      this.sendPad();
    }
  }

  /** sendPad tells what is held down now. */
  sendPad() {
    if (!this.joined) return;
    let x = 0, y = 0, buttons = 0;
    for (const k of this.held) {
      x += directions[k]?.[0] ?? 0;
      y += directions[k]?.[1] ?? 0;
      buttons |= firing[k] ?? { mouse0: 1, mouse2: 2 }[k] ?? 0;
    }
    const d = Math.hypot(x, y) || 1;
    this.pad = { x: x / d, y: y / d, ...this.aim(x, y), buttons };
    this.sentAt = performance.now();
    this.lab.stream.send({ pad: this.pad });
  }

  /** aim is where the pointer is in the world; without one, ahead. */
  aim(x, y) {
    if (this.mouse) return { aim_x: this.camera.wx(this.mouse[0]), aim_y: this.camera.wy(this.mouse[1]) };
    const self = this.frame && this.me ? drawnOf(this.me) : null;
    if (!self || (!x && !y)) return { aim_x: this.pad.aim_x, aim_y: this.pad.aim_y };
    return { aim_x: self.x + x * 50, aim_y: self.y + y * 50 };
  }

  /** expectMove begins to measure how long a move takes to be seen. */
  expectMove() {
    const p = this.newest;
    if (!p?.self || p.self.gone || !this.resting) return;
    this.expects = { at: performance.now(), from: [...p.drawn], j: p.self.j };
  }

  /** resting: it has stood still for a while, so that a move will be the key's. */
  get resting() { return performance.now() - this.stillSince > restFor; }

  get newest() {
    const scene = this.lab.run.scenes.newest;
    return this.joined ? scene?.players?.find((p) => p && key(p) === key(this.joined)) : null;
  }

  /** measure ends a measurement when what is shown has moved. */
  measure() {
    const p = this.newest;
    if (!p?.self) return;
    const e = this.expects;
    if (e && (p.self.j !== e.j || performance.now() - e.at > giveUp)) this.expects = null;
    else if (e && this.me && Math.hypot(this.me.drawn[0] - e.from[0], this.me.drawn[1] - e.from[1]) > moved) {
      this.measured++;
      this.responses.push(performance.now() - e.at);
      if (this.responses.length > responsesKept) this.responses.shift();
      this.expects = null;
    }
    if (this.before && Math.hypot(p.drawn[0] - this.before[0], p.drawn[1] - this.before[1]) > 1e-3) this.stillSince = performance.now();
    this.before = [...p.drawn];
  }

  draw(now) {
    const { run, looks } = this.lab, frame = this.frame = run.scenes.sample(now, run.pace);
    if (!frame || !this.painter.begin(run.about?.scenery)) return;
    const p = this.me = this.joined && frame.players.get(key(this.joined));
    const drawn = drawnOf(p);
    if (drawn) {
      this.camera.follow(drawn.x, drawn.y, 0.25);
      this.painter.begin(run.about.scenery);
      drawClient(this.painter, frame, p, run, this.on);
      drawShots(this.painter, run.scenes, frame, { of: p.look.entity, poses: this.on.truth });
      drawLag(this.lag, run.strips.get(key(this.joined)), looks);
    } else {
      for (const f of frame.world) this.painter.figure(f, run.rowOf(0, f.owner)?.group ?? -1, { alpha: 0.5 });
    }
    this.measure();
    if (this.joined && this.mouse && now - this.sentAt > padEvery) this.pointAgain();
  }

  /** pointAgain tells of a pointer that has moved, or under which the world has. */
  pointAgain() {
    const aim = this.aim(0, 0);
    if (Math.hypot(aim.aim_x - this.pad.aim_x, aim.aim_y - this.pad.aim_y) > 0.05) this.sendPad();
  }

  update() {
    const p = this.me;
    if (!p) return;
    const r = this.responses;
    setText(this.big, r.length ? ms(r[r.length - 1]) : 'press a key');
    const truth = truthOf(this.frame, p), off = apart(drawnOf(p), truth);
    this.lab.facts(this.facts, [
      ['RTT', ms(p.look.rtt_ms), 'round trip of your transport, smoothed'],
      ['health', truth && truth.h >= 0 ? `${Math.round(truth.h * 100)} %` : '–', 'on the server'],
      ['truth is', off == null ? '–' : `${off.toFixed(2)} away`, 'how far from the truth you are drawn, in world units'],
      ['corrections', p.look.counts.corrections, 'corrections of your position since you joined'],
    ]);
    this.controls.show(p.look.link_up, p.look.link_down);
    this.switches.show(p.look.switches);
    this.unacked.show(p.look.unacked);
    this.waiting.show(p.look.waiting);
  }

  keys = {
    'W A S D': ['move (arrows too)', () => {}],
    'space': ['rifle (left button too)', () => {}],
    q: ['rocket (right button too)', () => {}],
    g: ['where you really are, on or off', () => {
      this.on.truth = !this.on.truth;
      this.boxes[0].querySelector('input').checked = this.on.truth;
    }],
  };
}

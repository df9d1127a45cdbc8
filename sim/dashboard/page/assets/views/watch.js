// Watch: the arena, and over the truth what one player takes to be true.

import { Camera } from '../camera.js';
import { Blocks, fillPlayers, parseKey, worst } from '../controls.js';
import { button, canvas, el, setText, tip } from '../dom.js';
import { drawLag, lagCanvas, lagLegend } from '../lagometer.js';
import { Legend, readSwitches, writeSwitches } from '../legend.js';
import { Painter, judged, outcomes } from '../painter.js';
import { apart, distance, drawEyes, drawShots, drawTruth, drawnOf, truthOf } from '../pictures.js';
import { key } from '../scenes.js';
import { Trail } from '../trail.js';
import { ms } from '../words.js';

const usual = { predicted: true, drawn: true, confirmed: true, seen: true, trail: true, shots: true, names: false };
const shotsListed = 12;
const sameFor = 1.5;  // seconds in which shots of the same outcome are one line
const nearZoom = 7;   // of the close-up

export class Watch {
  name = 'watch';
  title = 'Watch';
  about = 'The arena as it is on the server, and over it what one player takes to be true';

  constructor(lab) {
    this.lab = lab;
    this.camera = new Camera();
    this.following = false;
    this.shot = 0;
    this.arena = canvas({ class: 'arena', tabindex: 0, role: 'img', 'aria-label': 'the arena, as it is on the server, with what the chosen player sees' });
    this.painter = new Painter(this.arena, this.camera, lab.looks);
    this.camera.handle(this.arena, (how) => { if (how === 'pan') this.follow(false); });
    this.arena.addEventListener('click', (e) => this.pick(e));
    this.trail = new Trail();
    this.closeUp = canvas({ class: 'arena', role: 'img', 'aria-label': 'the chosen player, from near' });
    this.near = new Painter(this.closeUp, new Camera(), lab.looks);
    this.near.camera.zoom = nearZoom;
    this.closeUp.addEventListener('wheel', (e) => { e.preventDefault(); this.near.camera.zoomBy(Math.exp(-e.deltaY * 0.0015)); }, { passive: false });
    this.root = el('section', { class: 'view watch' }, this.stage(), this.middle(), this.side());
    lab.run.on('scene', (scene) => { if (lab.layout.is.view === this.name) this.trail.feed(scene); });
    lab.layout.addEventListener('change', () => this.readLayout());
    this.readLayout();
  }

  stage() {
    this.caption = el('div', { class: 'caption' });
    this.match = el('select', { 'aria-label': 'match', onchange: () => this.lab.layout.set({ match: this.match.value === '0' ? '' : this.match.value, player: '' }) });
    return el('div', { class: 'stage' }, this.arena, this.caption, el('div', { class: 'zoom' }, this.match,
      tip(button('+', () => this.camera.zoomBy(1.4), { 'aria-label': 'zoom in' }), 'zoom in (+, or the wheel)'),
      tip(button('−', () => this.camera.zoomBy(1 / 1.4), { 'aria-label': 'zoom out' }), 'zoom out (−)'),
      tip(button('⤢', () => this.whole(), { 'aria-label': 'whole arena' }), 'the whole arena (0)')));
  }

  middle() {
    this.nearTitle = el('h2', {}, 'Close up');
    this.nobody = el('p', { class: 'empty' });
    this.shots = el('ol', { class: 'shots', 'aria-label': 'newest shots' });
    return el('aside', { class: 'side near' }, this.nearTitle, el('div', { class: 'screen' }, this.closeUp, this.nobody),
      tip(el('h2', {}, 'Shots, as judged'), 'the newest ones; a click keeps one in the picture, with the poses by which it was judged'), this.shots);
  }

  side() {
    this.who = el('select', { 'aria-label': 'player to look at', onchange: () => this.choose(this.who.value) });
    this.followBox = el('input', { type: 'checkbox', onchange: () => this.follow(this.followBox.checked) });
    this.legend = new Legend(Object.keys(usual), usual,
      (on) => this.lab.layout.set({ show: writeSwitches(on, usual) }));
    this.unacked = new Blocks('not acknowledged', 'commands that it has sent and the server has not acknowledged: those it replays over each snapshot', 24);
    this.waiting = new Blocks('wait on server', 'commands that wait on the server for their tick: a reserve against jitter. None: the next one may be too late', 24);
    this.lag = lagCanvas();
    this.facts = el('dl', { class: 'facts' });
    return el('aside', { class: 'side' },
      el('h2', {}, 'Through whose eyes?'),
      el('div', { class: 'line' },
        button('◀', () => this.next(-1), { 'aria-label': 'previous player' }), this.who, button('▶', () => this.next(1), { 'aria-label': 'next player' })),
      el('div', { class: 'line' },
        tip(el('label', { class: 'check' }, this.followBox, 'follow'), 'keep it in the middle (f)'),
        tip(button('card …', () => this.player && this.lab.openCard(this.player), { class: 'small' }), 'all there is to know of this player (c)')),
      el('p', { class: 'quiet small' }, 'Filled bodies are the server’s truth. The rings are what this client'),
      this.legend.root,
      this.facts, this.unacked.root, this.waiting.root, tip(this.lag, lagLegend), el('p', { class: 'quiet small' }, 'Lagometer: frames above, snapshots below; point at it for what its columns are.'));
  }

  readLayout() {
    const { layout } = this.lab;
    this.legend.set(readSwitches(layout.get('show'), usual));
    this.player = parseKey(layout.get('player'));
    this.following = layout.get('follow') === '1';
    if (this.following && this.camera.zoom < 1.8) this.camera.zoom = 2.5;
    this.followBox.checked = this.following;
    this.matchNumber = Number(layout.get('match', '0')) || 0;
  }

  /** show is called when the view appears, and when other players came or left. */
  show() {
    const { run } = this.lab;
    const gone = this.player && (run.elsewhere(this.player) ? run.known.length > 0 : run.rows.length > 0 && !run.byKey.has(key(this.player)));
    if (!this.player || (gone && !this.lab.layout.get('player'))) this.player = worst(run, this.matchNumber);
    fillPlayers(this.who, run);
    if (this.player) this.who.value = key(this.player);
    const n = run.about?.matches ?? 1;
    this.match.hidden = n < 2;
    if (this.match.options.length !== n) this.match.replaceChildren(...Array.from({ length: n }, (_, i) => el('option', { value: i }, `match ${i + 1}`)));
    this.match.value = String(this.matchNumber);
  }

  wants() { return { rate: 30, match: this.matchNumber, world: true, players: this.player ? [this.player] : [], entity: 0 }; }

  choose(k) { this.lab.layout.set({ player: k }); this.show(); this.lab.rewatch(); }

  next(by) {
    const rows = this.lab.run.known.filter((r) => r.match === this.matchNumber);
    if (!rows.length) return;
    const i = rows.findIndex((r) => this.player && key(r) === key(this.player));
    this.choose(key(rows[(i + by + rows.length) % rows.length]));
  }

  follow(on) {
    if (on !== this.following) this.lab.layout.set({ follow: on ? '1' : '' });
  }

  whole() {
    this.camera.zoom = 1;
    this.follow(false);
  }

  pick(e) {
    const frame = this.frame;
    if (!frame) return;
    const x = this.camera.wx(e.offsetX), y = this.camera.wy(e.offsetY);
    let near = null, least = 14 / this.camera.scale + 0.5;
    for (const f of frame.world) {
      const d = distance(f, { x, y });
      if (f.kind === 'player' && d < least) [near, least] = [f, d];
    }
    const row = near && this.lab.run.rowOf(this.matchNumber, near.owner);
    if (row) this.choose(key(row));
  }

  draw(now) {
    const { run } = this.lab, scenery = run.about?.scenery;
    const frame = this.frame = run.scenes.sample(now, run.pace);
    if (!frame || !this.painter.begin(scenery)) return;
    const p = this.player && frame.players.get(key(this.player));
    const truth = p && truthOf(frame, p);
    if (this.following && truth) this.camera.follow(truth.x, truth.y);
    drawTruth(this.painter, frame, run, this.matchNumber, { chosen: new Set(p ? [p.look.entity] : []), names: this.legend.on.names, dim: true });
    if (this.legend.on.shots) drawShots(this.painter, run.scenes, frame, { chosen: this.shot, about: (s) => !p || [s.shooter, s.target, s.claimed].includes(p.look.entity) });
    if (!p) return;
    drawEyes(this.painter, frame, p, this.legend.on, { letters: this.camera.zoom > 1.8 });
    this.drawNear(frame, p, truth, scenery);
    drawLag(this.lag, run.strips.get(key(this.player)), this.lab.looks);
  }

  /** drawNear draws the chosen player from near, with the way it went. */
  drawNear(frame, p, truth, scenery) {
    if (this.trail.key !== key(this.player)) this.trail.of(key(this.player));
    const { camera } = this.near, at = truth ?? drawnOf(p);
    if (!at || !this.near.begin(scenery)) return;
    camera.follow(at.x, at.y, Math.hypot(at.x - camera.x, at.y - camera.y) > 6 ? 1 : 0.2);
    this.near.begin(scenery);
    drawTruth(this.near, frame, this.lab.run, this.matchNumber, { chosen: new Set([p.look.entity]) });
    if (this.legend.on.trail) this.trail.draw(this.near, frame.at);
    if (this.legend.on.shots) drawShots(this.near, this.lab.run.scenes, frame, { chosen: this.shot, about: (s) => [s.shooter, s.target, s.claimed].includes(p.look.entity) });
    drawEyes(this.near, frame, p, this.legend.on);
  }

  /** update writes the figures, a few times per second. */
  update() {
    const { run } = this.lab, frame = this.frame;
    if (!run.about?.scenery) return setText(this.caption, `the game ${run.about?.game ?? ''} cannot be drawn: its rules have no Painter`);
    const p = frame && this.player && frame.players.get(key(this.player));
    setText(this.caption, frame ? `tick ${frame.scene.tick}${frame.down ? ': the server is down' : ''}` : 'waiting for the first scene …');
    this.fillShots();
    this.nobody.hidden = Boolean(p);
    setText(this.nobody, this.why());
    setText(this.nearTitle, this.player ? `Close up: ${run.nameOf(this.player)}` : 'Close up');
    if (!p) {
      this.facts.replaceChildren();
      return;
    }
    this.figures(p, truthOf(frame, p));
  }

  /** why there is nothing to see of the player. */
  why() {
    const { run } = this.lab;
    if (this.player && run.elsewhere(this.player)) return 'It plays elsewhere: what it sees is not known here.';
    if (this.player) return 'It is not in this match now.';
    return run.rows.length ? 'All players are elsewhere: what they see is not known here. Join them in Play, and see what you see.' : 'Nobody plays yet.';
  }

  figures(p, truth) {
    const units = (d) => (d == null ? '–' : `${d.toFixed(2)} u`);
    this.legend.value('predicted', `${units(apart(p.self, truth))} ahead`);
    this.legend.value('drawn', `${units(apart(drawnOf(p), p.self))} to correct`);
    this.legend.value('confirmed', `${units(apart(p.confirmed, truth))} behind`);
    const late = this.frame.tick - p.look.shown;
    this.legend.value('trail', `${p.look.counts.corrections} so far`);
    this.legend.value('seen', `${ms(late * 1000 / this.lab.run.tickRate)} late`);
    this.unacked.show(p.look.unacked);
    this.waiting.show(p.look.waiting);
    this.lab.facts(this.facts, [
      ['RTT', ms(p.look.rtt_ms), 'round trip of its transport, smoothed'],
      ['snapshot age', ms(p.look.age_ms), 'time since the newest snapshot came'],
      ['ahead by', `${p.look.lead_ticks} ticks`, 'how many ticks its commands are ahead of the newest snapshot: the way back, the way there, and a reserve'],
      ['shows', p.look.shows, 'how the others are shown now: interpolated between two snapshots, extrapolated after the last one, frozen, or as the newest has them'],
    ]);
  }

  fillShots() {
    const lines = this.shotLines(), stamp = lines.map((l) => `${l.shot.number}.${l.n}`).join() + '/' + this.shot;
    if (stamp === this.shotStamp) return;
    this.shotStamp = stamp;
    this.shots.replaceChildren(...lines.map(({ shot, n }) => el('li', {}, button(this.shotText(shot, n), () => {
      this.shot = this.shot === shot.number ? 0 : shot.number;
      this.fillShots();
    }, { class: `shot ${judged(shot)}`, 'aria-pressed': String(shot.number === this.shot) }))));
    if (!lines.length) this.shots.append(el('li', { class: 'quiet' }, 'none yet'));
  }

  /** shotLines are the newest shots that met somebody, those of a burst together. */
  shotLines() {
    const lines = [];
    for (const shot of [...this.lab.run.scenes.shots].reverse()) {
      if (!shot.target && !shot.claimed) continue;
      const same = lines.find((l) => l.shot.shooter === shot.shooter && l.shot.target === shot.target && judged(l.shot) === judged(shot) && l.at - shot.at < sameFor && l.shot.number !== this.shot);
      if (same) {
        same.n++;
        same.at = shot.at;
      } else if (lines.length < shotsListed) {
        lines.push({ shot, n: 1, at: shot.at });
      }
    }
    return lines;
  }

  shotText(s, n) {
    const back = s.rewound_ms > 0 ? `, judged ${ms(s.rewound_ms)} back` : '';
    const marks = { hit: '✓', denied: '✕', gifted: '✓', missed: '·' };
    return `${marks[judged(s)]} ${this.ownerName(s.shooter)} → ${this.ownerName(s.target || s.claimed)}: ${outcomes[judged(s)].words}${back}${n > 1 ? ` (${n} times)` : ''}`;
  }

  ownerName(id) {
    const f = this.frame?.byID.get(id);
    const row = f && this.lab.run.rowOf(this.matchNumber, f.owner);
    return row ? this.lab.run.nameOf(row) : `#${id}`;
  }

  keys = {
    '[': ['previous player', () => this.next(-1)],
    ']': ['next player', () => this.next(1)],
    f: ['follow the player', () => this.follow(!this.following)],
    c: ['card of the player', () => this.player && this.lab.openCard(this.player)],
    g: ['all ghosts on or off', () => this.ghosts()],
    '+': ['zoom in', () => this.camera.zoomBy(1.3)],
    '-': ['zoom out', () => this.camera.zoomBy(1 / 1.3)],
    0: ['whole arena', () => this.whole()],
    ArrowLeft: ['move the camera', () => this.camera.pan(60, 0)],
    ArrowRight: ['', () => this.camera.pan(-60, 0)],
    ArrowUp: ['', () => this.camera.pan(0, 60)],
    ArrowDown: ['', () => this.camera.pan(0, -60)],
  };

  ghosts() {
    const names = ['predicted', 'drawn', 'confirmed', 'seen'];
    const on = !names.some((n) => this.legend.on[n]);
    const all = { ...this.legend.on, ...Object.fromEntries(names.map((n) => [n, on])) };
    this.lab.layout.set({ show: writeSwitches(all, usual) });
  }
}

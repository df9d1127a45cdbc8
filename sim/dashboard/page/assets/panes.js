// Panes side by side: the server, and what clients show of the same world at the same time.

import { Camera } from './camera.js';
import { Blocks, LinkControls, Switches, best, fillPlayers, parseKey, target, worst } from './controls.js';
import { button, canvas, el, setText, tip } from './dom.js';
import { drawLag, lagCanvas, lagLegend } from './lagometer.js';
import { Painter } from './painter.js';
import { apart, drawClient, drawShots, drawTruth, drawnOf, truthOf } from './pictures.js';
import { key } from './scenes.js';
import { ms } from './words.js';

const most = 4, least = 2;

/**
 * Panes are two to four panes. changed is called with their list as text, such as 3.1,server,0.1; brief ones have the controls of
 * links folded away.
 */
export class Panes {
  constructor(lab, changed, { brief = false } = {}) {
    this.lab = lab;
    this.changed = changed;
    this.brief = brief;
    this.panes = [];
    this.on = { truth: true, confirmed: false, predicted: false, shots: true };
    this.focus = 'first';
    this.zoom = 3;
    this.empty = el('p', { class: 'empty' });
    this.root = el('div', { class: 'panes' + (brief ? ' brief' : '') }, this.empty);
  }

  /** set shows panes; a text that is empty chooses the worst link, the server and the best one. */
  set(text) {
    const { run } = this.lab;
    const list = text ? text.split(',').filter((t) => t === 'server' || parseKey(t)).slice(0, most)
      : [...new Set([worst(run), null, best(run)].map((p) => (p ? key(p) : 'server')))];
    if (list.length < least) list.push('server');
    const stamp = list.join();
    this.of = groupsOf(run);
    if (stamp === this.stamp) return this.refresh();
    this.stamp = stamp;
    list.forEach((what, i) => {
      if (this.panes[i]?.what === what) return;
      this.panes[i] = what === 'server' ? new ServerPane(this, i) : new ClientPane(this, i, what);
    });
    this.panes.length = list.length;
    this.root.replaceChildren(...this.panes.map((p) => p.root));
    this.root.dataset.count = list.length;
    this.refresh();
  }

  /** kept is the panes as they are, as text, unless they are of another run. */
  get kept() { return this.of === groupsOf(this.lab.run) ? this.stamp : ''; }

  get list() { return this.panes.map((p) => p.what); }

  refresh() {
    for (const p of this.panes) p.refresh();
    setText(this.empty, this.lab.run.rows.length > this.lab.run.known.length
      ? 'All players are elsewhere, and what they see is not known here. Join them in Play: a pane shows what you see.'
      : 'Waiting for players: a pane shows what one of them sees.');
  }

  change(i, what) {
    const list = this.list;
    list[i] = what;
    this.changed(list.join());
  }

  add() {
    const { run } = this.lab, list = this.list;
    if (list.length >= most) return this.lab.say(`at most ${most} panes fit`);
    const other = run.known.find((r) => !list.includes(key(r)));
    this.changed([...list, other ? key(other) : 'server'].join());
  }

  remove(i) {
    if (this.panes.length > least) this.changed(this.list.filter((_, j) => j !== i).join());
  }

  get players() { return this.panes.map((p) => parseKey(p.what)).filter(Boolean); }

  get match() {
    const first = this.players[0];
    return (first && this.lab.run.byKey.get(key(first))?.match) || 0;
  }

  draw(now) {
    const { run } = this.lab, frame = this.frame = run.scenes.sample(now, run.pace);
    if (!frame || !run.about.scenery) return;
    const first = this.players[0] && frame.players.get(key(this.players[0]));
    for (const p of this.panes) p.draw(frame, this.middle(frame, p, first));
  }

  /** middle is what the camera of a pane looks at: all at the same, or each at its own. */
  middle(frame, pane, first) {
    if (this.focus === 'whole') return null;
    const p = this.focus === 'each' && pane.player ? frame.players.get(key(pane.player)) : first;
    return p && (this.focus === 'each' ? drawnOf(p) : truthOf(frame, p)) || truthOf(frame, first) || null;
  }

  update() { for (const p of this.panes) p.update(this.frame); }
}

function groupsOf(run) { return run.about?.groups.map((g) => g.name).join(); }

/** Pane is what both kinds have: a head, and a canvas with a camera. */
class Pane {
  constructor(panes, i, what) {
    this.panes = panes;
    this.lab = panes.lab;
    this.what = what;
    this.player = parseKey(what);
    this.camera = new Camera();
    this.arena = canvas({ class: 'arena', role: 'img' });
    this.painter = new Painter(this.arena, this.camera, this.lab.looks);
    this.camera.handle(this.arena, (how) => {
      if (how === 'zoom') panes.zoom = this.camera.zoom;
    });
    this.who = el('select', { 'aria-label': `what pane ${i + 1} shows`, class: 'who', onchange: () => panes.change(panes.panes.indexOf(this), this.who.value) });
    this.remove = tip(button('×', () => panes.remove(panes.panes.indexOf(this)), { 'aria-label': 'close this pane', class: 'tool' }), 'close this pane');
    this.note = el('span', { class: 'note figure' });
    this.root = el('article', { class: 'pane' }, el('div', { class: 'head' }, this.who, this.remove),
      el('div', { class: 'screen' }, this.arena, this.note));
  }

  refresh() {
    fillPlayers(this.who, this.lab.run, [['server', 'the server: the truth']]);
    this.who.value = this.what;
    this.remove.hidden = this.panes.panes.length <= least;
  }

  aim(middle) {
    this.camera.zoom = this.panes.focus === 'whole' ? 1 : this.panes.zoom;
    if (!this.painter.begin(this.lab.run.about.scenery)) return false;
    if (middle) {
      const far = Math.hypot(middle.x - this.camera.x, middle.y - this.camera.y) > 8;
      this.camera.follow(middle.x, middle.y, far ? 1 : 0.2);
      this.painter.begin(this.lab.run.about.scenery);
    }
    return true;
  }
}

/** ServerPane shows the truth, and what waits on the server. */
class ServerPane extends Pane {
  constructor(panes, i) {
    super(panes, i, 'server');
    this.root.classList.add('server');
    this.facts = el('dl', { class: 'facts' });
    this.queues = el('div', { class: 'queues' });
    this.buffers = new Map();
    this.root.append(el('div', { class: 'foot' }, this.facts,
      tip(el('h4', {}, 'Input buffers'), 'commands of each player that wait on the server for their tick. The server takes one each tick; where there is none, it goes on with the last one and the player is corrected later'),
      this.queues,
      el('p', { class: 'quiet small' }, 'Bodies are the truth: what the server decides by. Clients are told of it some times per second, and late.')));
  }

  draw(frame, middle) {
    if (!this.aim(middle)) return;
    const chosen = new Set(this.panes.players.map((p) => frame.players.get(key(p))?.look.entity));
    drawTruth(this.painter, frame, this.lab.run, this.panes.match, { chosen });
    if (this.panes.on.shots) drawShots(this.painter, this.lab.run.scenes, frame, { about: (s) => chosen.has(s.shooter) || chosen.has(s.target) || chosen.has(s.claimed) });
  }

  update(frame) {
    const { run } = this.lab, { about } = run;
    setText(this.note, frame ? `tick ${frame.scene.tick}` : '');
    this.lab.facts(this.facts, [
      ['ticks', `${about?.tick_rate} Hz`, 'simulation steps per second'],
      ['snapshots', `${about?.snapshot_rate} Hz`, 'snapshots per second to each player'],
      ['lag compensation', about?.rewind, 'how far back shots may be judged by what the shooter saw. It is a setting of the run: laglab demo --rewind off'],
      ['lane', about?.lane, 'what carries snapshots and commands: plain datagrams, or KCP (laglab demo --lanes kcp)'],
    ]);
    const players = this.panes.players;
    const stamp = players.map((p) => key(p) + run.nameOf(p)).join();
    if (stamp !== this.stamp) {
      this.stamp = stamp;
      this.buffers = new Map(players.map((p) => [key(p), new Blocks(run.nameOf(p), 'commands of this player that wait on the server for their tick', 24)]));
      this.queues.replaceChildren(...[...this.buffers.values()].map((b) => b.root));
    }
    for (const [k, blocks] of this.buffers) blocks.show(frame?.players.get(k)?.look.waiting);
  }
}

/** ClientPane shows what a client shows, with controls for its link and its netcode. */
class ClientPane extends Pane {
  constructor(panes, i, what) {
    super(panes, i, what);
    const whom = () => target(this.lab.run, this.player);
    this.link = new LinkControls(this.lab, whom, { compact: true });
    this.switches = new Switches(this.lab, whom);
    this.unacked = new Blocks('not acknowledged', 'commands that it has sent and the server has not acknowledged: those it replays over each snapshot', 24);
    this.lag = lagCanvas();
    this.root.dataset.player = what;
    const link = panes.brief ? el('details', {}, el('summary', {}, 'Link'), this.link.root) : this.link.root;
    this.root.append(el('div', { class: 'foot' }, this.switches.root, panes.brief ? null : link, this.unacked.root, tip(this.lag, lagLegend), panes.brief ? link : null));
  }

  draw(frame, middle) {
    const p = frame.players.get(this.what);
    if (!this.aim(middle)) return;
    if (p) {
      drawClient(this.painter, frame, p, this.lab.run, this.panes.on);
      if (this.panes.on.shots) drawShots(this.painter, this.lab.run.scenes, frame, { of: p.look.entity, poses: false });
    }
    drawLag(this.lag, this.lab.run.strips.get(this.what), this.lab.looks);
  }

  update(frame) {
    const p = frame?.players.get(this.what);
    if (!p) return setText(this.note, frame ? 'does not play now' : '');
    const off = apart(drawnOf(p), truthOf(frame, p));
    setText(this.note, `${off == null ? '–' : off.toFixed(2)} off · RTT ${ms(p.look.rtt_ms)}`);
    tip(this.note, 'how far from the truth it draws itself, in world units, and the round trip of its transport');
    this.link.show(p.look.link_up, p.look.link_down);
    this.switches.show(p.look.switches);
    this.unacked.show(p.look.unacked);
  }
}

// A card of one player, in three levels of detail.

import { Blocks, LinkControls, Switches, target } from './controls.js';
import { button, el, setText, tip } from './dom.js';
import { drawLag, lagCanvas, lagLegend } from './lagometer.js';
import { key } from './scenes.js';
import { kilobytes, ms, percent } from './words.js';

const levels = ['glance', 'netcode', 'everything'];

/** Card is that of the player that was clicked last. It is over every view. */
export class Card {
  constructor(lab) {
    this.lab = lab;
    this.player = null;
    this.level = this.kept = 1;
    const whom = () => target(lab.run, this.player);
    this.heading = el('h2', {});
    this.tabs = levels.map((name, i) => button(`${i + 1} ${name}`, () => this.show(this.kept = i + 1), { class: 'small' }));
    this.facts = el('dl', { class: 'facts' });
    this.unacked = new Blocks('not acknowledged', 'commands that it has sent and the server has not acknowledged', 24);
    this.waiting = new Blocks('wait on server', 'commands that wait on the server for their tick', 24);
    this.lag = lagCanvas();
    this.switches = new Switches(lab, whom);
    this.link = new LinkControls(lab, whom);
    this.netcode = el('div', { class: 'level2' }, this.unacked.root, this.waiting.root, tip(this.lag, lagLegend), this.switches.root);
    this.levels = el('div', { class: 'line' }, this.tabs);
    this.closer = [button('Watch', () => lab.layout.set({ view: 'watch', player: key(this.player) }), { class: 'small' }),
      button('Look inside', () => lab.layout.set({ view: 'inside', player: key(this.player) }), { class: 'small' })];
    this.raw = el('pre', { class: 'raw level3' });
    this.root = el('aside', { class: 'card', hidden: true, tabindex: -1, 'aria-label': 'player' },
      el('header', {}, this.heading, button('×', () => this.close(), { 'aria-label': 'close the card', class: 'tool' })),
      this.levels, this.facts, this.netcode, this.link.root,
      el('div', { class: 'line' }, tip(button('Kick', () => this.kick(), { class: 'danger small' }), 'the server puts it out, and it does not come back'), this.closer), this.raw);
  }

  open(player) {
    this.player = { group: player.group, number: player.number };
    this.root.hidden = false;
    this.link.forget();
    const elsewhere = this.lab.run.elsewhere(player);
    for (const e of [this.levels, this.netcode, this.link.root, ...this.closer]) e.hidden = elsewhere;
    this.show(elsewhere ? 1 : this.kept);
    this.lab.rewatch();
    this.update();
    if (!this.root.contains(document.activeElement)) this.before = document.activeElement;
    this.root.focus();
  }

  close() {
    if (!this.player) return;
    this.player = null;
    this.root.hidden = true;
    this.before?.focus?.();
    this.lab.rewatch();
  }

  show(level) {
    this.level = level;
    this.root.dataset.level = level;
    this.tabs.forEach((t, i) => t.setAttribute('aria-pressed', String(i + 1 === level)));
  }

  kick() { this.lab.act({ ...target(this.lab.run, this.player), action: 'kick', value: '' }); }

  get look() {
    const scene = this.lab.run.scenes.newest;
    return scene?.players?.find((p) => p && key(p) === key(this.player)) ?? null;
  }

  draw() { if (this.player && this.level > 1) drawLag(this.lag, this.lab.run.strips.get(key(this.player)), this.lab.looks); }

  update() {
    if (!this.player) return;
    const { run } = this.lab, row = run.byKey.get(key(this.player)), look = this.look;
    setText(this.heading, row ? `${run.nameOf(row)}: ${row.name}` : `${run.nameOf(this.player)} is gone`);
    if (!row) return;
    this.lab.facts(this.facts, [
      ['state', row.state, 'of its connection'],
      ['RTT', ms(look?.rtt_ms ?? row.rtt_ms), 'round trip of its transport, smoothed'],
      ['loss ↑ ↓', `${percent(row.loss_up)} ${percent(row.loss_down)}`, 'datagrams that its links dropped, up and down, since the beginning'],
      ['starved', run.elsewhere(row) ? '–' : percent(row.starved), 'time without a newer snapshot to interpolate to'],
      ...(this.level > 1 ? this.more(row, look) : []),
    ]);
    this.unacked.show(look?.unacked);
    this.waiting.show(look?.waiting);
    this.switches.show(look?.switches);
    if (look) this.link.show(look.link_up, look.link_down);
    if (this.level > 2) setText(this.raw, JSON.stringify({ row, look: look && { ...look, others: `${look.others.length} entities`, lag: undefined } }, null, 1));
  }

  more(row, look) {
    const c = look?.counts ?? {};
    return [
      ['corrections', row.corrections, 'corrections of its own position since the beginning'],
      ['of them jumps', c.snaps ?? '–', 'corrections so large that they were not smoothed'],
      ['snapshots', c.snapshots ?? '–', 'snapshots that it has used'],
      ['stale', c.stale ?? '–', 'snapshots that came after a newer one'],
      ['snapshot age', ms(look?.age_ms), 'time since the newest snapshot came'],
      ['ahead by', look ? `${look.lead_ticks} ticks` : '–', 'how many ticks its commands are ahead of the newest snapshot'],
      ['clock', look?.speed ? `×${look.speed.toFixed(3)}` : '–', 'speed of the client’s clock: a little faster when its commands come too late, a little slower when they wait too long'],
      ['traffic ↑ ↓', `${kilobytes(row.bytes_up)} ${kilobytes(row.bytes_down)} kB`, 'bytes since the beginning'],
      ['brain', row.brain || 'a person', 'what steers it'],
      ['played', `${row.played_s.toFixed(0)} s`, 'time in the game'],
    ];
  }
}

// Measure: how the figures of each group go, what is said of them, and all players.

import { Chart, groupsOf } from '../charts.js';
import { fillLog, fillPlayers, parseKey, worst } from '../controls.js';
import { button, el, setState, setText, tip } from '../dom.js';
import { drawLag, lagCanvas, lagLegend } from '../lagometer.js';
import { mark } from '../looks.js';
import { playersTable } from '../players.js';
import { key } from '../scenes.js';

const usual = ['rtt', 'snapshot_age', 'corrections', 'starvation', 'inputs_missed', 'loss_down', 'bytes_down', 'players'];
const reportEvery = 5000; // ms

export class Measure {
  name = 'measure';
  title = 'Measure';
  about = 'Charts of each group, the verdict with its reasons, and a table of all players';

  constructor(lab) {
    this.lab = lab;
    this.charts = usual.map((name, i) => new Chart(lab, name, (chosen) => this.choose(i, chosen)));
    this.groups = el('div', { class: 'groups', role: 'group', 'aria-label': 'groups in the charts' });
    this.table = playersTable(lab);
    this.filter = el('input', { type: 'search', placeholder: 'filter: words that a row must have', 'aria-label': 'filter players', oninput: () => this.fillTable() });
    this.count = el('span', { class: 'quiet' });
    this.verdict = el('div', { class: 'verdict' });
    this.opened = new Set(); // verdicts whose reasons are shown
    this.who = el('select', { 'aria-label': 'player of the lagometer', onchange: () => { this.player = parseKey(this.who.value); lab.layout.set({ player: this.who.value }); lab.rewatch(); } });
    this.lag = lagCanvas();
    this.log = el('ol', { class: 'log', 'aria-label': 'what was done' });
    this.root = el('section', { class: 'view measure' },
      el('div', { class: 'toolbar' }, this.groups, el('span', { class: 'quiet small' }, '▼ something was done: see the log')),
      el('div', { class: 'charts' }, this.charts.map((c) => c.root)),
      el('div', { class: 'lower' },
        el('div', { class: 'players panel' }, el('div', { class: 'toolbar' }, el('h2', {}, 'Players'), this.filter, this.count), this.table.root),
        el('div', { class: 'panel judge' },
          el('div', { class: 'line' }, el('h2', {}, 'Lagometer'), this.who), tip(this.lag, lagLegend),
          el('h2', {}, 'Verdict, if it ended now'), this.verdict,
          el('h2', {}, 'What was done'), this.log)));
    lab.run.on('timeline', () => this.refresh());
    lab.run.on('rows', () => this.fillTable());
    lab.run.on('event', () => this.refresh());
    lab.looks.addEventListener('change', () => { if (this.seen) for (const c of this.charts) c.rebuild(); });
    lab.layout.addEventListener('change', () => { if (this.seen) this.readLayout(); });
  }

  get seen() { return this.lab.layout.is.view === this.name; }

  readLayout() {
    const { layout } = this.lab;
    const names = layout.get('charts').split(',');
    this.hidden = new Set(layout.get('hide').split(',').filter(Boolean));
    this.charts.forEach((c, i) => c.show(names[i] || usual[i], this.hidden));
  }

  choose(i, name) {
    const names = this.charts.map((c) => c.name);
    names[i] = name;
    this.lab.layout.set({ charts: names.join() === usual.join() ? '' : names.join() });
  }

  show() {
    const { run } = this.lab;
    this.player = parseKey(this.lab.layout.get('player')) ?? this.player ?? worst(run);
    fillPlayers(this.who, run);
    if (this.player) this.who.value = key(this.player);
    this.readLayout();
    this.refresh();
    this.fillTable();
  }

  wants() { return { rate: 20, match: 0, world: false, players: this.player ? [this.player] : [], entity: 0 }; }

  refresh() {
    if (!this.seen) return;
    this.fillGroups();
    for (const c of this.charts) c.refresh();
    this.fillLog();
  }

  fillGroups() {
    const groups = groupsOf(this.lab.run), stamp = groups.map(([n]) => n).join() + [...this.hidden].join();
    if (stamp === this.groupStamp) return;
    this.groupStamp = stamp;
    this.groups.replaceChildren(...groups.map(([name, i]) => {
      const b = button('', () => this.toggle(name), { class: 'group', 'aria-pressed': String(!this.hidden.has(name)) });
      b.append(mark(i, this.lab.looks.glyph(i)), name === 'all' ? 'all together' : name);
      return tip(b, `show or hide ${name} in all charts`);
    }));
  }

  toggle(name) {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(name)) hidden.add(name);
    this.lab.layout.set({ hide: [...hidden].join() });
    this.refresh();
  }

  fillLog() { fillLog(this.log, this.lab.run.events, 'nothing yet: see Steer'); }

  fillTable() {
    if (!this.seen) return;
    this.table.set(this.lab.run.rows, this.filter.value);
    setText(this.count, `${this.table.rows.length} of ${this.lab.run.rows.length}`);
    fillPlayers(this.who, this.lab.run);
  }

  draw() {
    if (this.player) drawLag(this.lag, this.lab.run.strips.get(key(this.player)), this.lab.looks);
  }

  update(now) {
    if (now - (this.reportedAt ?? -Infinity) < reportEvery || !this.lab.run.live) return;
    this.reportedAt = now;
    this.fetchReport();
  }

  async fetchReport() {
    try {
      this.fillVerdict(await this.lab.api.get('/api/report'));
    } catch (error) {
      this.verdict.replaceChildren(el('p', { class: 'quiet' }, error.status === 404 ? 'this laglab does not give verdicts before the end' : error.message));
    }
  }

  fillVerdict(r) {
    const marks = { good: '●', fair: '▲', bad: '■', void: '◌' }, states = { good: 'fine', fair: 'warn', bad: 'bad' };
    const stamp = JSON.stringify([r.lab.void, r.groups.map((g) => g.verdict)]);
    if (stamp === this.verdictStamp) return;
    if (!this.verdictStamp && innerHeight > 900) for (const g of r.groups) if (g.verdict.grade === 'bad') this.opened.add(g.name);
    this.verdictStamp = stamp;
    const nothing = r.lab.void ? [el('p', { class: 'why' }, `◌ void: ${r.lab.void}`)] : [];
    this.verdict.replaceChildren(...nothing, ...r.groups.filter((g) => g.players || g.verdict.reasons?.length).map((g) => {
      const i = this.lab.run.about.groups.findIndex((d) => d.name === g.name);
      const head = el('summary', {}, mark(i, this.lab.looks.glyph(i)), el('b', {}, g.name),
        el('span', { class: 'grade' }, `${marks[g.verdict.grade] ?? '◌'} ${g.verdict.grade}`));
      setState(head.lastChild, states[g.verdict.grade] ?? '');
      return el('details', { open: this.opened.has(g.name), ontoggle: (e) => this.opened[e.target.open ? 'add' : 'delete'](g.name) }, head, el('ul', {}, (g.verdict.reasons ?? []).map((t) => el('li', {}, t))));
    }));
  }

  keys = { '/': ['filter players', () => this.filter.focus()] };
}

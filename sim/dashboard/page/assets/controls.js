// Controls of players: who, on which link, with which switches. All of them do what POST /api/do does.

import { el, button, options, setText, tip } from './dom.js';
import { knobs, read, write, rest } from './link.js';
import { key } from './scenes.js';
import { clock } from './words.js';

const patience = 120; // ms after the last move of a slider until it is done

/** target names a player for an action: its group by name, and its number. */
export function target(run, p) { return { group: run.groupName(p.group), bots: [p.number] }; }

/** parseKey reads what scenes.key wrote; null when it is something else. */
export function parseKey(text) {
  const m = /^(\d+)\.(\d+)$/.exec(text ?? '');
  return m && { group: +m[1], number: +m[2] };
}

/** fillPlayers fills a select with the players whose eyes one can see through, by groups; extra are [value, text] pairs that come first. */
export function fillPlayers(select, run, extra = []) {
  const rows = run.known.slice(0, 400);
  const stamp = JSON.stringify([extra, rows.map((r) => key(r) + r.name)]);
  if (select.dataset.stamp === stamp) return;
  const chosen = select.value;
  select.dataset.stamp = stamp;
  const groups = new Map();
  for (const r of [...rows].sort((a, b) => a.group - b.group || a.number - b.number)) {
    const name = run.groupName(r.group);
    if (!groups.has(name)) groups.set(name, el('optgroup', { label: name }));
    groups.get(name).append(el('option', { value: key(r) }, run.nameOf(r)));
  }
  select.replaceChildren(...extra.map(([value, text]) => el('option', { value }, text)), ...groups.values());
  select.value = chosen;
}

/** worst is the player with the longest round trip in a match: whose screen differs most from the truth. */
export function worst(run, match = 0) {
  let w = null;
  for (const r of run.known) if (r.match === match && r.player && (!w || r.rtt_ms > w.rtt_ms)) w = r;
  return w ?? run.known[0] ?? null;
}

/** best is the one with the shortest. */
export function best(run, match = 0) {
  let b = null;
  for (const r of run.known) if (r.match === match && r.player && r.rtt_ms > 0 && (!b || r.rtt_ms < b.rtt_ms)) b = r;
  return b ?? run.known[0] ?? null;
}

/**
 * LinkControls are the sliders of a link, for each direction or both at once, a list of presets, and buttons for what
 * happens to links now and then, those in more besides. whom tells the target of actions.
 */
export class LinkControls {
  constructor(lab, whom, { compact = false, more = [] } = {}) {
    this.lab = lab;
    this.whom = whom;
    this.sliders = {};
    this.timers = {};
    this.preset = el('select', { 'aria-label': 'network preset', onchange: () => this.choosePreset() });
    this.both = el('input', { type: 'checkbox', checked: true, onchange: () => this.showDirections() });
    this.texts = { up: '', down: '' };
    this.shown = {}; // the texts that the sliders show
    this.touched = { up: -Infinity, down: -Infinity };
    this.rest = el('p', { class: 'quiet small' });
    this.columns = el('div', { class: 'knobs' }, ...['up', 'down'].map((d) => this.column(d)));
    this.root = el('div', { class: 'link-controls' + (compact ? ' compact' : '') },
      el('div', { class: 'line' }, this.preset,
        tip(el('label', { class: 'check' }, this.both, 'both ways alike'), 'off: each direction of the link has its own sliders')),
      this.columns, this.rest, this.disturbances(more));
    this.showDirections();
    this.showPresets();
  }

  column(direction) {
    const head = tip(el('h4', {}, direction === 'up' ? '↑ up' : '↓ down'), direction === 'up' ? 'from the player to the server' : 'from the server to the player');
    const rows = knobs.map((k) => {
      const out = el('output', {});
      const input = el('input', {
        type: 'range', min: k.key === 'burst' ? 1 : 0, max: k.most, step: k.step, value: 0,
        'aria-label': `${k.label} ${direction}`, 'data-knob': k.key, 'data-direction': direction,
        oninput: () => { this.showValue(direction, k); this.later(direction); },
      });
      (this.sliders[direction] ??= {})[k.key] = { input, out };
      this.showValue(direction, k);
      return tip(el('label', { class: 'knob' }, el('span', {}, k.label), input, out), `${k.label}: ${k.about}`);
    });
    return el('div', { class: `direction ${direction}` }, head, rows);
  }

  disturbances(more) {
    const spike = button('⚡ Lag spike', () => this.act('spike', '300ms for 2s'), { class: 'small' });
    const pull = button('✂ Unplug 4 s', () => this.act('blackout', '4s'), { class: 'small' });
    const storm = button('☂ Loss 30 %', () => this.act('loss', '30% for 3s'), { class: 'small' });
    tip(spike, '300 ms more delay in both directions, for two seconds');
    tip(pull, 'nothing passes for four seconds: does it come back by itself?');
    tip(storm, '30 % more loss, for three seconds');
    return el('div', { class: 'line' }, spike, pull, storm, more);
  }

  showDirections() {
    this.columns.classList.toggle('alike', this.both.checked);
    const head = this.columns.querySelector('.up h4');
    setText(head, this.both.checked ? '↕ each way' : '↑ up');
  }

  showValue(direction, k) {
    const { input, out } = this.sliders[direction][k.key];
    setText(out, k.key === 'burst' ? `×${+input.value}` : `${+input.value} ${k.unit}`);
  }

  async showPresets() {
    const presets = await this.lab.presets();
    options(this.preset, [['', 'preset …'], ...presets.map((p) => [p.name, p.name])]);
    for (const o of this.preset.options) {
      const p = presets.find((q) => q.name === o.value);
      if (p) o.title = `${p.about}: ${p.up} up, ${p.down} down`;
    }
  }

  choosePreset() {
    if (!this.preset.value) return;
    this.touched.up = this.touched.down = -Infinity;
    this.act('link', this.preset.value);
    this.preset.value = '';
  }

  /** later carries a slider's value out once it has come to rest. */
  later(direction) {
    const directions = this.both.checked ? ['up', 'down'] : [direction];
    if (this.both.checked) {
      for (const k of knobs) {
        this.sliders.down[k.key].input.value = this.sliders.up[k.key].input.value;
        this.showValue('down', k);
      }
    }
    const whom = this.whom(); // who it is now: by then it may be about somebody else
    for (const d of directions) {
      const value = `${d} ${write(this.texts[d], this.values(d))}`;
      this.touched[d] = performance.now();
      clearTimeout(this.timers[d]);
      this.timers[d] = setTimeout(() => this.act('link', value, whom), patience);
    }
  }

  values(direction) {
    return Object.fromEntries(knobs.map((k) => [k.key, +this.sliders[direction][k.key].input.value]));
  }

  act(action, value, whom = this.whom()) {
    if (whom) this.lab.act({ ...whom, action, value });
  }

  /** forget is for another target: what is shown next is all new. */
  forget() {
    this.texts = { up: '', down: '' };
    this.shown = {};
    this.touched = { up: -Infinity, down: -Infinity };
    this.both.checked = true;
    this.showDirections();
  }

  /** show shows a link as it is, except what a hand is at. */
  show(up, down) {
    for (const [d, text] of [['up', up ?? ''], ['down', down ?? '']]) {
      if (performance.now() - this.touched[d] < 1500 || this.shown[d] === text) continue;
      this.shown[d] = this.texts[d] = text;
      const at = read(text);
      for (const k of knobs) {
        this.sliders[d][k.key].input.value = at[k.key];
        this.showValue(d, k);
      }
    }
    const same = JSON.stringify(read(this.texts.up)) === JSON.stringify(read(this.texts.down));
    if (!same && this.both.checked && performance.now() - Math.max(this.touched.up, this.touched.down) > 1500) {
      this.both.checked = false;
      this.showDirections();
    }
    const more = [...new Set([rest(this.texts.up), rest(this.texts.down)].filter(Boolean))].join('; ');
    setText(this.rest, more && `and ${more}`);
    this.rest.hidden = !more;
  }
}

/** actionForm is a form for every action there is, with its form and what it does. */
export function actionForm(lab, whom) {
  const action = el('select', { 'aria-label': 'action', onchange: () => explain() }), value = el('input', { type: 'text', 'aria-label': 'value', spellcheck: 'false' });
  const about = el('p', { class: 'quiet small' });
  let actions = [];
  const explain = () => {
    const a = actions.find((k) => k.name === action.value);
    value.placeholder = a?.form ?? '';
    setText(about, a?.about ?? '');
  };
  lab.api.get('/api/actions').then((list) => {
    actions = list;
    options(action, list.map((a) => [a.name, a.name]));
    explain();
  }).catch(() => {});
  return el('form', { onsubmit: (e) => { e.preventDefault(); lab.act({ ...whom(), action: action.value, value: value.value || value.placeholder }); } },
    el('div', { class: 'line' }, action, value, el('button', { type: 'submit' }, 'Do it')), about);
}

const mostLogged = 60;

/** fillLog fills a list with what was done, the newest first. */
export function fillLog(list, events, nothing) {
  const stamp = `${events.length} ${events.at(-1)?.at_ns}`;
  if (stamp === list.dataset.stamp) return;
  list.dataset.stamp = stamp;
  list.replaceChildren(...events.slice(-mostLogged).reverse().map((e) => el('li', {}, el('time', {}, clock(e.at_ns / 1e9)), e.text)));
  if (!events.length) list.append(el('li', { class: 'quiet' }, nothing));
}

const switchesOf = [
  { name: 'prediction', field: 'NoPrediction', label: 'Prediction', about: 'own moves are shown at once, before the server has confirmed them; off: one sees oneself a round trip late' },
  { name: 'reconciliation', field: 'NoReconciliation', label: 'Reconciliation', about: 'predictions are corrected by what the server says; off: one goes on believing one’s own' },
  { name: 'interpolation', field: 'NoInterpolation', label: 'Interpolation', about: 'the others are shown a little late, between two snapshots; off: they jump from snapshot to snapshot' },
];

/** Switches are the check boxes of a player's netcode. */
export class Switches {
  constructor(lab, whom) {
    this.boxes = switchesOf.map((s) => {
      const input = el('input', {
        type: 'checkbox', checked: true, 'data-switch': s.name,
        onchange: () => {
          this.touched = performance.now();
          const to = whom();
          if (to) lab.act({ ...to, action: 'set', value: `${s.name}=${input.checked ? 'on' : 'off'}` });
        },
      });
      return { ...s, input };
    });
    this.touched = 0;
    this.root = el('div', { class: 'switches', role: 'group', 'aria-label': 'netcode' },
      this.boxes.map((s) => tip(el('label', { class: 'check' }, s.input, s.label), `${s.label}: ${s.about}`)));
  }

  show(switches) {
    if (!switches || performance.now() - this.touched < 600) return;
    for (const s of this.boxes) s.input.checked = !switches[s.field];
  }
}

/** blocks draws a number as so many small blocks: queues, as they fill. */
export class Blocks {
  constructor(label, about, most = 32) {
    this.most = most;
    this.bar = el('span', { class: 'blocks', 'aria-hidden': 'true' });
    for (let i = 0; i < most; i++) this.bar.append(el('i'));
    this.value = el('b', { class: 'figure' }, '–');
    this.root = tip(el('div', { class: 'queue' }, el('span', {}, label), this.bar, this.value), about);
    this.n = 0;
  }

  show(n) {
    setText(this.value, n == null || n < 0 ? '–' : n);
    const m = Math.min(Math.max(n ?? 0, 0), this.most);
    if (m === this.n) return;
    this.n = m;
    for (let i = 0; i < this.most; i++) this.bar.children[i].className = i < m ? 'on' : '';
  }
}

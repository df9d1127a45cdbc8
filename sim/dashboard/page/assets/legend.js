// A legend that explains itself: what each ring and line is, with a switch, and the figure of now.

import { el, setText, svg, tip } from './dom.js';
import { ghosts } from './painter.js';

/** parts are what can be shown of a player's eyes. */
export const parts = [
  { name: 'predicted', label: 'predicts', about: 'P, dashed ring: where the client computes itself to be, after its newest command. It is ahead of the server by the way there: the server will be here when that command arrives' },
  { name: 'drawn', label: 'draws', about: 'D, double size ring: where the client draws itself: its prediction, and what is left of corrections, which it lets fade so that nothing jumps' },
  { name: 'confirmed', label: 'has confirmed', about: 'C, dotted ring: where the newest snapshot says it was. What it predicts is this plus the commands that the server has not confirmed' },
  { name: 'seen', label: 'shows of the others', about: 'thin rings: where it shows the others, with a line to where they are in truth. They are shown late, so that there are always two snapshots to go between' },
  { name: 'trail', label: 'trails, corrections', about: 'the last three seconds: the solid line is where it drew itself, the dotted one where it was in truth. A red diamond is a correction: where many are, it rubber-bands' },
  { name: 'shots', label: 'shots', about: '✓ hit; ✕ denied: a hit on the shooter’s screen that the server did not award; faint: missed. Dashed rings are where the server took the target to have been when it judged (rewound by what the shooter saw), thin rings where it was by then' },
  { name: 'names', label: 'names', about: 'names beside all players' },
];

/** Legend has a line for each of some parts; changed is called with what is on. */
export class Legend {
  constructor(names, on, changed) {
    this.on = { ...on };
    this.lines = {};
    this.root = el('ul', { class: 'legend', 'aria-label': 'what is shown' }, names.map((name) => {
      const part = parts.find((p) => p.name === name);
      const value = el('output', { class: 'figure' });
      const box = el('input', {
        type: 'checkbox', checked: this.on[name], 'data-ghost': name,
        onchange: () => { this.on[name] = box.checked; changed(this.on); },
      });
      this.lines[name] = { box, value };
      return el('li', {}, tip(el('label', {}, box, swatch(name), el('span', {}, part.label), value), part.about));
    }));
  }

  set(on) {
    Object.assign(this.on, on);
    for (const [name, line] of Object.entries(this.lines)) line.box.checked = this.on[name];
  }

  value(name, text) { setText(this.lines[name].value, text); }
}

/** swatch is a ring as it is drawn. */
export function swatch(name) {
  const s = ghosts[name];
  const root = svg('svg', { viewBox: '0 0 22 22', class: `swatch ${name}`, 'aria-hidden': 'true' });
  if (s) {
    root.append(svg('circle', { cx: 11, cy: 11, r: 8, fill: 'none', 'stroke-width': 2.2, 'stroke-dasharray': s.dash.join(' ') || null, 'stroke-linecap': 'round' }));
    if (s.letter) root.append(svg('text', { x: 11, y: 14.5, 'text-anchor': 'middle' }, s.letter));
  } else if (name === 'shots') {
    root.append(svg('path', { d: 'M2 20 14 8', 'stroke-width': 2 }), svg('circle', { cx: 16, cy: 6, r: 4, fill: 'none', 'stroke-width': 2 }));
  } else if (name === 'trail') {
    root.append(svg('path', { d: 'M2 17C7 5 12 20 20 6', fill: 'none', 'stroke-width': 2 }), svg('path', { d: 'M11 8l3 3-3 3-3-3Z', class: 'spark' }));
  } else if (name === 'names') {
    root.append(svg('text', { x: 11, y: 15, 'text-anchor': 'middle' }, 'Aa'));
  }
  return root;
}

/** readSwitches and writeSwitches are for the layout: the names of what is on. */
export function readSwitches(text, otherwise) {
  if (text === '') return { ...otherwise };
  const on = new Set(text.split(','));
  return Object.fromEntries(Object.keys(otherwise).map((k) => [k, on.has(k)]));
}

export function writeSwitches(on, otherwise) {
  const text = Object.keys(otherwise).filter((k) => on[k]).join(',') || 'none';
  const usual = Object.keys(otherwise).filter((k) => otherwise[k]).join(',') || 'none';
  return text === usual ? '' : text;
}

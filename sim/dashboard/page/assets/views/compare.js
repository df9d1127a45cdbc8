// Compare: the same world, at the same time, on two clients and on the server.

import { button, el, tip } from '../dom.js';
import { swatch } from '../legend.js';
import { Panes } from '../panes.js';

const ghostsOf = [
  ['truth', 'where it really is', 'T: a ring where the server has it now, with a line from there: how far a screen is from the truth'],
  ['predicted', 'predicted', 'P: the client’s own computation, without the smoothing of corrections'],
  ['confirmed', 'confirmed', 'C: where the newest snapshot says it was'],
  ['shots', 'shots', '✓ hit, ✕ denied by the server, with the poses by which it judged'],
];

export class Compare {
  name = 'compare';
  title = 'Compare';
  about = 'The same world at the same time, on the server and on clients, each with its own link and netcode';

  constructor(lab) {
    this.lab = lab;
    this.panes = new Panes(lab, (panes) => { lab.layout.set({ panes }); this.show(); lab.rewatch(); });
    this.boxes = ghostsOf.map(([name, label, about]) => {
      const input = el('input', { type: 'checkbox', 'data-ghost': name, onchange: () => this.switch(name, input.checked) });
      return { name, input, root: tip(el('label', { class: 'check' }, input, swatch(name), label), about) };
    });
    this.focus = el('select', { 'aria-label': 'camera', onchange: () => lab.layout.set({ camera: this.focus.value === 'first' ? '' : this.focus.value }) },
      el('option', { value: 'first' }, 'camera: follow the first client'), el('option', { value: 'each' }, 'camera: each its own'),
      el('option', { value: 'whole' }, 'camera: whole arena'));
    this.root = el('section', { class: 'view compare' },
      el('div', { class: 'toolbar' }, this.boxes.map((b) => b.root), this.focus, tip(button('+ pane', () => this.panes.add()), 'one more client, or the server again (p)')),
      this.panes.root);
    lab.layout.addEventListener('change', () => { if (lab.layout.is.view === this.name) this.show(); });
  }

  show() {
    const { layout, run } = this.lab;
    const ghosts = layout.get('show');
    if (ghosts) for (const name of Object.keys(this.panes.on)) this.panes.on[name] = ghosts.split(',').includes(name);
    for (const b of this.boxes) b.input.checked = this.panes.on[b.name];
    this.panes.focus = this.focus.value = layout.get('camera', 'first') || 'first';
    // Until a person has chosen, the panes are chosen once there are players to choose from.
    if (layout.get('panes') || run.known.some((r) => r.rtt_ms > 0)) {
      this.panes.set(layout.get('panes') || this.panes.kept);
    } else {
      this.panes.refresh();
    }
  }

  switch(name, on) {
    this.panes.on[name] = on;
    this.lab.layout.set({ show: Object.keys(this.panes.on).filter((k) => this.panes.on[k]).join(',') || 'none' });
  }

  wants() { return { rate: 30, match: this.panes.match, world: true, players: this.panes.players, entity: 0 }; }

  draw(now) { this.panes.draw(now); }

  update() { this.panes.update(); }

  keys = {
    p: ['one more pane', () => this.panes.add()],
    g: ['the truth as a ghost, on or off', () => { this.switch('truth', !this.panes.on.truth); this.show(); }],
    '+': ['zoom in', () => { this.panes.zoom = Math.min(this.panes.zoom * 1.3, 12); }],
    '-': ['zoom out', () => { this.panes.zoom = Math.max(this.panes.zoom / 1.3, 1); }],
  };
}

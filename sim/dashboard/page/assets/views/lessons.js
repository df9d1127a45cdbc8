// Lessons: what to look at on the left, panes on the right, and things to try.

import { button, el, setText, tip } from '../dom.js';
import { Panes } from '../panes.js';

export class Lessons {
  name = 'lessons';
  title = 'Lessons';
  about = 'What prediction, reconciliation, interpolation and lag compensation are for, each shown by switching it off';

  constructor(lab) {
    this.lab = lab;
    this.panes = new Panes(lab, (panes) => { this.chosen = panes; this.panes.set(panes); lab.rewatch(); });
    this.list = el('ol', { class: 'lesson-list' });
    this.text = el('div', { class: 'lesson-text' });
    this.root = el('section', { class: 'view lessons' }, el('aside', { class: 'side' }, this.list, this.text), this.panes.root);
    this.lessons = null;
  }

  show() {
    this.fetch();
    if (this.chosen || this.lab.run.rows.some((r) => r.rtt_ms > 0)) this.panes.set(this.chosen ?? this.panes.stamp ?? '');
  }

  wants() { return { rate: 30, match: this.panes.match, world: true, players: this.panes.players, entity: 0 }; }

  draw(now) { this.panes.draw(now); }

  update() { this.panes.update(); }

  async fetch() {
    if (this.lessons) return;
    try {
      this.lessons = await this.lab.api.get('/api/lessons');
      this.fill();
    } catch (error) {
      this.text.replaceChildren(el('p', { class: 'quiet' }, error.status === 404 ? 'This laglab has no lessons.' : error.message));
    }
  }

  fill() { void [button, setText, tip]; }

  keys = {};
}

// Lessons: what to look at on the left, panes on the right, and things to try.

import { button, el, setText } from '../dom.js';
import { Panes } from '../panes.js';

export class Lessons {
  name = 'lessons';
  title = 'Lessons';
  about = 'What prediction, reconciliation, interpolation and lag compensation are for, each shown by switching it off';

  constructor(lab) {
    this.lab = lab;
    this.lessons = null;
    this.panes = new Panes(lab, (panes) => { this.chosen = panes; this.panes.set(panes); lab.rewatch(); });
    this.list = el('ol', { class: 'lesson-list' });
    this.text = el('div', { class: 'lesson-text' });
    this.back = button('Back to the run', () => this.begin(''), { hidden: true });
    this.root = el('section', { class: 'view lessons' },
      el('aside', { class: 'side' }, el('div', { class: 'line' }, el('h2', {}, 'Lessons'), this.back), this.text, this.list), this.panes.root);
    lab.run.on('hello', () => { this.chosen = null; this.fill(); });
    lab.layout.addEventListener('change', (e) => { if (e.detail.has('lesson')) this.follow(); });
  }

  show() {
    this.fetch();
    if (this.chosen || this.lab.run.rows.some((r) => r.rtt_ms > 0)) this.panes.set(this.chosen ?? this.panes.kept);
  }

  wants() { return { rate: 30, match: this.panes.match, world: true, players: this.panes.players, entity: 0 }; }

  draw(now) { this.panes.draw(now); }

  update() { this.panes.update(); }

  async fetch() {
    if (this.lessons) return;
    this.lessons = [];
    try {
      this.lessons = await this.lab.api.get('/api/lessons');
      this.fill();
      this.follow();
    } catch (error) {
      this.lessons = null;
      if (error.status === 404) this.lessons = [];
      this.text.replaceChildren(el('p', { class: 'quiet' }, error.status === 404 ? 'This laglab has no lessons.' : error.message));
    }
  }

  /** follow begins the lesson that a link names. */
  follow() {
    const name = this.lab.layout.is.view === this.name && this.lab.layout.get('lesson');
    if (name && name !== this.lab.run.lesson && this.lessons?.some((l) => l.name === name)) this.begin(name);
  }

  /** begin begins a lesson, or begins it again; "" goes back to the run. */
  async begin(name) {
    try {
      await this.lab.api.post('/api/lesson', { name });
      this.lab.layout.set({ lesson: name });
    } catch (error) {
      this.lab.say(error.message, 'bad');
    }
  }

  fill() {
    const now = this.lessons?.find((l) => l.name === this.lab.run.lesson);
    this.back.hidden = !now;
    this.list.replaceChildren(...(this.lessons ?? []).map((l) => el('li', {},
      button(l.title, () => this.begin(l.name), { class: 'lesson', 'aria-pressed': String(l === now) }))));
    this.text.replaceChildren(...(now ? this.page(now) : [el('p', { class: 'quiet' }, this.lessons?.length ? 'Each takes some minutes, in a small arena of its own. The run goes on meanwhile.' : '')]));
  }

  page(l) {
    const tried = el('p', { class: 'quiet small', role: 'status' });
    return [
      el('h3', {}, l.title), ...paragraphs(l.about),
      l.watch && el('div', { class: 'watch-for' }, el('b', {}, 'Watch: '), l.watch),
      el('h4', {}, 'Try this'),
      el('ol', { class: 'tries' }, (l.try ?? []).map((t) => el('li', {}, button(t.text, async (e) => {
        e.currentTarget.classList.add('tried');
        if (await this.lab.act(t.action)) setText(tried, `done: ${this.lab.told}`);
      })))),
      tried, button('↻ Reset the lesson', () => this.begin(l.name), { class: 'reset' }),
    ].filter(Boolean);
  }

  keys = { r: ['reset the lesson', () => this.lab.run.lesson && this.begin(this.lab.run.lesson)] };
}

/** paragraphs are those of a text, which empty lines part. */
function paragraphs(text) { return (text ?? '').split(/\n\s*\n/).map((p) => el('p', {}, p)); }

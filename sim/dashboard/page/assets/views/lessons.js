// Lessons: what to look at on the left, panes on the right, and things to try.

import { button, el, setText } from '../dom.js';
import { Chart } from '../charts.js';
import { Panes } from '../panes.js';
import { key } from '../scenes.js';

const hiddenGroups = new Set(['people']); // hidden in the charts of lessons

export class Lessons {
  name = 'lessons';
  title = 'Lessons';
  about = 'What prediction, reconciliation, interpolation and lag compensation are for, each shown by switching it off';

  constructor(lab) {
    this.lab = lab;
    this.lessons = null;
    this.panes = new Panes(lab, (panes) => { this.chosen = panes; this.panes.set(panes); lab.rewatch(); }, { brief: true });
    this.panes.focus = 'each';
    this.charts = [];
    this.chartBox = el('div', { class: 'charts' });
    this.list = el('ol', { class: 'lesson-list' });
    this.text = el('div', { class: 'lesson-text' });
    this.tried = el('p', { class: 'quiet small', role: 'status' });
    this.back = button('Back to the run', () => this.begin(''), { hidden: true });
    this.root = el('section', { class: 'view lessons' },
      el('aside', { class: 'side' }, el('div', { class: 'line' }, el('h2', {}, 'Lessons'), this.back), this.text, this.list),
      el('div', { class: 'right' }, this.panes.root, this.chartBox));
    lab.run.on('hello', () => this.turn());
    lab.run.on('timeline', () => { if (!this.root.hidden) for (const c of this.charts) c.refresh(); });
    lab.looks.addEventListener('change', () => { if (!this.root.hidden) for (const c of this.charts) c.rebuild(); });
  }

  show() {
    this.fetch();
    if (this.chosen || this.lab.run.rows.some((r) => r.rtt_ms > 0)) this.panes.set(this.chosen ?? this.panes.kept);
  }

  /** turn shows another lesson, as it asks for, or the run. */
  turn() {
    const l = this.now;
    this.chosen = l ? withServer(l.layout.players.map(key)).join() : null;
    if (l) {
      for (const name of Object.keys(this.panes.on)) this.panes.on[name] = l.layout.ghosts.includes(name);
      this.panes.zoom = this.panes.on.shots ? 2 : 3; // shots go far
    }
    const names = l ? l.layout.charts : [];
    if (names.join() !== this.charts.map((c) => c.name).join()) {
      this.charts = names.map((name) => this.chart(name));
      this.chartBox.replaceChildren(...this.charts.map((c) => c.root));
    }
    this.fill();
    this.follow();
  }

  chart(name) {
    const chart = new Chart(this.lab, name, (chosen) => chart.show(chosen, hiddenGroups));
    chart.hidden = hiddenGroups;
    return chart;
  }

  get now() { return this.lessons?.find((l) => l.name === this.lab.run.lesson); }

  wants() { return { rate: 30, match: this.panes.match, world: true, players: this.panes.players, entity: 0 }; }

  draw(now) { this.panes.draw(now); }

  update() { this.panes.update(); }

  async fetch() {
    if (this.lessons) return;
    this.lessons = [];
    try {
      this.lessons = await this.lab.api.get('/api/lessons');
      this.turn();
      this.show();
    } catch (error) {
      this.lessons = null;
      if (error.status === 404) this.lessons = [];
      this.text.replaceChildren(el('p', { class: 'quiet' }, error.status === 404 ? 'This laglab has no lessons.' : error.message));
    }
  }

  /** follow begins the lesson that the page's link names, once; from then on the link follows the lesson. */
  follow() {
    const { layout, run } = this.lab;
    if (layout.is.view !== this.name || !run.live || !this.lessons?.length) return;
    const name = layout.get('lesson');
    if (this.followed || !name) layout.set({ lesson: run.lesson });
    else if (name !== run.lesson) this.begin(name);
    this.followed = true;
  }

  /** begin begins a lesson, or begins it again, with other settings if any are given; "" goes back to the run. */
  async begin(name, set) {
    try {
      await this.lab.api.post('/api/lesson', set ? { name, set } : { name });
      this.lab.layout.set({ lesson: name });
      return true;
    } catch (error) {
      this.lab.say(error.message, 'bad');
      return false;
    }
  }

  /** attempt does what a try says: something to the lesson that goes on, or the lesson again with other settings. */
  async attempt(l, t) {
    if (t.set) return await this.begin(l.name, t.set) && `begun again with ${t.set.join(', ')}`;
    return await this.lab.act(t.action) && this.lab.told;
  }

  fill() {
    const now = this.now;
    this.back.hidden = !now;
    this.list.replaceChildren(...(this.lessons ?? []).map((l) => el('li', {},
      button(l.title, () => this.begin(l.name), { class: 'lesson', 'aria-pressed': String(l === now) }))));
    this.text.replaceChildren(...(now ? this.page(now) : [el('p', { class: 'quiet' }, this.lessons?.length ? 'Each takes some minutes, in a small arena of its own. The run goes on meanwhile.' : '')]));
  }

  page(l) {
    return [
      el('h3', {}, l.title), ...paragraphs(l.about),
      l.watch && el('div', { class: 'watch-for' }, el('b', {}, 'Watch: '), l.watch),
      el('h4', {}, 'Try this'),
      el('ol', { class: 'tries' }, (l.try ?? []).map((t) => el('li', {}, button(t.text, async (e) => {
        e.currentTarget.classList.add('tried');
        const done = await this.attempt(l, t);
        if (done) setText(this.tried, `Done: ${done}`);
      })))),
      this.tried, button('↻ Reset the lesson', () => this.begin(l.name), { class: 'reset' }),
    ].filter(Boolean);
  }

  keys = { r: ['reset the lesson', () => this.lab.run.lesson && this.begin(this.lab.run.lesson)] };
}

/** withServer puts the server between two players. */
function withServer(keys) { return keys.length === 2 ? [keys[0], 'server', keys[1]] : [...keys, 'server']; }

/** paragraphs are those of a text, which empty lines part. */
function paragraphs(text) { return (text ?? '').split(/\n\s*\n/).map((p) => el('p', {}, p)); }

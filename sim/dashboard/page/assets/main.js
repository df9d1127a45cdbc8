// The page: tabs over views, a strip that tells how the run does, and one loop that draws what is to be seen.

import { beginTips, button, el, setText, tip } from './dom.js';
import { Card } from './card.js';
import { Health } from './health.js';
import { Keys } from './keys.js';
import { Lab } from './lab.js';
import { PaceControls } from './pace.js';
import { exposeTo } from './probe.js';
import { Watch } from './views/watch.js';
import { Compare } from './views/compare.js';
import { Play } from './views/play.js';
import { Measure } from './views/measure.js';
import { Steer } from './views/steer.js';
import { Inside } from './views/inside.js';
import { Lessons } from './views/lessons.js';

const kinds = { watch: Watch, compare: Compare, play: Play, measure: Measure, steer: Steer, inside: Inside, lessons: Lessons };
const updateEvery = 120, rowsEvery = 1000; // ms
const mostWatched = 4;

class Page {
  constructor() {
    this.lab = new Lab(Object.keys(kinds));
    this.views = Object.fromEntries(Object.entries(kinds).map(([name, Kind]) => [name, new Kind(this.lab)]));
    this.card = new Card(this.lab);
    this.pace = new PaceControls(this.lab);
    this.keys = new Keys(this);
    this.lab.rewatch = () => this.rewatch();
    this.lab.openCard = (player) => this.card.open(player);
    this.build();
    this.lab.layout.addEventListener('change', (e) => { if (e.detail.has('view')) this.turn(); });
    this.lab.run.on('hello', () => this.greet());
    this.lab.run.on('rows', () => { this.view.show(); this.rewatch(); });
    this.lab.run.on('event', (e) => this.lab.say(e.text));
    document.addEventListener('visibilitychange', () => this.rewatch());
    this.turn();
    this.lab.stream.open();
    this.loop();
    this.askRows();
  }

  build() {
    const { lab } = this;
    this.lesson = tip(button('', () => this.views.lessons.begin(''), { class: 'small lesson-on', hidden: true }), 'all views show the lesson that goes on; a click goes back to the run');
    this.tabs = Object.entries(this.views).map(([name, view], i) => tip(el('a', {
      href: `#${name}`, id: `tab-${name}`,
      onclick: (e) => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); this.go(name); } },
    }, view.title), `${view.about} (${i + 1})`));
    document.getElementById('top').append(
      el('div', { class: 'bar' },
        el('strong', { class: 'brand' }, 'laglab'),
        el('nav', { 'aria-label': 'views' }, this.tabs), this.lesson,
        this.pace.root,
        this.keys.tools()),
      new Health(lab.run).root);
    const main = document.getElementById('main');
    for (const [name, view] of Object.entries(this.views)) {
      view.root.id = `view-${name}`;
      view.root.setAttribute('aria-label', view.title);
      view.root.hidden = true;
      main.append(view.root);
    }
    main.append(this.card.root);
    document.body.append(lab.toasts, this.keys.root);
    beginTips();
  }

  greet() {
    const { lesson } = this.lab.run;
    this.lesson.hidden = !lesson;
    setText(this.lesson, `✕ lesson: ${lesson}`);
    this.view.show();
    this.rewatch();
  }

  get view() { return this.views[this.lab.layout.is.view]; }

  /** everywhere are the keys that every view has. */
  get everywhere() {
    return {
      ...Object.fromEntries(Object.keys(this.views).map((name, i) => [String(i + 1), [this.views[name].title, () => this.go(name)]])),
      ' ': ['pause or go on (paced runs)', () => this.pace.toggle()],
      '.': ['step one tick (paced runs)', () => this.pace.step()],
      '<': ['slower', () => this.pace.faster(-1)],
      '>': ['faster', () => this.pace.faster(1)],
    };
  }

  /** go shows another view, with what it showed when it was left. */
  go(name) {
    if (name === this.lab.layout.is.view) return;
    this.left ??= {};
    this.left[this.lab.layout.is.view] = this.lab.layout.is;
    const before = Object.fromEntries(Object.keys(this.lab.layout.is).map((k) => [k, '']));
    this.lab.layout.set({ ...before, ...this.left[name], view: name });
  }

  /** turn shows the view of the layout. */
  turn() {
    const now = this.lab.layout.is.view;
    for (const [name, view] of Object.entries(this.views)) {
      if (!view.root.hidden && name !== now) view.hide?.();
      view.root.hidden = name !== now;
    }
    for (const tab of this.tabs) {
      const on = tab.id === `tab-${now}`;
      tab.setAttribute('aria-current', on ? 'page' : 'false');
      if (on) document.title = `laglab: ${tab.textContent}`;
    }
    this.view.show();
    this.rewatch();
  }

  /** rewatch asks for the scenes that are to be seen, and for few when nobody looks. */
  rewatch() {
    const wants = { ...this.view.wants() };
    const card = this.card.player;
    if (card && !wants.players.some((p) => p.group === card.group && p.number === card.number)) wants.players = [...wants.players, card];
    wants.players = wants.players.slice(0, mostWatched).map(({ group, number }) => ({ group, number }));
    if (document.hidden && !this.view.playing) Object.assign(wants, { rate: 1, world: false, players: [] });
    this.lab.stream.watch(wants);
  }

  /** askRows asks for all players again and again: the less often, the more they are. */
  askRows() {
    if (!document.hidden && this.lab.run.live) this.lab.run.fetchRows();
    setTimeout(() => this.askRows(), rowsEvery + 2 * this.lab.run.rows.length);
  }

  loop() {
    let updated = 0;
    const turn = (now) => {
      requestAnimationFrame(turn);
      if (document.hidden) return;
      this.frames = (this.frames ?? 0) + 1;
      this.view.draw?.(now);
      this.card.draw();
      if (now - updated < updateEvery) return;
      updated = now;
      this.view.update?.(now);
      this.card.update();
    };
    requestAnimationFrame(turn);
  }
}

exposeTo(window, new Page());

// Charts of how the figures went, a line for each group, with what was done marked on all of them.

/* global uPlot */

import { el, options, setText, tip } from './dom.js';
import { mark } from './looks.js';
import { clock } from './words.js';

const eventsMarked = 60;
const leastTop = { '1/s': 1, 'B/s': 1000, B: 1000, count: 1 }; // of an axis, where there is next to nothing
const pointedAt = 8; // pixels from an event at which it is named

/** groupsOf are the groups of a history, as [name, index]: all players together is the last one, with index -1. */
export function groupsOf(run) {
  const groups = (run.about?.groups ?? []).map((g, i) => [g.name, i]);
  return [...groups.filter(([name]) => run.history?.groups.get(name)?.size), ['all', -1]];
}

/** groupsWith are those that have a series, or all, if none has. */
function groupsWith(run, series) {
  const all = groupsOf(run), those = all.filter(([name]) => run.history?.groups.get(name)?.has(series));
  return those.length ? those : all;
}

/** Chart is one series of all groups. chosen is called when another series is to be shown. */
export class Chart {
  constructor(lab, series, chosen) {
    this.lab = lab;
    this.name = series;
    this.hidden = new Set();
    this.pick = el('select', { class: 'series', 'aria-label': 'what this chart shows', onchange: () => chosen(this.pick.value) });
    this.values = el('div', { class: 'values' });
    this.done = el('span', { class: 'done', hidden: true });
    this.box = el('div', { class: 'plot' });
    this.root = el('figure', { class: 'chart' }, el('figcaption', {}, this.pick, this.values), el('div', { class: 'plot-box' }, this.box, this.done));
    this.marks = new Map();
    new ResizeObserver(() => this.resize()).observe(this.box);
  }

  get series() { return this.lab.run.about?.series.find((s) => s.name === this.name) ?? { name: this.name, unit: '', definition: '' }; }

  show(name, hidden) {
    const other = name !== this.name || [...hidden].join() !== [...this.hidden].join();
    this.name = name;
    this.hidden = new Set(hidden);
    if (other) this.rebuild();
    else this.refresh();
  }

  /** rebuild makes the chart anew: for another series, other groups, another theme. */
  rebuild() {
    this.plot?.destroy();
    this.plot = null;
    this.refresh();
  }

  refresh() {
    const { run } = this.lab;
    if (!run.about || !run.history) return;
    options(this.pick, run.about.series.map((s) => [s.name, words(s)]));
    this.pick.value = this.name;
    tip(this.pick, `${this.series.name}: ${this.series.definition} (${this.series.unit})`);
    const groups = groupsWith(run, this.name), stamp = groups.map(([n]) => n).join();
    if (this.plot && stamp === this.stamp) this.plot.setData(this.data(groups));
    else this.build(groups, stamp);
    this.readout();
  }

  data(groups) {
    const { times, groups: of, n } = this.lab.run.history;
    return [times, ...groups.map(([name]) => of.get(name)?.get(this.name) ?? Array(n).fill(null))];
  }

  build(groups, stamp) {
    this.plot?.destroy();
    this.stamp = stamp;
    this.groups = groups;
    const { width, height } = this.box.getBoundingClientRect();
    if (width < 20) return void (this.plot = null);
    this.marks.clear();
    this.values.replaceChildren(...groups.map(([name, i]) => {
      const value = el('b', {});
      const e = el('span', { hidden: this.hidden.has(name) }, mark(i, this.lab.looks.glyph(i)), value);
      tip(e, `${name}: the value under the pointer, or the newest`);
      this.marks.set(name, value);
      return e;
    }));
    this.plot = new uPlot(this.settings(groups, width, height), this.data(groups), this.box);
  }

  settings(groups, width, height) {
    const { looks } = this.lab, axis = { stroke: looks.css('--quiet'), grid: { stroke: looks.css('--grid'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif', gap: 3 };
    return {
      width, height, legend: { show: false }, padding: [8, 13, 0, 0],
      cursor: { sync: { key: 'laglab' }, points: { size: 6 }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (u, min, max) => [Math.min(min ?? 0, 0), Math.max((max ?? 1) * 1.1, leastTop[this.series.unit] ?? 1e-3)] } },
      axes: [
        { ...axis, size: 22, values: (u, at) => at.map(clock) },
        { ...axis, size: 46, values: (u, at) => at.map((v) => short(v, this.series.unit)) },
      ],
      series: [{}, ...groups.map(([name, i]) => ({
        label: name, show: !this.hidden.has(name), stroke: looks.colour(i), width: i < 0 ? 1 : 1.75, dash: looks.dash(i), spanGaps: false,
        points: { show: false },
      }))],
      hooks: { drawAxes: [(u) => this.drawEvents(u)], setCursor: [(u) => { if (u === this.plot) { this.readout(); this.tellEvent(); } }] },
    };
  }

  /** drawEvents marks what was done: a line over the whole height, with a small triangle on top. */
  drawEvents(u) {
    const g = u.ctx, { left, top, width, height } = u.bbox, ratio = devicePixelRatio || 1;
    g.save();
    g.strokeStyle = g.fillStyle = this.lab.looks.css('--event');
    g.lineWidth = ratio;
    g.setLineDash([3 * ratio, 3 * ratio]);
    for (const e of this.lab.run.events.slice(-eventsMarked)) {
      const x = u.valToPos(e.at_ns / 1e9, 'x', true);
      if (x < left || x > left + width) continue;
      g.beginPath();
      g.moveTo(x, top);
      g.lineTo(x, top + height);
      g.stroke();
      g.beginPath();
      g.moveTo(x - 4 * ratio, top - 6 * ratio);
      g.lineTo(x + 4 * ratio, top - 6 * ratio);
      g.lineTo(x, top + ratio);
      g.fill();
    }
    g.restore();
  }

  /** readout writes the values under the pointer, or the newest. */
  readout() {
    const u = this.plot;
    if (!u) return;
    const { times, groups: of } = this.lab.run.history ?? {};
    if (!times) return;
    const at = u.cursor.idx ?? -1;
    for (const [name, value] of this.marks) {
      const points = of.get(name)?.get(this.name) ?? [];
      setText(value, short(at >= 0 ? points[at] : lastOf(points), this.series.unit));
      value.parentElement.hidden = this.hidden.has(name);
    }
  }

  /** tellEvent names what was done where the pointer is. */
  tellEvent() {
    const u = this.plot, near = u.cursor.left < 0 ? [] : this.lab.run.events.filter((e) => Math.abs(u.valToPos(e.at_ns / 1e9, 'x') - u.cursor.left) < pointedAt);
    this.done.hidden = !near.length;
    if (near.length) setText(this.done, `▼ ${clock(near[0].at_ns / 1e9)} ${near.map((e) => e.text).slice(0, 3).join('; ')}`);
  }

  resize() {
    const { width, height } = this.box.getBoundingClientRect();
    if (width < 20 || height < 20) return;
    if (this.plot) this.plot.setSize({ width, height });
    else this.refresh();
  }
}

function lastOf(points) {
  for (let i = points.length - 1; i >= 0; i--) if (points[i] != null) return points[i];
  return null;
}

/** words is a series as a person calls it, with its unit. */
export function words(s) { return `${s.name.replaceAll('_', ' ').replace(/\bp(\d+)/, 'p$1').replace('rtt', 'RTT')} (${s.unit})`; }

/** short is a value without its unit, where the unit stands in the title. */
export function short(v, unit) {
  if (v == null) return '–';
  if (unit === 'share') return `${+(v * 100).toFixed(v < 0.01 ? 2 : 1)}%`;
  if (unit === 'B/s' || unit === 'B') return v ? `${+(v / 1000).toFixed(1)}k` : '0';
  return String(+v.toFixed(Math.abs(v) < 10 ? 2 : Math.abs(v) < 100 ? 1 : 0));
}


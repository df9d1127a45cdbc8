// A table of any number of rows, of which only those in sight are there.

import { el, setText } from './dom.js';

/**
 * Table has columns {name, label, about, of, text, wide}: of is a row's value, by which it is sorted, and text how it is
 * written. opened is called with the row that is clicked.
 */
export class Table {
  constructor(columns, { opened, sort = columns[0].name, state = () => '' }) {
    Object.assign(this, { columns, opened, state });
    this.by = sort;
    this.up = true;
    this.rows = [];
    this.pool = [];
    this.heads = columns.map((c) => el('div', { role: 'columnheader', class: c.wide ? 'wide' : '' },
      el('button', { type: 'button', 'data-tip': c.about, onclick: () => this.sortBy(c.name) }, c.label)));
    this.body = el('div', { class: 'rows', role: 'rowgroup' });
    this.scroll = el('div', { class: 'scroll', tabindex: -1 }, this.body);
    this.scroll.addEventListener('scroll', () => this.paint());
    this.root = el('div', { class: 'table', role: 'table' },
      el('div', { class: 'heads', role: 'row' }, this.heads), this.scroll);
    this.root.dataset.columns = columns.length;
    new ResizeObserver(() => this.paint()).observe(this.scroll);
    this.mark();
  }

  sortBy(name) {
    this.up = this.by === name ? !this.up : true;
    this.by = name;
    this.mark();
    this.set(this.all, this.filter);
  }

  mark() {
    this.heads.forEach((h, i) => {
      const on = this.columns[i].name === this.by;
      h.setAttribute('aria-sort', on ? (this.up ? 'ascending' : 'descending') : 'none');
    });
  }

  /** set gives it all rows, and a filter, which is words that must all be in a row. */
  set(all = [], filter = '') {
    this.all = all;
    this.filter = filter;
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const column = this.columns.find((c) => c.name === this.by), way = this.up ? 1 : -1;
    const text = (r) => this.columns.map((c) => c.text(r)).join(' ').toLowerCase();
    this.rows = words.length ? all.filter((r) => { const t = text(r); return words.every((w) => t.includes(w)); }) : [...all];
    this.rows.sort((a, b) => {
      const x = column.of(a), y = column.of(b);
      return way * (typeof x === 'string' ? x.localeCompare(y) : x - y) || a.group - b.group || a.number - b.number;
    });
    this.root.setAttribute('aria-rowcount', this.rows.length);
    this.paint();
  }

  /** paint fills the rows in sight. */
  paint() {
    const height = this.rowHeight;
    if (!height) return;
    this.body.style.height = `${this.rows.length * height}px`;
    const from = Math.max(Math.floor(this.scroll.scrollTop / height) - 2, 0);
    const n = Math.min(Math.ceil(this.scroll.clientHeight / height) + 4, this.rows.length - from);
    while (this.pool.length < n) this.grow();
    this.pool.forEach((row, i) => {
      const of = i < n ? this.rows[from + i] : null;
      row.hidden = !of;
      if (of) this.fill(row, of, from + i, height);
    });
  }

  get rowHeight() { return parseFloat(getComputedStyle(this.root).getPropertyValue('--row')) * parseFloat(getComputedStyle(document.documentElement).fontSize); }

  grow() {
    const row = el('div', { role: 'row', tabindex: 0, onclick: () => this.opened(row.of), onkeydown: (e) => this.key(e, row) },
      this.columns.map((c) => el('div', { role: 'cell', class: c.wide ? 'wide' : '' })));
    this.pool.push(row);
    this.body.append(row);
  }

  fill(row, of, i, height) {
    row.of = of;
    row.style.transform = `translateY(${i * height}px)`;
    row.setAttribute('aria-rowindex', i + 1);
    if (row.dataset.state !== this.state(of)) row.dataset.state = this.state(of);
    this.columns.forEach((c, j) => {
      const cell = row.children[j];
      if (c.fill) c.fill(cell, of);
      else setText(cell, c.text(of));
    });
  }

  key(e, row) {
    if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      e.stopPropagation();
      this.opened(row.of);
    }
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    const to = Math.min(Math.max(this.rows.indexOf(row.of) + by, 0), this.rows.length - 1), height = this.rowHeight;
    if ((to + 1) * height > this.scroll.scrollTop + this.scroll.clientHeight) this.scroll.scrollTop = (to + 1) * height - this.scroll.clientHeight;
    if (to * height < this.scroll.scrollTop) this.scroll.scrollTop = to * height;
    this.paint();
    this.pool.find((r) => !r.hidden && r.of === this.rows[to])?.focus();
  }
}

// The datagrams of a player, drawn as lines between its end and the server's as they are under way; one of them can be opened,
// field by field, down to its bytes.

import { button, canvas, el, setText, tip } from './dom.js';

const pollEvery = 350;   // ms
const kept = 1500;
const spans = [0.25, 0.5, 1, 2, 4]; // seconds in the picture
const near = 14;         // pixels within which a click finds one
const margin = 22;       // pixels beside the two ends
const openAtFirst = 14;  // fields that a part may have to be open at first

/** Datagrams asks for a player's datagrams while it is shown. */
export class Datagrams {
  constructor(lab) {
    this.lab = lab;
    this.player = null;
    this.span = 1;
    this.asked = 0;
    this.forget();
    this.hold = el('input', { type: 'checkbox' });
    this.note = el('p', { class: 'quiet small' });
    this.chart = canvas({ class: 'ladder', tabindex: 0, role: 'img', 'aria-label': 'datagrams between the player and the server; the arrows choose one' });
    this.chart.addEventListener('click', (e) => this.pick(e.offsetX, e.offsetY));
    this.chart.addEventListener('keydown', (e) => this.step(e));
    this.scale = el('select', { 'aria-label': 'time in the picture', onchange: () => { this.span = +this.scale.value; } }, spans.map((s) => el('option', { value: s }, `${s} s`)));
    this.scale.value = '1';
    this.heading = el('p', { class: 'chosen', role: 'status' });
    this.tree = el('div', { class: 'tree' });
    this.hex = el('pre', { class: 'hex', 'aria-label': 'its bytes' });
    this.root = el('div', { class: 'datagrams-panel' },
      el('div', { class: 'line' }, el('h2', {}, 'Datagrams'), this.scale,
        tip(el('label', { class: 'check' }, this.hold, 'hold still'), 'no new ones are asked for (d)'),
        tip(button('◀', () => this.move(-1), { class: 'tool', 'aria-label': 'the one before' }), 'the one before (left arrow in the picture)'),
        tip(button('▶', () => this.move(1), { class: 'tool', 'aria-label': 'the next one' }), 'the next one (right arrow in the picture)')),
      this.note, this.chart, this.heading, el('div', { class: 'open' }, this.tree, this.hex));
  }

  forget() {
    this.list = [];
    this.next = 0;
    this.chosen = 0;
    this.peeked = false;
    this.until = null;
  }

  /** of begins with another player; null stops. */
  of(player) {
    if (player && this.player && player.group === this.player.group && player.number === this.player.number) return;
    this.player = player;
    this.forget();
    clearTimeout(this.timer);
    this.show(null);
    this.asked++;
    if (player) this.poll(this.asked);
  }

  get path() { return `player=${this.player.group}.${this.player.number}`; }

  async poll(asked) {
    if (document.hidden || this.hold.checked || !this.lab.run.live) return this.later(asked);
    try {
      const news = await this.lab.api.get(`/api/datagrams?${this.path}&after=${this.next}`);
      if (asked === this.asked) {
        this.take(news, '');
        this.peek(news.datagrams);
      }
    } catch (error) {
      if (asked === this.asked) this.take({ next: 0, datagrams: [] }, error.message);
    }
    this.later(asked);
  }

  later(asked) {
    if (asked === this.asked && this.player) this.timer = setTimeout(() => this.poll(asked), pollEvery);
  }

  take({ next, datagrams }, why) {
    if (datagrams.length && datagrams[0].number <= this.next) this.list = []; // it was begun anew
    this.next = next;
    for (const d of datagrams) this.list.push(read(d));
    if (this.list.length > kept) this.list.splice(0, this.list.length - kept);
    setText(this.note, why || 'Time goes to the right. Each line is a datagram on its way between the two ends: the steeper, the faster; the thicker, the longer. ✕: lost. Click one to open it.');
  }

  /** peek opens the first snapshot that comes, so that there is something to see; the picture goes on. */
  async peek(datagrams) {
    const first = datagrams.find((d) => d.what?.includes('snapshot'));
    if (this.peeked || this.chosen || !first) return;
    this.peeked = true;
    try {
      const asked = this.asked, open = await this.lab.api.get(`/api/datagram?${this.path}&number=${first.number}`);
      if (asked === this.asked && !this.chosen) this.show(open);
    } catch { /* it is kept no longer, or the player is gone */ }
  }

  draw() {
    const { run, looks } = this.lab, { width, height } = this.chart.size;
    if (!width || !this.player) return;
    if (!this.hold.checked) this.until = Math.max((run.scenes.shown ?? 0) - (run.pace.paused ? 0 : 0.45 * run.pace.speed), 0);
    const g = this.chart.getContext('2d');
    g.fillStyle = looks.css('--well');
    g.fillRect(0, 0, width, height);
    this.ends(g, width, height, looks);
    for (const d of this.list) this.line(g, d, looks);
  }

  ends(g, width, height, looks) {
    g.strokeStyle = looks.css('--faint');
    g.lineWidth = 1.5;
    g.beginPath();
    for (const y of [margin, height - margin]) { g.moveTo(0, y); g.lineTo(width, y); }
    g.stroke();
    g.strokeStyle = looks.css('--grid');
    g.lineWidth = 1;
    g.beginPath();
    for (let t = Math.ceil((this.until - this.span) * 10) / 10; t < this.until; t += 0.1) { g.moveTo(this.x(t), margin); g.lineTo(this.x(t), height - margin); }
    g.stroke();
    g.font = '600 12px system-ui, sans-serif';
    g.fillStyle = looks.css('--quiet');
    g.textBaseline = 'middle';
    g.fillText('server', 6, margin / 2);
    g.fillText(this.lab.run.nameOf(this.player), 6, height - margin / 2);
  }

  x(t) { return this.chart.size.width * (1 - (this.until - t) / this.span); }

  /** ways is where a datagram's line goes from and to; that of a lost one ends in the middle. */
  way(d) {
    const { height } = this.chart.size, bottom = height - margin, end = d.lost ? 0.5 : 1;
    const from = d.up ? bottom : margin, to = d.up ? margin : bottom;
    return { x0: this.x(d.at), y0: from, x1: this.x(d.at + d.under * end), y1: from + (to - from) * end };
  }

  line(g, d, looks) {
    const { x0, y0, x1, y1 } = this.way(d);
    if (x1 < 0 || x0 > this.chart.size.width) return;
    const chosen = d.number === this.chosen;
    g.strokeStyle = looks.css(chosen ? '--ink' : d.lost ? '--bad' : d.up ? '--group-1' : '--group-0');
    g.lineWidth = (chosen ? 2 : 0.75) + d.bytes / 250;
    g.setLineDash(d.lost ? [4, 3] : []);
    g.globalAlpha = chosen || d.lost ? 1 : 0.75;
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
    g.setLineDash([]);
    if (d.lost) {
      g.lineWidth = 2;
      g.beginPath();
      g.moveTo(x1 - 4, y1 - 4); g.lineTo(x1 + 4, y1 + 4);
      g.moveTo(x1 - 4, y1 + 4); g.lineTo(x1 + 4, y1 - 4);
      g.stroke();
    }
    g.globalAlpha = 1;
  }

  pick(px, py) {
    let best = null, least = near;
    for (const d of this.list) {
      const far = away(this.way(d), px, py);
      if (far < least) [best, least] = [d, far];
    }
    if (best) this.choose(best);
  }

  step(e) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    this.move(by);
  }

  move(by) {
    if (!this.list.length) return;
    const i = this.list.findIndex((d) => d.number === this.chosen);
    const last = this.list.findLastIndex((d) => d.at <= this.until);
    this.choose(this.list[i < 0 ? Math.max(last, 0) : Math.min(Math.max(i + by, 0), this.list.length - 1)]);
  }

  /** choose opens a datagram; the picture holds still meanwhile. */
  async choose(d) {
    this.chosen = d.number;
    this.hold.checked = true;
    const x = this.x(d.at) / this.chart.size.width;
    if (x < 0.05 || x > 0.95) this.until = d.at + this.span / 2;
    try {
      const open = await this.lab.api.get(`/api/datagram?${this.path}&number=${d.number}`);
      if (this.chosen === d.number) this.show(open);
    } catch (error) {
      this.show(null);
      setText(this.heading, error.message);
    }
  }

  show(open) {
    setText(this.heading, open ? `${open.direction === 'up' ? '↑' : '↓'} ${open.what} · ${open.bytes} bytes · ${open.fate}` : '');
    this.tree.replaceChildren(...(open ? [this.part(open.tree, open.bytes)] : []));
    this.bytes = (open?.hex.match(/../g) ?? []).map((b) => el('span', {}, b));
    this.hex.replaceChildren(...this.bytes.flatMap((b) => [b, ' ']));
  }

  /** part is a part of a datagram with the parts in it, and a bar as wide as its part of the bytes. */
  part(p, all, depth = 0) {
    const size = p.to - p.from, bar = el('i', {});
    bar.style.width = `${Math.max(size / all * 100, 1)}%`;
    bar.style.marginLeft = `${p.from / all * 100}%`;
    const line = [el('span', { class: 'name' }, p.name), el('span', { class: 'value' }, p.value ?? ''), el('span', { class: 'size figure' }, `${size} B`), el('span', { class: 'share' }, bar)];
    const light = { tabindex: 0, onpointerenter: () => this.light(p), onfocus: () => this.light(p), onpointerleave: () => this.light(null) };
    if (!p.children?.length) return el('div', { class: 'part', ...light }, line);
    return el('details', { class: 'part', open: depth < 2 || p.children.length <= openAtFirst }, el('summary', light, line), p.children.map((c) => this.part(c, all, depth + 1)));
  }

  /** light marks the bytes of a part. */
  light(p) { this.bytes.forEach((b, i) => { b.className = p && i >= p.from && i < p.to ? 'lit' : ''; }); }
}

/** read is a datagram as it is drawn: when it began, how long it was under way, and whether it was lost. */
function read(d) {
  const under = /(?:leaves|arrives) after ([\d.]+) ms/.exec(d.fate);
  return { number: d.number, at: d.at_ns / 1e9, up: d.direction === 'up', bytes: d.bytes, lost: !under, under: under ? under[1] / 1000 : 0.05 };
}

/** away is how far a point is from a line. */
function away({ x0, y0, x1, y1 }, x, y) {
  const dx = x1 - x0, dy = y1 - y0, t = Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1), 0), 1);
  return Math.hypot(x0 + dx * t - x, y0 + dy * t - y);
}

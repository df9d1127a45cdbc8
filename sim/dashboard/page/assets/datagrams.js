// The datagrams of a player as they passed, up above a line and down below it; one of them can be opened, field by field.

import { button, canvas, el, setText, tip } from './dom.js';

const pollEvery = 400; // ms
const kept = 1500;
const span = 3;        // seconds in the picture
const mostBytes = 1200;

/** Datagrams asks for a player's datagrams while it is shown. */
export class Datagrams {
  constructor(lab) {
    this.lab = lab;
    this.player = null;
    this.list = [];
    this.next = 0;
    this.chosen = null;
    this.hold = el('input', { type: 'checkbox', 'aria-label': 'hold the datagrams still' });
    this.note = el('p', { class: 'quiet' });
    this.chart = canvas({ class: 'datagrams', tabindex: 0, role: 'img', 'aria-label': 'datagrams: up above the line, down below it, as high as they are long; arrows choose one' });
    this.chart.addEventListener('click', (e) => this.pick(e.offsetX, e.offsetY));
    this.chart.addEventListener('keydown', (e) => this.step(e));
    this.heading = el('h2', {}, 'One datagram');
    this.fields = el('div', { class: 'fields' });
    this.root = el('div', { class: 'datagrams-panel' },
      el('div', { class: 'line' }, el('h2', {}, 'Datagrams'), tip(el('label', { class: 'check' }, this.hold, 'hold still'), 'no new ones are asked for (d)'),
        button('◀', () => this.move(-1), { class: 'tool', 'aria-label': 'the one before' }), button('▶', () => this.move(1), { class: 'tool', 'aria-label': 'the next one' }),
        el('span', { class: 'quiet small' }, 'up above, down below; height: bytes; ✕ lost')),
      this.note, this.chart, this.heading, this.fields);
  }

  /** of begins with another player; null stops. */
  of(player) {
    if (player && this.player && player.group === this.player.group && player.number === this.player.number) return;
    this.player = player;
    this.list = [];
    this.next = 0;
    this.chosen = null;
    this.asked = (this.asked ?? 0) + 1;
    clearTimeout(this.timer);
    this.showFields(null);
    if (player) this.poll(this.asked);
  }

  get path() { return `player=${this.player.group}.${this.player.number}`; }

  async poll(asked) {
    if (document.hidden || this.hold.checked || !this.lab.run.live) return this.later(asked, pollEvery);
    try {
      this.take(await this.lab.api.get(`/api/datagrams?${this.path}&after=${this.next}`));
      this.absent(asked, '');
      this.later(asked, pollEvery);
    } catch (error) {
      const missing = error.status === 404 && !this.list.length;
      this.absent(asked, missing ? 'This laglab does not keep datagrams to look into. With laglab demo --pcap FILE they go to a file that Wireshark reads.' : error.message);
      if (!missing) this.later(asked, 5 * pollEvery);
    }
  }

  later(asked, wait) {
    if (asked === this.asked && this.player) this.timer = setTimeout(() => this.poll(asked), wait);
  }

  absent(asked, why) {
    if (asked !== this.asked) return;
    setText(this.note, why);
    this.chart.hidden = this.heading.hidden = Boolean(why) && !this.list.length;
  }

  take(list) {
    for (const d of list) {
      this.list.push(d);
      this.next = Math.max(this.next, d.number);
    }
    if (this.list.length > kept) this.list.splice(0, this.list.length - kept);
  }

  get until() { return this.list.length ? this.list[this.list.length - 1].at : 0; }

  x(d, width) { return width - (this.until - d.at) / span * width; }

  draw() {
    const g = this.chart.getContext('2d'), { width, height } = this.chart.size, { looks } = this.lab;
    if (!width || !this.player) return;
    g.fillStyle = looks.css('--well');
    g.fillRect(0, 0, width, height);
    const middle = height / 2;
    g.fillStyle = looks.css('--edge');
    g.fillRect(0, middle - 0.5, width, 1);
    g.font = '600 11px system-ui, sans-serif';
    g.fillStyle = looks.css('--quiet');
    g.fillText('↑ to the server', 6, 14);
    g.fillText('↓ to the player', 6, height - 6);
    for (const d of this.list) {
      const x = this.x(d, width);
      if (x >= -4) this.bar(g, d, x, middle, looks);
    }
  }

  bar(g, d, x, middle, looks) {
    const up = d.direction === 'up', h = Math.max(Math.sqrt(d.bytes / mostBytes) * (middle - 16), 4), top = up ? middle - 1 - h : middle + 1;
    const lost = d.fate !== 'delivered';
    g.fillStyle = g.strokeStyle = looks.css(lost ? '--bad' : colours[kindOf(d)] ?? '--group-7');
    if (lost) {
      g.lineWidth = 1;
      g.strokeRect(x - 1.5, top, 3, h);
      const y = up ? top - 6 : top + h + 6;
      g.lineWidth = 1.75;
      g.beginPath();
      g.moveTo(x - 3, y - 3); g.lineTo(x + 3, y + 3);
      g.moveTo(x - 3, y + 3); g.lineTo(x + 3, y - 3);
      g.stroke();
    } else {
      g.fillRect(x - 1.5, top, 3, h);
    }
    if (d.number === this.chosen) {
      g.strokeStyle = looks.css('--ink');
      g.lineWidth = 2;
      g.strokeRect(x - 4, top - 3, 8, h + 6);
    }
  }

  pick(px, py) {
    const { width, height } = this.chart.size, direction = py < height / 2 ? 'up' : 'down';
    let best = null, least = 12;
    for (const d of this.list) {
      const far = Math.abs(this.x(d, width) - px);
      if (d.direction === direction && far < least) [best, least] = [d, far];
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
    this.choose(this.list[i < 0 ? this.list.length - 1 : Math.min(Math.max(i + by, 0), this.list.length - 1)]);
  }

  /** choose opens a datagram; what goes on holds still meanwhile. */
  async choose(d) {
    this.chosen = d.number;
    this.hold.checked = true;
    try {
      const open = await this.lab.api.get(`/api/datagram?${this.path}&number=${d.number}`);
      if (this.chosen === d.number) this.showFields(d, open);
    } catch (error) {
      setText(this.heading, error.message);
    }
  }

  showFields(d, open) {
    setText(this.heading, d ? `${d.direction === 'up' ? '↑' : '↓'} number ${d.number}, ${d.bytes} bytes at ${d.at.toFixed(3)} s: ${d.fate}` : 'Click a datagram to open it');
    this.fields.replaceChildren(...(open?.fields ?? []).map((f) => field(f, open.bytes ?? d.bytes)));
  }
}

const colours = { snapshot: '--group-0', input: '--group-1', kcp: '--group-2' };

function kindOf(d) { return d.kind ?? ''; }

/** field is a field of a datagram, with the fields in it, and a bar as wide as its part of the bytes. */
function field(f, all) {
  const bar = el('i', { class: 'bytes' });
  bar.style.width = `${Math.min(f.bytes / all * 100, 100)}%`;
  const line = [el('span', { class: 'name' }, f.name), el('span', { class: 'value' }, f.value ?? ''), el('span', { class: 'size figure' }, `${f.bytes} B`), el('span', { class: 'share' }, bar)];
  if (!f.fields?.length) return el('div', { class: 'field' }, line);
  return el('details', { class: 'field', open: f.fields.length <= 12 }, el('summary', {}, line), f.fields.map((g) => field(g, all)));
}

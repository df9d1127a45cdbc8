// The card of one client: what its links did, and their controls.

import { LinkControls } from '../controls.js';
import { button, el, setText, tip } from '../dom.js';
import { clock, ms, percent } from '../words.js';
import { rebindButton } from './steer.js';
import { bursts, bytes, count } from './words.js';

/** Card is that of the client whose history is shown. */
export class Card {
  constructor(desk) {
    this.desk = desk;
    const whom = () => ({ group: 'client', bots: [this.number] });
    this.heading = el('h2', {});
    this.facts = el('dl', { class: 'facts' });
    this.ways = el('table', { class: 'ways' });
    this.link = new LinkControls(desk, whom, { more: [rebindButton(desk, whom)] });
    this.drops = el('p', { class: 'quiet small' });
    this.root = el('aside', { class: 'card', hidden: true, tabindex: -1, 'aria-label': 'client' },
      el('header', {}, this.heading, button('×', () => this.close(), { 'aria-label': 'close the card', class: 'tool' })),
      this.link.root, el('h2', {}, 'What its links did'), this.ways, this.drops, this.facts);
    desk.run.on('news', () => this.show());
    desk.run.on('hello', () => this.show());
  }

  get number() { return this.desk.run.client; }

  /** open opens the card of a client: 0 closes it. */
  open(number) {
    const was = this.number;
    this.desk.run.choose(number);
    this.root.hidden = !number;
    if (number && number !== was) {
      this.link.forget();
      if (!this.root.contains(document.activeElement)) this.before = document.activeElement;
      this.root.focus();
    }
    if (!number && was) this.before?.focus?.();
    this.show();
  }

  close() { this.desk.layout.set({ client: '' }); }

  show() {
    const { run } = this.desk;
    if (!run.client) return;
    const row = run.rows.find((r) => r.number === run.client), { one } = run;
    setText(this.heading, `Client ${run.client}${row?.gone ? ' is gone' : ''}`);
    if (!row || !one) return;
    this.desk.facts(this.facts, [
      ['address', row.addr, 'from which it sends to the relay'],
      ['server sees', row.upstream, 'the address of the relay that the server sees this client as'],
      [row.gone ? 'was there' : 'there for', clock(row.lasted_ns / 1e9), 'from its first datagram on'],
      ['new addresses', row.rebinds, 'how often the server was shown another address, as when a NAT forgets'],
    ]);
    this.fillWays(row, one);
    const drops = Object.entries(sum(one.up.drops, one.down.drops));
    setText(this.drops, drops.length ? `dropped since it came: ${drops.map(([why, n]) => `${count(n)} ${why}`).join(', ')}` : 'nothing was dropped since it came');
    this.link.show(one.link_up, one.link_down);
  }

  fillWays(row, one) {
    const lines = [
      ['told to', (w) => row[`${w}_link`], 'what the link is told to do'],
      ['delay now', (w) => ms(row[w].delay_ms), 'on average over ten seconds'],
      ['delay p50', (w) => ms(one[w].delay_p50_ms), 'half of all datagrams since it came took no longer'],
      ['delay p99', (w) => ms(one[w].delay_p99_ms), '99 % of all datagrams since it came took no longer'],
      ['loss now', (w) => percent(row[w].loss), 'in the newest ten seconds'],
      ['loss ever', (w) => percent(one[w].loss), 'since it came'],
      ['lost in a row', (w) => bursts(row[w].burst), 'by chance, on average over ten seconds'],
      ['datagrams', (w) => `${count(row[w].datagrams)}/s`, 'over ten seconds'],
      ['traffic', (w) => `${bytes(row[w].bytes)}/s`, 'bytes that left the link, over ten seconds'],
      ['queue', (w) => bytes(row[w].waiting), 'bytes that wait for the capacity now'],
    ];
    if (this.ways.rows.length !== lines.length + 1) {
      this.ways.replaceChildren(el('thead', {}, el('tr', {}, el('td', {}), el('th', { scope: 'col' }, '↑ up'), el('th', { scope: 'col' }, '↓ down'))),
        el('tbody', {}, lines.map(([name, , about]) => tip(el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}), el('td', {})), `${name}: ${about}`))));
    }
    lines.forEach(([, of], i) => ['up', 'down'].forEach((w, j) => setText(this.ways.rows[i + 1].cells[j + 1], of(w))));
  }
}

function sum(a, b) {
  const all = { ...a };
  for (const [k, v] of Object.entries(b)) all[k] = (all[k] ?? 0) + v;
  return all;
}

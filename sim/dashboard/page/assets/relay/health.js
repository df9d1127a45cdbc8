// The health strip of a relay.

import { el } from '../dom.js';
import { Strip, judgements, level } from '../health.js';
import { clock, ms, percent } from '../words.js';
import { bytes, count } from './words.js';

/** Health is the strip. */
export class Health extends Strip {
  constructor(run) {
    super();
    this.run = run;
    this.root = el('div', { class: 'health', role: 'status', 'aria-live': 'off', 'aria-label': 'health of the relay' },
      this.item('overall', '', 'whether what is measured is the links, or this machine'),
      this.item('late', 'relay late by', 'how much later than due datagrams left, 99th percentile of the newest ten seconds: what the machine adds to the links. Up to 1 ms is fine'),
      this.item('clients', 'clients', 'clients that are there, and how many there may be'),
      this.item('up', '↑ datagrams', 'datagrams from clients to the server, per second'),
      this.item('down', '↓ datagrams', 'datagrams from the server to clients, per second'),
      this.item('delay', 'delay ↑ ↓', 'how long datagrams were under way in the relay, up and down, on average over ten seconds'),
      this.item('loss', 'loss ↑ ↓', 'datagrams that the links dropped in the newest ten seconds, up and down'),
      this.item('traffic', 'traffic ↑ ↓', 'bytes per second that left the links, up and down, without the headers of IP and UDP'),
      this.item('under', 'under way', 'datagrams that are on their way in the relay, and the memory that they take'),
      this.item('dropped', 'dropped besides', 'datagrams that no link dropped: by the kernel because the relay was too slow, of clients that there was no room for, not taken for sending, or without memory left'),
      this.item('clock', 'up for', 'time since the relay began'));
    for (const name of ['hello', 'news', 'closed']) run.on(name, () => this.show());
    this.show();
  }

  show() {
    const { run } = this, p = run.progress;
    if (!run.live) return this.judge(run.about ? '◌ the relay is away, trying again' : '◌ beginning', run.about ? 'bad' : 'warn');
    if (!p) return this.judge('◌ beginning', 'warn');
    const { up, down } = p, late = p.health.late_p99_ns / 1e6;
    const besides = p.socket_drops + p.refused + p.send_drops + p.crowded + p.too_long;
    this.put('late', up.delay_ms == null && down.delay_ms == null ? '–' : ms(late), level(late, 1, 3));
    this.put('clients', `${p.clients} of ${p.room}`, p.clients >= p.room ? 'warn' : p.clients ? 'fine' : '');
    this.put('up', `${count(up.datagrams)}/s`);
    this.put('down', `${count(down.datagrams)}/s`);
    this.put('delay', `${ms(up.delay_ms)} · ${ms(down.delay_ms)}`);
    this.put('loss', `${percent(up.loss)} · ${percent(down.loss)}`);
    this.put('traffic', `${bytes(up.bytes)}/s · ${bytes(down.bytes)}/s`);
    this.put('under', `${count(p.under_way)} · ${bytes(p.held)}`);
    this.put('dropped', count(besides), run.drops ? 'bad' : besides ? 'warn' : 'fine');
    this.put('clock', clock(p.elapsed_ns / 1e9));
    this.judge(...this.overall(p));
  }

  /** overall is what is judged as a whole, its state and the reasons. */
  overall(p) {
    if (this.run.drops) return [`■ too slow: ${count(this.run.drops)} dropped`, 'bad', ['the relay did not take datagrams as fast as they came, and the kernel dropped them']];
    if (!p.clients) return ['◌ waiting for clients', 'warn', []];
    const [words, state] = judgements[p.health.word] ?? ['◌ not judged yet', ''];
    return [p.health.why.length ? `${words}: ${ms(p.health.late_p99_ns / 1e6)} late` : words, state, p.health.why];
  }
}

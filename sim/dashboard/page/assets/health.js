// The health strip: always there, in words and in colour.

import { el, setState, setText, tip } from './dom.js';
import { clock, kilobytes, ms, percent } from './words.js';

/** Strip is a row of figures, each with a label and a definition. */
export class Strip {
  constructor() {
    this.items = {};
    this.about = {};
  }

  item(name, label, about) {
    const value = el('b', {});
    const e = tip(el('div', { class: `item ${name}`, tabindex: 0 }, label && el('span', {}, label), value), about);
    this.items[name] = { e, value };
    this.about[name] = about;
    return e;
  }

  put(name, text, state = '') {
    setText(this.items[name].value, text);
    setState(this.items[name].e, state);
  }

  /** judge puts what is judged as a whole, with all reasons. */
  judge(words, state, why = []) {
    this.put('overall', words, state);
    tip(this.items.overall.e, [this.about.overall, ...why].join('. '));
  }
}

/** Health is the strip of a run. */
export class Health extends Strip {
  constructor(run) {
    super();
    this.run = run;
    this.root = el('div', { class: 'health', role: 'status', 'aria-live': 'off', 'aria-label': 'health of the run' },
      this.item('overall', '', 'whether the figures of this run can be believed, and whether the server keeps up'),
      this.item('tick', 'tick rate', 'ticks per second that the server achieves, and those it is asked for'),
      this.item('cost', 'tick p99', 'what a tick costs on the server, 99th percentile, and the time there is for one'),
      this.item('players', 'players', 'players who play, and those who want to'),
      this.item('rtt', 'RTT', 'round trip of the transport, median over the players'),
      this.item('loss', 'loss', 'datagrams that the links dropped, since the beginning'),
      this.item('corrections', 'corrections', 'corrections of players’ own positions per second, all players together'),
      this.item('bytes', 'traffic', 'bytes per second to the server and from it, all players together, with IP and UDP headers'),
      this.item('lab', 'lab late by', 'how late the laboratory itself is, 99th percentile: bots’ ticks and datagrams on their links. Where that is much, figures are of the machine and not of the network'),
      this.item('clock', 'run time', 'time since the run began; in a paced run, how fast it passes'));
    run.on('progress', () => this.show());
    run.on('hello', () => this.show());
    run.on('closed', () => this.show());
    this.show();
  }

  show() {
    const { run } = this, p = run.progress;
    if (!run.live) return this.put('overall', '◌ laglab is away, trying again', 'bad');
    if (!p) return this.put('overall', '◌ beginning', 'warn');
    const { health } = p, asked = run.tickRate, budget = health.budget_ns / 1e6, paced = run.about.paced;
    const p99 = p.tick_cost_p99_ns / 1e6, late = Math.max(health.bot_late_p99_ns, health.link_late_p99_ns) / 1e6;
    this.put('tick', paced ? `${asked} Hz, simulated` : `${p.tick_rate.toFixed(1)} of ${asked} Hz`, paced ? '' : level(1 - p.tick_rate / asked, 0.02, 0.1));
    this.put('cost', p99 ? `${ms(p99)} of ${budget.toFixed(1)} ms` : 'not known', p99 ? level(p99 / budget, 0.5, 1) : '');
    this.put('players', p.players === p.wanted ? p.players : `${p.players} of ${p.wanted}`, p.players < p.wanted ? 'warn' : 'fine');
    this.put('rtt', p.rtt_ns ? ms(p.rtt_ns / 1e6) : '–');
    this.put('loss', percent(p.loss));
    this.put('corrections', `${p.corrections.toFixed(1)}/s`);
    this.put('bytes', `↑${kilobytes(p.bytes_up)} ↓${kilobytes(p.bytes_down)} kB/s`);
    this.put('lab', paced ? 'nothing, simulated' : ms(late), paced ? '' : level(late, 5, 15));
    this.put('clock', this.time());
    this.judge(...overall(p, run.pace), health.why ?? []);
  }

  time() {
    const { pace, about } = this.run;
    const at = clock(pace.now_ns / 1e9);
    if (pace.paused) return `${at} ‖ paused`;
    return about.paced && pace.speed !== 1 ? `${at} ×${pace.speed}` : at;
  }
}

/** level is the state of a figure of which less is better. */
export function level(v, warn, bad) { return v > bad ? 'bad' : v > warn ? 'warn' : 'fine'; }

// The words of the server's own judgement, with a mark that does without colour.
export const judgements = { good: ['● good', 'fine'], strained: ['▲ strained', 'warn'], void: ['■ void', 'bad'] };

function overall(p, pace) {
  const { health } = p;
  if (pace.paused) return ['‖ paused', 'warn'];
  if (health.server === 'down') return ['■ server is down', 'bad'];
  const [words, state] = judgements[health.word] ?? ['◌ not judged yet', ''];
  if (state === 'fine' && p.players < p.wanted) return ['▲ some are not in', 'warn'];
  const why = health.why?.[0];
  return [why ? `${words}: ${why}` : words, state];
}

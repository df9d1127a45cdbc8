// Steer: who is in the run, on which links, with which brains; the server's restart, and time.

import { button, el, options, setText, tip } from '../dom.js';
import { LinkControls, Switches, actionForm, fillLog } from '../controls.js';
import { mark } from '../looks.js';
import { playersTable } from '../players.js';
import { ms } from '../words.js';

export class Steer {
  name = 'steer';
  title = 'Steer';
  about = 'Add and remove bots, change links and brains, restart the server, stop time';

  constructor(lab) {
    this.lab = lab;
    this.groups = el('div', { class: 'steer-groups' });
    this.log = el('ol', { class: 'log', 'aria-label': 'what was done' });
    this.chosen = 0;
    this.table = playersTable(lab, ['who', 'state', 'brain', 'rtt', 'loss_down', 'corrections']);
    this.link = new LinkControls(lab, () => this.whom());
    this.switches = new Switches(lab, () => this.whom());
    this.head = el('h2', {});
    this.down = el('select', { 'aria-label': 'how long the server is away' }, ['0s', '1s', '3s', '10s'].map((d) => el('option', { value: d }, `back after ${d}`)));
    this.down.value = '1s';
    this.form = actionForm(lab, () => this.whom());
    this.root = el('section', { class: 'view steer' },
      el('div', { class: 'panel first' }, el('h2', {}, 'Groups'), this.groups,
        this.hint = el('p', { class: 'quiet small' }),
        el('h2', {}, 'Players'), this.table.root),
      el('div', { class: 'panel' }, this.head, this.link.root, el('h2', {}, 'Netcode'), this.switches.root,
        this.server = [el('h2', {}, 'Server'), el('div', { class: 'line' }, tip(button('↻ Restart the server', () => lab.act({ action: 'restart', value: this.down.value }), { class: 'danger' }),
          'it is killed, which tells nobody, and another one starts: players must find back by themselves'), this.down)],
        el('h2', {}, 'Time'), this.time(), el('h2', {}, 'Anything else'), this.form),
      el('div', { class: 'panel' }, el('h2', {}, 'What was done'), this.log));
    lab.run.on('rows', () => this.fillTable());
    lab.run.on('event', () => this.fillLog());
    lab.run.on('timeline', () => this.fillLog());
  }

  time() {
    const post = async (to) => {
      try {
        await this.lab.api.post('/api/pace', to);
        setText(this.timeNote, '');
      } catch (error) {
        setText(this.timeNote, error.message);
      }
    };
    this.timeNote = el('p', { class: 'why', role: 'alert' });
    const speed = el('input', {
      type: 'range', min: 0.1, max: 1, step: 0.05, value: 1, 'aria-label': 'speed of time',
      oninput: () => { setText(out, `×${speed.value}`); post({ speed: +speed.value, paused: false }); },
    });
    const out = el('output', {}, '×1');
    return el('div', {}, el('div', { class: 'line' },
      tip(button('‖ Pause', () => post({ paused: true })), 'time stops (space)'),
      tip(button('▸ One tick', () => post({ paused: true, step: 1 })), 'one tick passes (.)'),
      tip(button('▶ Go on', () => post({ paused: false })), 'time passes again (space)'),
      tip(el('label', { class: 'knob' }, el('span', {}, 'Speed'), speed, out), 'how fast time passes, as a part of real time')), this.timeNote);
  }

  whom() { return { group: this.lab.run.about.groups[this.chosen].name, bots: [] }; }

  show() {
    const { run } = this.lab;
    if (!run.about) return;
    const stamp = run.about.groups.map((g) => g.name).join() + run.about.brains.join();
    if (stamp !== this.stamp) {
      this.stamp = stamp;
      this.lines = run.about.groups.map((g, i) => this.line(g, i));
      this.groups.replaceChildren(...this.lines.map((l) => l.root));
      // A server that runs by itself has players whom only their own processes can change.
      const own = run.about.groups.findIndex((g) => !g.elsewhere), alone = run.about.groups.some((g) => g.elsewhere);
      for (const e of this.server) e.hidden = alone;
      setText(this.hint, alone ? 'The other players belong to processes of their own, which alone can change them: here they can be put out, on the card that a click opens.'
        : 'Bots that are added are as their group is now. Click a group’s name to change its network and netcode, a player to change its own.');
      this.choose(Math.max(own, 0));
    }
    this.fillLog();
    this.fillTable();
  }

  fillTable() { if (!this.root.hidden) this.table.set(this.lab.run.rows); }

  line(g, i) {
    const n = el('input', { type: 'number', min: 1, max: 500, value: 1, 'aria-label': `how many, in ${g.name}` });
    const brain = el('select', { 'aria-label': `brain of ${g.name}`, onchange: () => brain.value && this.lab.act({ group: g.name, action: 'brain', value: brain.value }) });
    options(brain, [['', 'brain …'], ...this.lab.run.about.brains.map((b) => [b, b])]);
    if (g.brain) brain.value = g.brain;
    const count = el('b', { class: 'figure' }), rtt = el('span', { class: 'figure quiet' });
    const name = button('', () => this.choose(i), { class: 'group' });
    name.append(mark(i, this.lab.looks.glyph(i)), g.name);
    const note = g.elsewhere ? 'they are elsewhere' : g.name === 'people' ? 'people join in Play' : '';
    name.disabled = Boolean(g.elsewhere);
    const root = el('div', { class: 'steer-group' }, tip(name, 'change this group’s network and netcode'), count, rtt,
      note ? el('span', { class: 'quiet small' }, note) : [
        n, tip(button('+ add', () => this.lab.act({ group: g.name, action: 'add', value: n.value })), 'so many more of them join'),
        tip(button('− remove', () => this.lab.act({ group: g.name, action: 'remove', value: n.value })), 'so many of them leave, the newest first'), brain]);
    return { root, name, count, rtt };
  }

  choose(i) {
    this.chosen = i;
    const g = this.lab.run.about.groups[i];
    setText(this.head, `Network of ${g.name}`);
    this.link.forget();
    this.link.show(g.link_up, g.link_down);
    this.lines.forEach((l, j) => l.name.setAttribute('aria-pressed', String(j === i)));
    this.lab.rewatch();
  }

  /** wants: the first of a group tells what link the group has now. */
  wants() {
    const first = this.lab.run.rows.find((r) => r.group === this.chosen);
    return { rate: 2, match: 0, world: false, players: first ? [first] : [], entity: 0 };
  }

  update() {
    const { run } = this.lab;
    this.lines?.forEach((l, i) => {
      const rows = run.rows.filter((r) => r.group === i), rtts = rows.map((r) => r.rtt_ms).filter(Boolean).sort((a, b) => a - b);
      setText(l.count, `${rows.filter((r) => r.state === 'playing').length} of ${rows.length}`);
      setText(l.rtt, rtts.length ? ms(rtts[rtts.length >> 1]) : '');
    });
    const look = run.scenes.newest?.players?.find((p) => p?.group === this.chosen);
    if (look) {
      this.link.show(look.link_up, look.link_down);
      this.switches.show(look.switches);
    }
  }

  fillLog() { fillLog(this.log, this.lab.run.events, 'nothing yet'); }
}

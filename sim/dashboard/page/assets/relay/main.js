// The page of a relay: a strip that tells how it does, charts, a table of the clients, and what can be done to them.

import { Chart, groupsOf } from '../charts.js';
import { Desk } from '../desk.js';
import { beginTips, button, el, setText, tip } from '../dom.js';
import { Keys } from '../keys.js';
import { Layout } from '../layout.js';
import { mark } from '../looks.js';
import { Card } from './card.js';
import { clientsTable } from './clients.js';
import { Health } from './health.js';
import { Run } from './run.js';
import { Steer } from './steer.js';

const usual = ['datagrams', 'delay', 'loss', 'bytes', 'waiting', 'late'];
const about = { up: 'from the clients to the server', down: 'from the server to the clients' };

class Page {
  title = 'Relay';
  about = 'Everything that passes between clients and server goes through a pair of links for each client, and comes out late, or never, as the links are told';
  everywhere = {};

  constructor() {
    const desk = this.lab = new Desk();
    desk.run = new Run(desk.api);
    desk.layout = new Layout(['relay']);
    this.card = new Card(desk);
    this.steer = new Steer(desk);
    this.charts = usual.map((name, i) => new Chart(desk, name, (chosen) => this.chooseChart(i, chosen)));
    this.table = clientsTable((r) => desk.layout.set({ client: r.number }), () => desk.run.client);
    this.keys = new Keys(this);
    this.build();
    desk.run.on('hello', () => this.greet());
    desk.run.on('news', () => this.refresh());
    desk.run.on('event', (e) => desk.say(e.text));
    desk.run.on('lost', (n) => { desk.say(`the relay knows nothing of client ${n}`, 'bad'); this.card.close(); });
    desk.layout.addEventListener('change', () => this.readLayout());
    desk.looks.addEventListener('change', () => { for (const c of this.charts) c.rebuild(); });
    this.readLayout();
    desk.run.begin();
  }

  /** view is what Keys lists: there is but one. */
  get view() {
    return {
      title: this.title, about: this.about,
      keys: {
        '/': ['filter clients', () => this.filter.focus()],
        s: ['lag spike for all', () => this.all('spike', '300ms for 2s')],
        x: ['pull the plug of all for 4 s', () => this.all('blackout', '4s')],
      },
    };
  }

  all(action, value) { this.lab.act({ group: 'all', bots: [], action, value }); }

  build() {
    const { lab } = this;
    this.route = el('div', { class: 'route' });
    this.groups = el('div', { class: 'groups', role: 'group', 'aria-label': 'directions in the charts' });
    this.scope = el('h2', { class: 'scope' });
    this.wide = button('show all clients', () => this.card.close(), { class: 'small', hidden: true });
    this.filter = el('input', { type: 'search', placeholder: 'filter: words that a row must have', 'aria-label': 'filter clients', oninput: () => this.fillTable() });
    this.count = el('span', { class: 'quiet' });
    this.empty = el('div', { class: 'empty', hidden: true });
    document.getElementById('top').append(
      el('div', { class: 'bar' }, el('strong', { class: 'brand' }, 'laglab relay'), this.route, this.keys.tools()),
      new Health(lab.run).root);
    document.getElementById('main').append(
      el('section', { class: 'view relay', id: 'view-relay', 'aria-label': this.title },
        el('div', { class: 'left' },
          el('div', { class: 'toolbar' }, this.scope, this.groups, this.wide, el('span', { class: 'quiet small' }, '▼ something was done')),
          el('div', { class: 'charts' }, this.charts.map((c) => c.root)),
          el('div', { class: 'players panel' }, el('div', { class: 'toolbar' }, el('h2', {}, 'Clients'), this.filter, this.count), this.table.root, this.empty)),
        this.steer.root, this.card.root));
    document.body.append(lab.toasts, this.keys.root);
    beginTips();
  }

  greet() {
    const { addr, to } = this.lab.run.about;
    document.title = `laglab relay: ${addr} to ${to}`;
    this.route.replaceChildren(
      el('span', {}, 'your clients'), el('i', { 'aria-hidden': 'true' }, '⇄'),
      tip(el('b', { tabindex: 0 }, addr), 'where this relay listens, on UDP: what your game’s clients are to connect to'),
      el('i', { 'aria-hidden': 'true' }, '⇄'), el('span', {}, 'a bad network'), el('i', { 'aria-hidden': 'true' }, '⇄'),
      tip(el('b', { tabindex: 0 }, to), 'the server: what it sends to the relay goes back to the client that it is for'), el('span', {}, 'your server'));
    this.empty.replaceChildren(el('p', {}, el('b', {}, 'No client yet.')),
      el('p', {}, 'Point your game’s clients at UDP ', el('code', {}, addr), ' in place of ', el('code', {}, to), '. Each gets a pair of links of its own, and is listed here with its first datagram.'));
  }

  readLayout() {
    const { layout } = this.lab, names = layout.get('charts').split(',');
    this.hidden = new Set(layout.get('hide').split(',').filter(Boolean));
    this.card.open(Math.max(parseInt(layout.get('client'), 10) || 0, 0));
    this.charts.forEach((c, i) => c.show(names[i] || usual[i], this.hidden));
    this.fillGroups();
    this.fillScope();
    this.table.paint();
  }

  chooseChart(i, name) {
    const names = this.charts.map((c) => c.name);
    names[i] = name;
    this.lab.layout.set({ charts: names.join() === usual.join() ? '' : names.join() });
  }

  refresh() {
    this.fillGroups();
    for (const c of this.charts) c.refresh();
    this.fillTable();
  }

  fillScope() {
    const { client } = this.lab.run;
    setText(this.scope, client ? `Client ${client}` : 'All clients together');
    this.wide.hidden = !client;
  }

  fillGroups() {
    const groups = groupsOf(this.lab.run).filter(([name]) => about[name]), stamp = groups.map(([n]) => n).join() + [...this.hidden].join();
    if (stamp === this.groupStamp) return;
    this.groupStamp = stamp;
    this.groups.replaceChildren(...groups.map(([name, i]) => {
      const b = button('', () => this.toggle(name), { class: 'group', 'aria-pressed': String(!this.hidden.has(name)) });
      b.append(mark(i, this.lab.looks.glyph(i)), `${name === 'up' ? '↑' : '↓'} ${name}`);
      return tip(b, `${about[name]}: show or hide it in all charts`);
    }));
  }

  toggle(name) {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(name)) hidden.add(name);
    this.lab.layout.set({ hide: [...hidden].join() });
  }

  fillTable() {
    const { rows } = this.lab.run;
    this.empty.hidden = rows.length > 0;
    this.table.root.hidden = !rows.length;
    this.table.set(rows, this.filter.value);
    const gone = rows.filter((r) => r.gone).length;
    setText(this.count, `${this.table.rows.length} of ${rows.length}${gone ? `, ${gone} gone` : ''}`);
  }
}

// What tests look at, and what one can look at in the browser's console. Nothing in the page depends on it.
window.laglab = { page: new Page() };
window.laglab.run = window.laglab.page.lab.run;

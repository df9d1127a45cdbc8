// What is done to all clients.

import { LinkControls, actionForm, fillLog } from '../controls.js';
import { button, el, tip } from '../dom.js';

/** rebindButton gives clients another address towards the server. */
export function rebindButton(desk, whom) {
  return tip(button('⇄ New address', () => desk.act({ ...whom(), action: 'rebind', value: '' }), { class: 'small' }),
    'the server sees another address from now on, as when a NAT forgets: what it sends to the old one is lost');
}

/** Steer is the panel. */
export class Steer {
  constructor(desk) {
    this.desk = desk;
    const whom = () => ({ group: 'all', bots: [] });
    this.link = new LinkControls(desk, whom, { more: [rebindButton(desk, whom)] });
    this.differ = el('p', { class: 'quiet small', hidden: true }, 'They have different links now: what is changed here becomes the link of all of them.');
    this.log = el('ol', { class: 'log', 'aria-label': 'what was done' });
    this.root = el('div', { class: 'panel steer-all', role: 'region', 'aria-label': 'all clients' },
      el('h2', {}, 'Link of all clients'),
      el('p', { class: 'quiet small' }, 'Of those that are there, and of those that come. Click a client in the table to change its own.'),
      this.differ, this.link.root,
      el('h2', {}, 'Anything else'), actionForm(desk, whom),
      el('h2', {}, 'What was done'), this.log);
    desk.run.on('news', () => this.show());
  }

  show() {
    const { progress, events } = this.desk.run;
    this.differ.hidden = progress.alike;
    this.link.show(progress.link_up, progress.link_down);
    fillLog(this.log, events, 'nothing yet');
  }
}

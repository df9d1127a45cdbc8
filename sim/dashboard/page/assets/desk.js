// Desk is what the parts of any of these pages share: the calls, the looks, and what one can say to a person.

import { Api } from './api.js';
import { el, setText, tip } from './dom.js';
import { Looks } from './looks.js';

const toastFor = 6000, toastsMost = 4;

export class Desk {
  constructor() {
    this.api = new Api();
    this.looks = new Looks();
    this.toasts = el('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
  }

  /** presets are the networks known by name, asked for once. */
  presets() {
    this.asked ??= this.api.get('/api/presets').catch(() => { this.asked = null; return []; });
    return this.asked;
  }

  /** act does something to the run, and says what, or why not. */
  async act(order) {
    try {
      const { told } = await this.api.post('/api/do', order);
      this.told = told;
      return true;
    } catch (error) {
      this.say(error.message, 'bad');
      return false;
    }
  }

  /** say shows a message for some seconds. */
  say(text, state = '') {
    const last = this.toasts.lastChild;
    if (last?.textContent === text) last.remove();
    const toast = el('div', { class: 'toast', 'data-state': state }, text);
    this.toasts.append(toast);
    while (this.toasts.children.length > toastsMost) this.toasts.firstChild.remove();
    setTimeout(() => toast.remove(), toastFor);
  }

  /** facts fills a list of [label, value, definition]. */
  facts(list, facts) {
    if (list.children.length !== facts.length || list.firstChild?.nodeType !== 1) {
      list.replaceChildren(...facts.map(() => el('div', {}, el('dt'), el('dd'))));
    }
    facts.forEach(([label, value, about], i) => {
      const row = list.children[i];
      setText(row.firstChild, label);
      setText(row.lastChild, value);
      if (about) tip(row, about);
    });
  }
}

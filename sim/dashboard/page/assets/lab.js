// Lab is what the parts of the page share: the run, the calls, the layout, and what one can say to a person.

import { Api } from './api.js';
import { el, setText, tip } from './dom.js';
import { Layout } from './layout.js';
import { Looks } from './looks.js';
import { Run } from './run.js';
import { Stream } from './stream.js';

const toastFor = 6000, toastsMost = 4;

export class Lab {
  constructor(views) {
    this.api = new Api();
    this.stream = new Stream(`ws://${location.host}/ws`);
    this.run = new Run(this.stream, this.api);
    this.looks = new Looks();
    this.layout = new Layout(views);
    this.toasts = el('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
    this.stream.on('error', (message) => this.say(message, 'bad'));
    // The page replaces these.
    this.rewatch = () => {};
    this.openCard = () => {};
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

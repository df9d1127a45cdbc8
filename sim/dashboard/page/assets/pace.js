// Pause, step and slow motion, for runs in simulated time. In real time the server says why it cannot be done.

import { el, button, setText, tip } from './dom.js';

const speeds = [0.1, 0.25, 0.5, 1];

/** PaceControls are the buttons. */
export class PaceControls {
  constructor(lab) {
    this.lab = lab;
    this.pause = tip(button('‖', () => this.toggle(), { class: 'tool pause' }), 'pause or go on (space)');
    this.stepper = tip(button('▸|', () => this.step(), { class: 'tool step', 'aria-label': 'one tick' }), 'let one tick pass (.)');
    this.speed = el('select', { 'aria-label': 'speed of time', onchange: () => this.set({ speed: +this.speed.value, paused: false }) },
      ...speeds.map((s) => el('option', { value: s }, `×${s}`)));
    tip(this.speed, 'how fast time passes, as a part of real time (< and >)');
    this.root = el('div', { class: 'pace', role: 'group', 'aria-label': 'time' }, this.pause, this.stepper, this.speed);
    lab.run.on('progress', () => this.show());
    lab.run.on('hello', () => this.show());
  }

  show() {
    const { pace, about } = this.lab.run;
    this.root.classList.toggle('real', !about?.paced);
    for (const e of [this.pause, this.stepper]) e.setAttribute('aria-disabled', String(!about?.paced));
    setText(this.pause, pace.paused ? '▶' : '‖');
    this.pause.setAttribute('aria-label', pace.paused ? 'go on' : 'pause');
    this.pause.setAttribute('aria-pressed', String(pace.paused));
    if (document.activeElement !== this.speed) this.speed.value = String(pace.speed);
  }

  toggle() { this.set({ paused: !this.lab.run.pace.paused }); }

  /** step lets one tick pass; the first one stops what goes on. */
  step() { this.set({ paused: true, step: 1 }); }

  faster(by) {
    const i = speeds.indexOf(this.lab.run.pace.speed);
    this.set({ speed: speeds[Math.min(Math.max((i < 0 ? 3 : i) + by, 0), speeds.length - 1)], paused: this.lab.run.pace.paused });
  }

  async set(to) {
    try {
      this.lab.run.pace = await this.lab.api.post('/api/pace', { paused: this.lab.run.pace.paused, ...to });
      this.lab.run.tell('progress');
    } catch (error) {
      this.lab.say(error.message, 'bad');
    }
    this.show();
  }
}

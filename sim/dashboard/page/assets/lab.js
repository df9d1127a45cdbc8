// Lab is what the parts of the page of a run share: the run besides what is on any desk, and the layout.

import { Desk } from './desk.js';
import { Layout } from './layout.js';
import { Run } from './run.js';
import { Stream } from './stream.js';

export class Lab extends Desk {
  constructor(views) {
    super();
    this.stream = new Stream(`ws://${location.host}/ws`);
    this.run = new Run(this.stream, this.api);
    this.layout = new Layout(views);
    this.stream.on('error', (message) => this.say(message, 'bad'));
    // The page replaces these.
    this.rewatch = () => {};
    this.openCard = () => {};
  }
}

// A lagometer, as Quake III has one: two strips that explain lag without a number.

import { canvas } from './dom.js';

const frames = 300, snapshots = 150;

/** LagStrip keeps the newest frames and snapshots of a player. */
export class LagStrip {
  constructor() {
    this.frames = '';
    this.snapshots = [];
    this.next = 0;
  }

  feed(look) {
    if (!look.lag || look.lag.next === this.next) return;
    this.next = look.lag.next;
    this.frames = (this.frames + look.lag.frames).slice(-frames);
    for (const s of look.lag.snapshots) {
      for (let i = Math.min(s.missing, 20); i > 0; i--) this.snapshots.push({ missing: true });
      this.snapshots.push(s);
    }
    if (this.snapshots.length > snapshots) this.snapshots.splice(0, this.snapshots.length - snapshots);
  }
}

/** lagCanvas is a canvas for a lagometer. */
export function lagCanvas() {
  return canvas({ class: 'lagometer', role: 'img', 'aria-label': 'lagometer: what each frame showed, and how each snapshot came' });
}

/**
 * drawLag draws a strip. Above, a column for each frame: low and calm when it was interpolated, rising when it was
 * extrapolated, full when it stood still. Below, a column for each snapshot, as high as the round trip; a full hatched one
 * where one is missing.
 */
export function drawLag(c, strip, looks) {
  const g = c.getContext('2d'), { width, height } = c.size;
  if (!width) return;
  g.clearRect(0, 0, width, height);
  const upper = Math.round(height * 0.38), gap = 3, lower = height - upper - gap;
  g.fillStyle = looks.css('--well');
  g.fillRect(0, 0, width, upper);
  g.fillRect(0, upper + gap, width, lower);
  if (!strip) return;
  drawFrames(g, strip.frames, width, upper, looks);
  drawSnapshots(g, strip.snapshots, width, upper + gap, lower, looks);
}

function drawFrames(g, list, width, height, looks) {
  const w = width / frames;
  const how = { i: ['--fine', 0.35], n: ['--accent', 0.35], x: ['--warn', 0.7], f: ['--bad', 1] };
  for (let i = 0; i < list.length; i++) {
    const [colour, h] = how[list[i]] ?? how.i;
    g.fillStyle = looks.css(colour);
    g.fillRect(width - (list.length - i) * w, height * (1 - h), Math.ceil(w), height * h);
  }
}

function drawSnapshots(g, list, width, top, height, looks) {
  const w = width / snapshots;
  const scale = Math.max(200, ...list.map((s) => s.rtt_ms ?? 0));
  list.forEach((s, i) => {
    const x = width - (list.length - i) * w;
    if (s.missing === true) {
      g.fillStyle = looks.css('--bad');
      for (let y = 0; y < height; y += 4) g.fillRect(x, top + y, Math.max(w - 0.5, 1), 2.5);
      return;
    }
    const h = Math.max(Math.min(s.rtt_ms / scale, 1) * (height - 2), 2);
    g.fillStyle = looks.css('--fine');
    g.fillRect(x, top + height - h, Math.max(w - 0.5, 1), h);
  });
}

/** lagLegend says what the strips are. */
export const lagLegend = 'Upper strip, a column per frame: low green = interpolated between two snapshots, middle orange = extrapolated (none came in time), ' +
  'full red = frozen; blue = the newest is shown as it is. Lower strip, a column per snapshot: its height is the round trip; a striped red one is missing.';

// The way that a player went during the last seconds: in truth, and as drawn on its own screen. Where both part, it was corrected.

import { distance } from './pictures.js';
import { key } from './scenes.js';

const seconds = 3, most = 240;

/** Trail keeps the way of one player. */
export class Trail {
  constructor() { this.of(null); }

  of(k) {
    this.key = k;
    this.points = [];
    this.corrections = null;
  }

  /** feed takes a scene. */
  feed(scene) {
    const look = scene.players?.find((p) => p && key(p) === this.key);
    if (!look?.self) return;
    const truth = scene.world?.find((f) => f.id === look.entity), last = this.points[this.points.length - 1];
    if (last && scene.at < last.at) this.points = [];
    this.points.push({
      at: scene.at, j: look.self.j ?? 0, drawn: { x: look.drawn[0], y: look.drawn[1] }, truth: truth && !truth.gone ? { x: truth.x, y: truth.y } : null,
      corrected: this.corrections !== null && look.counts.corrections > this.corrections,
    });
    this.corrections = look.counts.corrections;
    while (this.points.length > most || (this.points.length && this.points[0].at < scene.at - seconds)) this.points.shift();
  }

  /** draw draws both ways up to an instant, and a mark at each correction. */
  draw(painter, at) {
    this.line(painter, at, 'truth', '--truth', 1.25, [2, 3]);
    this.line(painter, at, 'drawn', '--drawn', 2, []);
    for (const p of this.points) if (p.corrected && p.at <= at) painter.spark(p.drawn, '--bad');
  }

  line(painter, at, of, colour, width, dash) {
    let run = [];
    const flush = () => { painter.way(run, colour, width, dash); run = []; };
    this.points.forEach((p, i) => {
      if (p.at > at) return;
      const before = this.points[i - 1];
      if (!p[of] || (before && (before.j !== p.j || distance(before[of], p[of]) > 4))) flush();
      if (p[of]) run.push(p[of]);
    });
    flush();
  }
}

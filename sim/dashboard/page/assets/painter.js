// Draws an arena: what stands still, what is true, and what somebody takes to be true.

import { trace } from './looks.js';

const full = 2 * Math.PI;

/** Painter draws on one canvas, through a camera. */
export class Painter {
  constructor(canvas, camera, looks) {
    this.canvas = canvas;
    this.camera = camera;
    this.looks = looks;
    this.g = canvas.getContext('2d');
    this.bodyRadius = 0.5; // of players, as they were drawn last
  }

  /** begin clears the canvas and draws what stands still; false: there is nothing to draw on. */
  begin(scenery) {
    const { width, height } = this.canvas.size;
    if (!width || !scenery) return false;
    this.camera.fit(this.canvas.size, scenery);
    const g = this.g;
    g.fillStyle = this.looks.css('--outside');
    g.fillRect(0, 0, width, height);
    this.floor(scenery);
    g.lineCap = 'round';
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    return true;
  }

  floor(s) {
    const g = this.g, c = this.camera;
    const x = c.px(-s.width / 2), y = c.py(-s.height / 2), w = s.width * c.scale, h = s.height * c.scale;
    g.fillStyle = this.looks.css('--floor');
    g.fillRect(x, y, w, h);
    g.strokeStyle = this.looks.css('--grid');
    g.lineWidth = 1;
    g.beginPath();
    const step = c.scale > 24 ? 1 : 5;
    for (let i = Math.ceil(-s.width / 2 / step) * step; i <= s.width / 2; i += step) line(g, c.px(i), y, c.px(i), y + h);
    for (let i = Math.ceil(-s.height / 2 / step) * step; i <= s.height / 2; i += step) line(g, x, c.py(i), x + w, c.py(i));
    g.stroke();
    g.fillStyle = this.looks.css('--wall');
    g.strokeStyle = this.looks.css('--wall-edge');
    g.lineWidth = 1.5;
    for (const b of s.walls) {
      g.beginPath();
      g.rect(c.px(b.x0), c.py(b.y0), (b.x1 - b.x0) * c.scale, (b.y1 - b.y0) * c.scale);
      g.fill();
      g.stroke();
    }
    g.strokeRect(x, y, w, h);
  }

  /** radius is never so small that nobody sees it in the last row. */
  radius(f) { return Math.max(f.r * this.camera.scale, f.kind === 'player' ? 6.5 : 3); }

  /** figure draws an entity as it is. group is that of its owner, -1 unknown; strong is for those one should look at. */
  figure(f, group, { alpha = 1, strong = false, label = '' } = {}) {
    const g = this.g, x = this.camera.px(f.x), y = this.camera.py(f.y), r = this.radius(f);
    g.globalAlpha = f.gone ? alpha * 0.35 : alpha;
    const colour = group < 0 ? this.looks.css('--faint') : this.looks.colour(group);
    if (f.kind !== 'player') this.thing(f, x, y, r);
    else if (f.gone) this.fallen(x, y, r, colour);
    else this.body(f, x, y, r, colour, group, strong);
    if (label) this.label(label, x, y - r - (strong ? 26 : 10), strong);
    g.globalAlpha = 1;
  }

  body(f, x, y, r, colour, group, strong) {
    const g = this.g;
    this.bodyRadius = f.r;
    g.strokeStyle = colour;
    g.lineWidth = Math.max(r * 0.34, 2);
    g.beginPath();
    line(g, x, y, x + Math.cos(f.a) * r * 1.6, y + Math.sin(f.a) * r * 1.6);
    g.stroke();
    g.fillStyle = colour;
    g.beginPath();
    g.arc(x, y, r, 0, full);
    g.fill();
    g.lineWidth = strong ? 2.5 : 1;
    g.strokeStyle = this.looks.css(strong ? '--ink' : '--outside');
    g.stroke();
    if (group >= 0 && r > 4) {
      g.fillStyle = this.looks.css('--on-group');
      trace(g, this.looks.glyph(group), x, y, r * 0.45);
      g.fill('evenodd');
    }
    if (f.h >= 0 && f.h < 1) this.health(f, x, y, r);
  }

  health(f, x, y, r) {
    const g = this.g;
    g.lineWidth = 2;
    g.strokeStyle = this.looks.css(f.h > 0.5 ? '--fine' : f.h > 0.25 ? '--warn' : '--bad');
    g.beginPath();
    g.arc(x, y, r + 3, -Math.PI / 2, -Math.PI / 2 + f.h * full);
    g.stroke();
  }

  fallen(x, y, r, colour) {
    const g = this.g, d = r * 0.7;
    g.strokeStyle = colour;
    g.lineWidth = 2;
    g.beginPath();
    line(g, x - d, y - d, x + d, y + d);
    line(g, x - d, y + d, x + d, y - d);
    g.stroke();
  }

  thing(f, x, y, r) {
    const g = this.g, tail = r * 4;
    g.strokeStyle = this.looks.css('--warn');
    g.lineWidth = Math.max(r * 0.8, 2);
    const alpha = g.globalAlpha;
    g.globalAlpha = alpha * 0.4;
    g.beginPath();
    line(g, x, y, x - Math.cos(f.a) * tail, y - Math.sin(f.a) * tail);
    g.stroke();
    g.globalAlpha = alpha;
    g.fillStyle = this.looks.css('--warn');
    trace(g, 'diamond', x, y, Math.max(r, 3.5));
    g.fill();
  }

  /** ghost draws where somebody takes an entity to be: a ring, whose dashes and letter say what it is. */
  ghost(kind, f, { letter = true, width = 2.25 } = {}) {
    const style = ghosts[kind], g = this.g;
    const x = this.camera.px(f.x), y = this.camera.py(f.y), r = this.radius(f) * style.size;
    g.strokeStyle = g.fillStyle = this.looks.css(style.colour);
    g.lineWidth = width;
    g.setLineDash(style.dash);
    g.beginPath();
    g.arc(x, y, r, 0, full);
    g.stroke();
    g.setLineDash([]);
    if (f.a != null) {
      g.beginPath();
      line(g, x + Math.cos(f.a) * r, y + Math.sin(f.a) * r, x + Math.cos(f.a) * r * 1.45, y + Math.sin(f.a) * r * 1.45);
      g.stroke();
    }
    if (letter && style.letter) {
      const at = style.at * Math.PI / 180, d = r + 9;
      this.badge(style.letter, x + Math.cos(at) * d, y + Math.sin(at) * d, this.looks.css(style.colour));
    }
  }

  badge(letter, x, y, colour) {
    const g = this.g;
    g.fillStyle = colour;
    g.beginPath();
    g.arc(x, y, 7.5, 0, full);
    g.fill();
    g.fillStyle = this.looks.css('--on-group');
    g.font = '700 10px system-ui, sans-serif';
    g.fillText(letter, x, y + 0.5);
  }

  /** apart draws a line between where something is and where it is taken to be, with the distance when that is worth it. */
  apart(a, b, colour, { text = false, dash = [3, 3] } = {}) {
    const d = Math.hypot(a.x - b.x, a.y - b.y);
    if (d * this.camera.scale < 3) return;
    const g = this.g, x0 = this.camera.px(a.x), y0 = this.camera.py(a.y), x1 = this.camera.px(b.x), y1 = this.camera.py(b.y);
    g.strokeStyle = this.looks.css(colour);
    g.lineWidth = 1.5;
    g.setLineDash(dash);
    g.beginPath();
    line(g, x0, y0, x1, y1);
    g.stroke();
    g.setLineDash([]);
    if (text && d * this.camera.scale > 40) this.label(`${d.toFixed(1)} units`, (x0 + x1) / 2, (y0 + y1) / 2 - 9);
  }

  /** way draws a line through points. */
  way(points, colour, width, dash) {
    if (points.length < 2) return;
    const g = this.g;
    g.strokeStyle = this.looks.css(colour);
    g.lineWidth = width;
    g.setLineDash(dash);
    g.lineJoin = 'round';
    g.beginPath();
    points.forEach((p, i) => g[i ? 'lineTo' : 'moveTo'](this.camera.px(p.x), this.camera.py(p.y)));
    g.stroke();
    g.setLineDash([]);
  }

  /** spark marks a point where something went wrong. */
  spark(p, colour) {
    const g = this.g, x = this.camera.px(p.x), y = this.camera.py(p.y);
    g.fillStyle = this.looks.css(colour);
    trace(g, 'diamond', x, y, 4.5);
    g.fill();
  }

  label(text, x, y, strong = false) {
    const g = this.g;
    g.font = `${strong ? 700 : 500} ${strong ? 13 : 11.5}px system-ui, sans-serif`;
    g.lineWidth = 3.5;
    g.lineJoin = 'round';
    g.strokeStyle = this.looks.css('--floor');
    g.strokeText(text, x, y);
    g.fillStyle = this.looks.css('--ink');
    g.fillText(text, x, y);
  }

  /** shot draws a shot, age seconds after it was judged: its line, what it met, and the poses by which it was judged. */
  shot(s, age, { poses = true, alpha = 1 - age / shotSeconds, named = false, faint = false } = {}) {
    const g = this.g, c = this.camera, outcome = judged(s), style = outcomes[outcome];
    g.globalAlpha = Math.max(alpha, 0) * (outcome === 'missed' ? 0.5 : 1) * (faint ? 0.4 : 1);
    g.strokeStyle = g.fillStyle = this.looks.css(style.colour);
    g.lineWidth = outcome === 'missed' ? 1 : 1.75;
    g.setLineDash(style.dash);
    const x0 = c.px(s.from[0]), y0 = c.py(s.from[1]), x1 = c.px(s.to[0]), y1 = c.py(s.to[1]);
    g.beginPath();
    line(g, x0, y0, x1, y1);
    g.stroke();
    g.setLineDash([]);
    if (poses && outcome !== 'missed') this.poses(s);
    if (style.mark && !faint) this.verdictMark(style.mark, x1, y1, this.looks.css(style.colour));
    if (named) this.label(style.words, x1, y1 + 20, true);
    g.globalAlpha = 1;
  }

  poses(s) {
    const g = this.g, c = this.camera;
    for (const p of s.poses) {
      if (p.id === s.shooter) continue;
      const about = p.id === s.target || p.id === s.claimed;
      if (!about) continue;
      const r = this.bodyRadius * c.scale;
      g.strokeStyle = this.looks.css('--rewound');
      g.lineWidth = 2;
      g.setLineDash([4, 3]);
      g.beginPath();
      g.arc(c.px(p.then[0]), c.py(p.then[1]), r, 0, full);
      g.stroke();
      g.setLineDash([]);
      g.lineWidth = 1;
      g.beginPath();
      g.arc(c.px(p.now[0]), c.py(p.now[1]), r, 0, full);
      line(g, c.px(p.then[0]), c.py(p.then[1]), c.px(p.now[0]), c.py(p.now[1]));
      g.stroke();
    }
  }

  verdictMark(kind, x, y, colour) {
    const g = this.g, r = 4.5;
    g.fillStyle = this.looks.css('--floor');
    g.strokeStyle = colour;
    g.lineWidth = 2;
    g.beginPath();
    g.arc(x, y, r + 2.5, 0, full);
    g.fill();
    g.stroke();
    g.beginPath();
    if (kind === 'hit') {
      g.moveTo(x - r * 0.6, y);
      g.lineTo(x - r * 0.1, y + r * 0.5);
      g.lineTo(x + r * 0.7, y - r * 0.5);
    } else {
      line(g, x - r * 0.5, y - r * 0.5, x + r * 0.5, y + r * 0.5);
      line(g, x - r * 0.5, y + r * 0.5, x + r * 0.5, y - r * 0.5);
    }
    g.stroke();
  }
}

function line(g, x0, y0, x1, y1) {
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
}

/** shotSeconds is for how long a shot stays to be seen, in the run's time. */
export const shotSeconds = 0.9;

/** ghosts are the ways to take an entity to be somewhere, with how their rings look. */
export const ghosts = {
  predicted: { letter: 'P', colour: '--predicted', dash: [6, 4], size: 1.25, at: -45 },
  drawn: { letter: 'D', colour: '--drawn', dash: [], size: 1.42, at: 45 },
  confirmed: { letter: 'C', colour: '--confirmed', dash: [1.5, 4], size: 1.25, at: 135 },
  truth: { letter: 'T', colour: '--truth', dash: [], size: 1.25, at: -135 },
  seen: { letter: '', colour: '--seen', dash: [3, 3], size: 1.0, at: 0 },
};

/** outcomes are what can become of a shot. */
export const outcomes = {
  hit: { words: 'hit', colour: '--fine', dash: [], mark: 'hit' },
  denied: { words: 'denied: hit on the shooter’s screen only', colour: '--bad', dash: [7, 4], mark: 'denied' },
  gifted: { words: 'hit, though not on the shooter’s screen', colour: '--warn', dash: [2, 3], mark: 'hit' },
  missed: { words: 'missed', colour: '--faint', dash: [], mark: '' },
};

/** judged is what became of a shot. */
export function judged(s) {
  if (s.known && s.claimed && s.claimed !== s.target) return 'denied';
  if (s.target && s.known && !s.claimed) return 'gifted';
  return s.target ? 'hit' : 'missed';
}

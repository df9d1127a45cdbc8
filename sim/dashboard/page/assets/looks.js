// How things look: the theme, the size of text, and what tells groups apart besides their colour.

import { svg } from './dom.js';

/** Glyphs are drawn in a player's middle, so that its group is known without its colour. */
export const glyphs = ['circle', 'triangle', 'square', 'diamond', 'cross', 'star', 'bar', 'ring'];

/** dashes tell lines of charts apart. */
export const dashes = [[], [8, 3], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2], [12, 4], [4, 2, 1, 2]];

export class Looks extends EventTarget {
  constructor() {
    super();
    this.cache = new Map();
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    this.dark.addEventListener('change', () => this.apply());
    this.theme = recall('theme'); // "", dark or light
    this.large = recall('large') === 'yes';
    this.apply();
  }

  get isDark() { return this.theme ? this.theme === 'dark' : this.dark.matches; }

  apply() {
    document.documentElement.dataset.theme = this.isDark ? 'dark' : 'light';
    document.documentElement.dataset.large = this.large ? 'yes' : 'no';
    this.cache.clear();
    this.dispatchEvent(new Event('change'));
  }

  switchTheme() {
    this.theme = this.isDark ? 'light' : 'dark';
    remember('theme', this.theme);
    this.apply();
  }

  switchLarge() {
    this.large = !this.large;
    remember('large', this.large ? 'yes' : '');
    this.apply();
  }

  /** css is the value of a custom property of the style sheet, such as --accent. */
  css(name) {
    let v = this.cache.get(name);
    if (v === undefined) this.cache.set(name, v = getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    return v;
  }

  /** colour and glyph are those of a group, by its index; less than 0 is all groups together. */
  colour(group) { return this.css(group < 0 ? '--ink' : `--group-${group % 8}`); }

  glyph(group) { return group < 0 ? 'ring' : glyphs[group % glyphs.length]; }

  dash(group) { return group < 0 ? [] : dashes[group % dashes.length]; }
}

/** recall and remember keep a choice in the browser, where that is allowed. */
export function recall(name) {
  try { return localStorage.getItem(`laglab.${name}`) ?? ''; } catch { return ''; }
}

export function remember(name, value) {
  try { localStorage.setItem(`laglab.${name}`, value); } catch { /* then it is asked for again */ }
}

/** mark is a group's glyph as a small drawing, in its colour by the style sheet. */
export function mark(group, glyph) {
  const d = [];
  const pen = {
    beginPath() {},
    moveTo(x, y) { d.push(`M${x} ${y}`); },
    lineTo(x, y) { d.push(`L${x} ${y}`); },
    closePath() { d.push('Z'); },
    rect(x, y, w, h) { d.push(`M${x} ${y}h${w}v${h}h${-w}Z`); },
    arc(x, y, r) { d.push(`M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`); },
  };
  trace(pen, glyph, 8, 8, 6);
  const path = svg('path', { d: d.join(''), 'fill-rule': 'evenodd' });
  return svg('svg', { viewBox: '0 0 16 16', class: `mark g${group < 0 ? 'all' : group % 8}`, 'aria-hidden': 'true' }, path);
}

/** trace draws the path of a glyph around a point. */
export function trace(g, glyph, x, y, r) {
  g.beginPath();
  switch (glyph) {
    case 'triangle': polygon(g, x, y, r * 1.15, 3, -Math.PI / 2); break;
    case 'square': g.rect(x - r * 0.8, y - r * 0.8, r * 1.6, r * 1.6); break;
    case 'diamond': polygon(g, x, y, r * 1.15, 4, 0); break;
    case 'cross':
      g.rect(x - r, y - r * 0.32, r * 2, r * 0.64);
      g.rect(x - r * 0.32, y - r, r * 0.64, r * 2);
      break;
    case 'star':
      for (let i = 0; i < 10; i++) {
        const a = -Math.PI / 2 + i * Math.PI / 5, d = i % 2 ? r * 0.45 : r * 1.2;
        g[i ? 'lineTo' : 'moveTo'](x + Math.cos(a) * d, y + Math.sin(a) * d);
      }
      g.closePath();
      break;
    case 'bar': g.rect(x - r, y - r * 0.4, r * 2, r * 0.8); break;
    case 'ring':
      g.arc(x, y, r, 0, 2 * Math.PI);
      g.moveTo(x + r * 0.5, y);
      g.arc(x, y, r * 0.5, 0, 2 * Math.PI, true);
      break;
    default: g.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function polygon(g, x, y, r, n, from) {
  for (let i = 0; i < n; i++) {
    const a = from + i * 2 * Math.PI / n;
    g[i ? 'lineTo' : 'moveTo'](x + Math.cos(a) * r, y + Math.sin(a) * r);
  }
  g.closePath();
}

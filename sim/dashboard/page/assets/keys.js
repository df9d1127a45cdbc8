// Keys, and the overlay that lists them and what the figures mean.

import { button, el, tip } from './dom.js';

/** Keys gives keys to the page, which has them as everywhere, and to the view that is shown. */
export class Keys {
  constructor(page) {
    this.page = page;
    this.root = el('dialog', { class: 'overlay', 'aria-label': 'keys and definitions' });
    this.root.addEventListener('click', (e) => { if (e.target === this.root) this.root.close(); });
    document.addEventListener('keydown', (e) => this.press(e));
  }

  get everywhere() {
    const { page } = this;
    return {
      ...page.everywhere,
      t: ['light or dark', () => page.lab.looks.switchTheme()],
      l: ['large text', () => page.lab.looks.switchLarge()],
      y: ['copy the link of this layout', () => share(page.lab)],
      '?': ['this list', () => this.toggle()],
      Escape: ['close what is open', () => page.card.close()],
    };
  }

  /** tools are buttons for the keys that are about how things look. */
  tools() {
    const { lab } = this.page;
    return el('div', { class: 'tools' },
      tip(button('A', () => lab.looks.switchLarge(), { 'aria-label': 'large text', class: 'tool large' }), 'large text, for projectors (l)'),
      tip(button('◐', () => lab.looks.switchTheme(), { 'aria-label': 'light or dark', class: 'tool' }), 'light or dark (t)'),
      tip(button('Link', () => share(lab), { 'aria-label': 'copy the link of this layout', class: 'tool' }), 'copy a link that opens just this layout (y)'),
      tip(button('?', () => this.toggle(), { 'aria-label': 'keys and definitions', class: 'tool' }), 'keys, and what the figures mean (?)'));
  }

  press(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || this.root.open) return;
    if (this.page.view.takesKey?.(e)) return;
    const on = e.target;
    if (e.key !== 'Escape' && on.matches?.('input:not([type=checkbox]), select, textarea')) return;
    // Space and the arrows are also how buttons and check boxes are used.
    if (e.key === ' ' && on.matches?.('button, a, input, summary, [role=row]')) return;
    const key = this.page.view.keys?.[e.key] ?? this.everywhere[e.key];
    if (!key) return;
    e.preventDefault();
    key[1]();
  }

  toggle() {
    if (this.root.open) return this.root.close();
    this.fill();
    this.root.showModal();
  }

  fill() {
    const { page } = this, series = page.lab.run.about?.series ?? [];
    this.root.replaceChildren(
      button('Close', () => this.root.close(), { class: 'primary close', autofocus: true }),
      el('div', { class: 'columns' },
        el('section', {}, el('h2', {}, 'Everywhere'), list(this.everywhere)),
        el('section', {}, el('h2', {}, page.view.title), el('p', {}, page.view.about), list(page.view.keys ?? {}),
          el('h2', {}, 'Colours'), el('p', {}, 'Each group has a colour and a shape, and a dash of its own in charts. Green, orange and red never stand alone: a word or a mark says the same.')),
        el('section', { class: 'wide' }, el('h2', {}, 'What the figures mean'), el('dl', { class: 'glossary' },
          series.flatMap((s) => [el('dt', {}, `${s.name} (${s.unit})`), el('dd', {}, s.definition)])))));
    this.root.scrollTop = 0;
  }
}

/** share copies the link of the layout, or shows it where that is not allowed. */
async function share(lab) {
  try {
    await navigator.clipboard.writeText(location.href);
    lab.say('copied: the link opens just this layout');
  } catch {
    lab.say(`the link of this layout: ${location.href}`);
  }
}

const names = { ' ': 'space', ArrowLeft: '← ↑ → ↓', Escape: 'Esc' };

function list(keys) {
  return el('dl', { class: 'keys' }, Object.entries(keys).filter(([, [text]]) => text)
    .flatMap(([key, [text]]) => [el('dt', {}, el('kbd', {}, names[key] ?? key)), el('dd', {}, text)]));
}

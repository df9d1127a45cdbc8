// Elements of the page. What comes from outside, names above all, goes in as text and never as HTML.

/**
 * el makes an element. Attributes that begin with "on" are listeners, those that are null or false are left out; children are
 * elements, or anything else as text.
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** svg makes an element of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(e, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) {
    if (child != null) e.append(child);
  }
  return e;
}

/** setText writes a text, if it is another one: figures come ten times per second, and most of them stay. */
export function setText(e, text) {
  text = String(text);
  if (e.textContent !== text) e.textContent = text;
}

/** setState writes data-state, by which the style sheet gives colours. */
export function setState(e, state) {
  if (e.dataset.state !== state) e.dataset.state = state;
}

/** tip gives an element a definition, shown when it is pointed at or has the focus. */
export function tip(e, text) {
  if (e.dataset.tip !== text) {
    e.dataset.tip = text;
    e.setAttribute('aria-description', text);
  }
  return e;
}

/** button makes a button. */
export function button(text, onclick, attributes = {}) {
  return el('button', { type: 'button', onclick, ...attributes }, text);
}

/** options fills a select with [value, text] pairs, and keeps what is chosen if it is still there. */
export function options(select, pairs) {
  const key = JSON.stringify(pairs);
  if (select.dataset.pairs === key) return;
  select.dataset.pairs = key;
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => el('option', { value }, text)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

/**
 * canvas makes a canvas that fills its box, and calls drawn after its size changed. Its context is scaled so that lengths are
 * CSS pixels.
 */
export function canvas(attributes, resized = () => {}) {
  const c = el('canvas', attributes);
  c.size = { width: 0, height: 0, ratio: 1 };
  new ResizeObserver(() => {
    const { width, height } = c.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    c.width = Math.max(Math.round(width * ratio), 1);
    c.height = Math.max(Math.round(height * ratio), 1);
    c.size = { width, height, ratio };
    c.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
    resized();
  }).observe(c);
  return c;
}

/** beginTips shows the tips of all elements that have one. */
export function beginTips() {
  const box = el('div', { class: 'tip', role: 'tooltip', hidden: true });
  document.body.append(box);
  let over = null;
  const show = (event) => {
    const e = event.target.closest?.('[data-tip]');
    if (e === over) return;
    over = e;
    box.hidden = !e;
    if (e) place(box, e);
  };
  document.addEventListener('pointerover', show);
  document.addEventListener('focusin', (event) => { if (event.target.matches(':focus-visible')) show(event); });
  document.addEventListener('focusout', () => { over = null; box.hidden = true; });
  document.addEventListener('pointerdown', () => { over = null; box.hidden = true; });
}

function place(box, e) {
  box.textContent = e.dataset.tip;
  const at = e.getBoundingClientRect(), size = box.getBoundingClientRect();
  const x = Math.min(Math.max(at.left + at.width / 2 - size.width / 2, 8), innerWidth - size.width - 8);
  const below = at.bottom + 8 + size.height < innerHeight;
  box.style.left = `${x}px`;
  box.style.top = `${below ? at.bottom + 8 : at.top - size.height - 8}px`;
}

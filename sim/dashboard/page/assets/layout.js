// What is shown, in the URL's hash, so that a link shares it: #compare?panes=3.1,server,0.1

/** parse reads a hash. */
export function parse(hash) {
  const [view, query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { view, ...Object.fromEntries(new URLSearchParams(query)) };
}

/** format is what parse reads. Commas stay readable. */
export function format({ view, ...rest }) {
  const query = new URLSearchParams(Object.entries(rest).filter(([, v]) => v != null && v !== ''));
  query.sort();
  const text = query.toString().replaceAll('%2C', ',');
  return '#' + view + (text && '?' + text);
}

/** Layout is what is shown. It tells "change" with the names that changed. */
export class Layout extends EventTarget {
  constructor(views) {
    super();
    this.views = views;
    this.is = this.read();
    addEventListener('hashchange', () => this.changed(this.read()));
  }

  read() {
    const is = parse(location.hash);
    if (!this.views.includes(is.view)) is.view = this.views[0];
    return is;
  }

  get(name, otherwise = '') { return this.is[name] ?? otherwise; }

  /** set changes some of it. Only another view is a step that the back button undoes. */
  set(change) {
    const is = { ...this.is, ...change };
    const hash = format(is);
    if (hash === location.hash) return;
    history[is.view === this.is.view ? 'replaceState' : 'pushState'](null, '', hash);
    this.changed(is);
  }

  changed(is) {
    const was = this.is;
    this.is = is;
    const names = new Set([...Object.keys(was), ...Object.keys(is)].filter((n) => was[n] !== is[n]));
    if (names.size) this.dispatchEvent(new CustomEvent('change', { detail: names }));
  }
}

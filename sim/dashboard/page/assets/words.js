// Figures as people read them.

/** ms is a time in milliseconds with the digits that matter. */
export function ms(v) {
  if (v == null || !isFinite(v)) return '–';
  const a = Math.abs(v);
  return `${a < 1 ? v.toFixed(2) : a < 10 ? v.toFixed(1) : v.toFixed(0)} ms`;
}

/** percent is a share. */
export function percent(v) {
  if (v == null || !isFinite(v)) return '–';
  const p = v * 100;
  return `${p === 0 ? '0' : p < 0.1 ? p.toFixed(2) : p < 10 ? p.toFixed(1) : p.toFixed(0)} %`;
}

/** kilobytes is a number of bytes in kB, without the unit. */
export function kilobytes(v) {
  if (v == null || !isFinite(v)) return '–';
  const k = v / 1000;
  return k < 10 ? k.toFixed(1) : k.toFixed(0);
}

/** clock is a time in seconds as minutes and seconds. */
export function clock(s) {
  const m = Math.floor(s / 60), h = Math.floor(m / 60);
  const two = (n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m % 60)}:${two(Math.floor(s % 60))}` : `${m}:${two(Math.floor(s % 60))}`;
}

/** figure is a value with the unit of a series. */
export function figure(v, unit) {
  if (v == null) return '–';
  switch (unit) {
    case 'ms': return ms(v);
    case 'share': return percent(v);
    case 'B/s': return `${kilobytes(v)} kB/s`;
    case 'count': return String(Math.round(v));
    case 'units': return v.toFixed(2);
    default: return `${v < 10 ? v.toFixed(1) : v.toFixed(0)} ${unit}`;
  }
}

// Figures of a relay as people read them.

/** count is a number of things: with a thin space between thousands, and one digit where it is small and no whole number. */
export function count(v) {
  if (v == null || !isFinite(v)) return '–';
  if (v > 0 && v < 10 && !Number.isInteger(v)) return v.toFixed(1);
  return String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** bytes is an amount of them with a unit. */
export function bytes(v) {
  if (v == null || !isFinite(v)) return '–';
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]]) {
    if (v >= size * 0.9995) return `${v < 10 * size ? (v / size).toFixed(1) : (v / size).toFixed(0)} ${unit}`;
  }
  return `${Math.round(v)} B`;
}

/** bursts is how many were lost in a row. */
export function bursts(v) { return v == null ? '–' : `×${v.toFixed(1)}`; }

// A direction of a link as text, delay=40ms,jitter=15ms,loss=1%, and as what sliders show. Whatever sliders do not show stays.

/** knobs are what sliders show: key, label, unit, most, step, and what it means. */
export const knobs = [
  { key: 'delay', label: 'Delay', unit: 'ms', most: 500, step: 1, about: 'time under way, in this direction alone: half of what it adds to the round trip, if the other does the same' },
  { key: 'jitter', label: 'Jitter', unit: 'ms', most: 150, step: 1, about: 'by which the delay varies' },
  { key: 'loss', label: 'Loss', unit: '%', most: 30, step: 0.5, about: 'datagrams that never arrive' },
  { key: 'burst', label: 'Burst', unit: '', most: 12, step: 1, about: 'how many are lost in a row, on average; 1 is each by itself' },
];

/** items splits a profile's text into [key, value] pairs; what is in brackets stays together. */
export function items(text) {
  const pairs = [];
  let depth = 0, begin = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === undefined || (c === ',' && depth === 0)) {
      const item = text.slice(begin, i).trim();
      begin = i + 1;
      if (!item) continue;
      const cut = item.indexOf('=');
      pairs.push(cut < 0 ? [item, ''] : [item.slice(0, cut), item.slice(cut + 1)]);
    }
  }
  return pairs;
}

/** millis reads a duration as Go writes it: 1.5s, 200µs, 1m30s. */
export function millis(text) {
  const units = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) sum += number * units[unit];
  return sum;
}

/** read is what the knobs show of a text. */
export function read(text) {
  const at = { delay: 0, jitter: 0, loss: 0, burst: 1 };
  for (const [key, value] of items(text)) {
    if (key === 'delay' || key === 'jitter') at[key] = millis(value);
    else if (key === 'loss') at.loss = value.endsWith('%') ? parseFloat(value) : parseFloat(value) * 100;
    else if (key === 'burst') at.burst = parseFloat(value);
  }
  return at;
}

/** write is a text with the knobs as they are, and with all else of the text before. */
export function write(text, at) {
  const ours = new Set(['delay', 'jitter', 'loss', 'burst', 'clip']);
  const out = [`delay=${round(at.delay)}ms`];
  if (at.jitter > 0) out.push(`jitter=${round(at.jitter)}ms`);
  // A jitter above the delay reaches below zero: such a datagram is not delayed at all.
  if (at.jitter > at.delay) out.push('clip=yes');
  if (at.loss > 0) out.push(`loss=${round(at.loss)}%`);
  if (at.loss > 0 && at.burst > 1) out.push(`burst=${round(at.burst)}`);
  for (const [key, value] of items(text)) {
    // Correlation is that of the jitter, and the gaps of a trace or a schedule go on.
    if (!ours.has(key) && !(key === 'correlation' && at.jitter === 0)) out.push(value === '' ? key : `${key}=${value}`);
  }
  return out.join(',');
}

const round = (v) => Math.round(v * 1000) / 1000;

/** rest is what a text has beside the knobs. */
export function rest(text) {
  return items(text).filter(([key]) => !['delay', 'jitter', 'loss', 'burst'].includes(key)).map(([k, v]) => `${k}=${v}`).join(', ');
}

// The table of all players.

import { setText } from './dom.js';
import { mark } from './looks.js';
import { Table } from './table.js';
import { kilobytes, ms, percent } from './words.js';

/** playersTable is a table of all players with some columns, or all; a click opens a player's card. */
export function playersTable(lab, names = null) {
  const { run, looks } = lab;
  const group = (r) => run.groupName(r.group);
  const unnamed = (r) => (run.elsewhere(r) ? '–' : group(r) === 'people' ? 'a person' : 'default');
  // Of those who play elsewhere it is not known.
  const known = (text) => (r) => (run.elsewhere(r) ? '–' : text(r));
  const columns = [
    {
      name: 'who', label: 'player', about: 'group and number', wide: true, of: (r) => r.group * 1e6 + r.number, text: (r) => `${run.nameOf(r)} ${r.name}`,
      fill: (cell, r) => {
        if (cell.dataset.group !== String(r.group)) {
          cell.dataset.group = r.group;
          cell.replaceChildren(mark(r.group, looks.glyph(r.group)), document.createElement('span'));
        }
        setText(cell.lastChild, group(r) === 'people' ? run.nameOf(r) : `${group(r)} ${r.number}`);
      },
    },
    { name: 'state', label: 'state', about: 'of its connection', of: (r) => r.state, text: (r) => r.state },
    { name: 'brain', label: 'brain', about: 'what steers it', of: (r) => r.brain, text: (r) => r.brain || unnamed(r) },
    { name: 'rtt', label: 'RTT', about: 'round trip of its transport, smoothed', of: (r) => r.rtt_ms, text: (r) => (r.rtt_ms ? ms(r.rtt_ms) : '–') },
    { name: 'loss_up', label: 'loss ↑', about: 'datagrams to the server that its link dropped, since the beginning', of: (r) => r.loss_up, text: (r) => percent(r.loss_up) },
    { name: 'loss_down', label: 'loss ↓', about: 'datagrams from the server that its link dropped, since the beginning', of: (r) => r.loss_down, text: (r) => percent(r.loss_down) },
    { name: 'corrections', label: 'corr./min', about: 'corrections of its own position per minute of play', of: perMinute, text: known((r) => perMinute(r).toFixed(1)) },
    { name: 'starved', label: 'starved', about: 'time without a newer snapshot to interpolate to', of: (r) => r.starved, text: known((r) => percent(r.starved)) },
    { name: 'bytes_up', label: 'kB ↑', about: 'bytes to the server since the beginning', of: (r) => r.bytes_up, text: (r) => kilobytes(r.bytes_up) },
    { name: 'bytes_down', label: 'kB ↓', about: 'bytes from the server since the beginning', of: (r) => r.bytes_down, text: (r) => kilobytes(r.bytes_down) },
  ];
  return new Table(columns.filter((c) => !names || names.includes(c.name)), { opened: (r) => lab.openCard(r), sort: 'who', state: (r) => (r.state === 'playing' ? '' : 'away') });
}

function perMinute(r) { return r.played_s > 0 ? r.corrections / r.played_s * 60 : 0; }

// The table of a relay's clients.

import { Table } from '../table.js';
import { kilobytes, ms, percent } from '../words.js';
import { bursts, bytes, count } from './words.js';

const less = -1; // what is not known is sorted below all

/** clientsTable is a table of all clients; a click opens a client's card. chosen is the number of the one whose card is open. */
export function clientsTable(opened, chosen) {
  const each = (name, label, about, of, text) => ['up', 'down'].map((way) => ({
    name: `${name}_${way}`, label: `${label} ${way === 'up' ? '↑' : '↓'}`, about: `${about}, ${way === 'up' ? 'from the client to the server' : 'from the server to the client'}`,
    of: (r) => of(r[way]) ?? less, text: (r) => text(of(r[way])),
  }));
  return new Table([
    { name: 'client', label: 'client', about: 'by number, in the order in which they came', of: (r) => r.number, text: (r) => `client ${r.number}${r.gone ? ', gone' : ''}` },
    { name: 'addr', label: 'from', about: 'its address, from which it sends to the relay; of this machine only the port', of: (r) => r.addr, text: (r) => r.addr.replace(/^127\.0\.0\.1:/, ':') },
    { name: 'link', label: 'link', about: 'what its links are told to do, up and down if they differ', wide: true, of: linkOf, text: linkOf },
    ...each('delay', 'delay', 'how long datagrams were under way, on average over ten seconds', (f) => f.delay_ms, ms),
    ...each('loss', 'loss', 'share that the link dropped in the newest ten seconds', (f) => f.loss, percent),
    ...each('burst', 'burst', 'how many were lost by chance in a row, on average over ten seconds', (f) => f.burst, bursts),
    ...each('datagrams', '/s', 'datagrams per second', (f) => f.datagrams, count),
    ...each('bytes', 'kB/s', 'bytes per second that left the link', (f) => f.bytes, kilobytes),
    { name: 'waiting', label: 'queue', about: 'bytes that wait for the capacity of its links, both together', of: waitingOf, text: (r) => bytes(waitingOf(r)) },
  ], { opened, sort: 'client', state: (r) => (r.number === chosen() ? 'chosen' : r.gone ? 'away' : '') });
}

/** linkOf is what a client's links are told to do, in few words. */
export function linkOf(r) { return r.up_link === r.down_link ? r.up_link : `↑ ${r.up_link} ↓ ${r.down_link}`; }

function waitingOf(r) { return r.up.waiting + r.down.waiting; }

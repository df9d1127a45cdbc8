// Look inside: one entity on the server and on a client after the same tick, and the datagrams of a player, byte by byte.

import { fillPlayers, parseKey, worst } from '../controls.js';
import { el, setText, tip } from '../dom.js';
import { nameOf } from '../pictures.js';
import { key } from '../scenes.js';
import { Datagrams } from '../datagrams.js';

export class Inside {
  name = 'inside';
  title = 'Look inside';
  about = 'The state of one entity on both ends after the same tick, and the datagrams of a player, field by field';

  constructor(lab) {
    this.lab = lab;
    this.entity = 0;
    this.who = el('select', { 'aria-label': 'player', onchange: () => this.choose(this.who.value) });
    this.what = el('select', { 'aria-label': 'entity', onchange: () => lab.layout.set({ entity: this.what.value }) });
    this.hold = el('input', { type: 'checkbox' });
    this.rows = el('tbody', {});
    this.heads = ['now', 'held', 'then'].map(() => el('th', { scope: 'col' }));
    this.verdict = el('p', { class: 'same', role: 'status' });
    this.datagrams = new Datagrams(lab);
    const table = el('table', { class: 'state' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'field'), ...this.heads, el('th', { scope: 'col' }, 'the same?'))), this.rows);
    tip(this.heads[0], 'on the server after the newest tick');
    tip(this.heads[1], 'what the client holds, after the newest tick that it was told of');
    tip(this.heads[2], 'what the server had after that very tick, as exactly as this client is told');
    this.root = el('section', { class: 'view inside' },
      el('div', { class: 'panel' }, el('h2', {}, 'One entity, on both ends'),
        el('div', { class: 'line' }, el('label', {}, 'held by ', this.who), el('label', {}, 'entity ', this.what),
          tip(el('label', { class: 'check' }, this.hold, 'hold still'), 'the table stays as it is (h)')),
        this.verdict, el('div', { class: 'scroll' }, table)),
      el('div', { class: 'panel' }, this.datagrams.root));
    lab.layout.addEventListener('change', () => { if (lab.layout.is.view === this.name) { this.readLayout(); lab.rewatch(); } });
  }

  readLayout() {
    const { layout, run } = this.lab;
    this.player = parseKey(layout.get('player')) ?? this.player ?? worst(run);
    this.entity = Number(layout.get('entity', '0')) || 0;
    if (this.player) this.who.value = key(this.player);
    this.datagrams.of(this.player);
  }

  show() {
    fillPlayers(this.who, this.lab.run);
    this.readLayout();
  }

  hide() { this.datagrams.of(null); } // it stops asking

  choose(k) { this.lab.layout.set({ player: k, entity: '' }); }

  get match() { return (this.player && this.lab.run.byKey.get(key(this.player))?.match) || 0; }

  wants() {
    const { newest } = this.lab.run.scenes;
    const own = newest?.players?.find((p) => p && this.player && key(p) === key(this.player))?.entity ?? 0;
    this.asked = this.entity || own;
    return { rate: 10, match: this.match, world: true, players: this.player ? [this.player] : [], entity: this.asked };
  }

  draw(now) {
    const { run } = this.lab;
    this.frame = run.scenes.sample(now, run.pace);
    this.datagrams.draw();
  }

  update() {
    const { frame } = this;
    if (!frame || this.hold.checked) return;
    this.fillEntities(frame);
    if (this.wants().entity !== this.lab.stream.watching?.entity) this.lab.rewatch();
    const { scene } = frame, held = scene.held?.[0];
    setText(this.heads[0], `server, tick ${scene.tick}`);
    setText(this.heads[1], held?.values ? `client, tick ${held.tick}` : 'client');
    setText(this.heads[2], held?.values ? `server, tick ${held.tick}` : 'server then');
    this.fillFields(scene.values, held);
  }

  fillEntities(frame) {
    const list = frame.world, stamp = list.map((f) => f.id).join() + key(this.player ?? { group: 0, number: 0 });
    if (stamp === this.entityStamp) return;
    this.entityStamp = stamp;
    this.what.replaceChildren(el('option', { value: '' }, 'its own'), ...list.map((f) =>
      el('option', { value: f.id }, `${f.kind} #${f.id} ${nameOf(this.lab.run, frame, f, this.match)}`)));
    this.what.value = this.entity ? String(this.entity) : '';
  }

  fillFields(values, held) {
    const fields = this.lab.run.about?.fields ?? [];
    if (this.rows.children.length !== fields.length) {
      this.rows.replaceChildren(...fields.map((f) => el('tr', {}, el('th', { scope: 'row' }, f.name, f.own ? el('small', {}, ' owner’s') : null), el('td'), el('td'), el('td'), el('td', { class: 'mark' }))));
    }
    let differ = 0, compared = 0;
    fields.forEach((f, i) => {
      const [, now, has, then, same] = this.rows.children[i].children;
      setText(now, values?.[i] ?? '–');
      setText(has, held?.values?.[i] ?? '–');
      setText(then, held?.truth?.[i] ?? '–');
      const told = held?.values && held?.truth && (held.compared >>> i & 1);
      const equal = told && held.values[i] === held.truth[i];
      if (told) compared++;
      if (told && !equal) differ++;
      const state = !told ? 'untold' : equal ? 'same' : 'other';
      if (this.rows.children[i].dataset.state !== state) this.rows.children[i].dataset.state = state;
      setText(same, !told ? 'not told' : equal ? '= same' : `≠ by ${held.values[i] - held.truth[i]}`);
    });
    setText(this.verdict, !this.player ? 'nobody plays whom one can look into: join in Play' : !held?.values ? 'this client does not know of the entity: it is out of its interest, or gone'
      : !held.truth ? 'the server has forgotten that tick: this client is far behind'
        : differ ? `✕ ${differ} of ${compared} fields differ: a desync` : `✓ all ${compared} fields that it is told are the same on both ends`);
    this.verdict.dataset.state = differ ? 'bad' : held?.truth ? 'fine' : 'warn';
  }

  keys = {
    h: ['hold the table still', () => { this.hold.checked = !this.hold.checked; }],
    d: ['hold the datagrams still', () => { this.datagrams.hold.checked = !this.datagrams.hold.checked; }],
  };
}

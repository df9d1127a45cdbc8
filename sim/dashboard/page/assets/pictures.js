// Pictures of a frame: the truth, what a player's eyes see, and both at once.

import { shotSeconds } from './painter.js';

// posesFor is for how many seconds the poses by which a shot was judged are shown: of a burst only the newest are.
const posesFor = 0.25;

/** distance is how far two figures are apart, in world units; null when one is not there. */
export function distance(a, b) {
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : null;
}

/** apart is the same for two figures of one entity, and null also when one of them is gone, or has jumped and the other not yet. */
export function apart(a, b) {
  return a && b && !a.gone && !b.gone && (a.j ?? 0) === (b.j ?? 0) ? distance(a, b) : null;
}

/** drawnOf is where a player is drawn on its own screen. */
export function drawnOf(p) { return p?.self && { ...p.self, x: p.drawn[0], y: p.drawn[1] }; }

/** truthOf is where a player is in truth. */
export function truthOf(frame, p) { return frame.byID.get(p?.look.entity) ?? null; }

/** groupOf is the group of an entity's owner, -1 when that is not known. */
export function groupOf(run, frame, f, match) {
  const owner = f.owner ?? frame.byID.get(f.id)?.owner;
  return owner ? run.rowOf(match, owner)?.group ?? -1 : -1;
}

/** nameOf is what to write beside an entity. */
export function nameOf(run, frame, f, match) {
  const owner = f.owner ?? frame.byID.get(f.id)?.owner;
  const row = owner && run.rowOf(match, owner);
  return row ? run.nameOf(row) : '';
}

/** drawTruth draws the server's world. chosen are the entities that stand out, with their names. */
export function drawTruth(painter, frame, run, match, { chosen = new Set(), dim = false, names = false } = {}) {
  for (const f of frame.world) {
    const strong = chosen.has(f.id);
    const label = (strong || names) && f.kind === 'player' ? nameOf(run, frame, f, match) : '';
    painter.figure(f, groupOf(run, frame, f, match), { strong, label, alpha: dim && !strong ? 0.75 : 1 });
  }
}

/** drawEyes draws over the truth what a player takes to be true: its own place in three ways, and the others. */
export function drawEyes(painter, frame, p, on, { letters = true } = {}) {
  const truth = truthOf(frame, p), self = p.self;
  if (on.seen) {
    for (const f of p.others) {
      const real = frame.byID.get(f.id);
      if (!f.gone && real && !real.gone) painter.apart(f, real, '--seen', { dash: [] });
      if (!f.gone) painter.ghost('seen', f, { letter: false, width: 1.75 });
    }
  }
  if (!self || self.gone || truth?.gone) return;
  const drawn = drawnOf(p);
  if (on.predicted && truth) painter.apart(truth, self, '--predicted', { text: true });
  if (on.confirmed && p.confirmed && truth) painter.apart(truth, p.confirmed, '--confirmed');
  if (on.confirmed && p.confirmed) painter.ghost('confirmed', p.confirmed, { letter: letters });
  if (on.predicted) painter.ghost('predicted', self, { letter: letters });
  if (on.drawn) painter.ghost('drawn', drawn, { letter: letters });
}

/** drawClient draws what a player has on its screen, and, as ghosts, the truth. */
export function drawClient(painter, frame, p, run, on) {
  const { match } = p.look, truth = truthOf(frame, p), drawn = drawnOf(p);
  if (on.truth) {
    for (const f of p.others) {
      const real = frame.byID.get(f.id);
      if (!real || real.gone || f.gone || f.kind !== 'player') continue;
      painter.apart(real, f, '--truth', { dash: [2, 3] });
      painter.ghost('truth', real, { letter: false, width: 1.5 });
    }
  }
  for (const f of p.others) painter.figure(f, groupOf(run, frame, f, match), { alpha: 0.9 });
  if (!drawn) return;
  painter.figure(drawn, p.look.group, { strong: true, label: run.nameOf(p.look) });
  if (on.truth && truth && !truth.gone && !drawn.gone) {
    painter.apart(truth, drawn, '--truth', { text: true });
    painter.ghost('truth', truth);
  }
  if (on.confirmed && p.confirmed && !drawn.gone) painter.ghost('confirmed', p.confirmed);
  if (on.predicted && !drawn.gone) painter.ghost('predicted', p.self);
}

/** drawShots draws the newest shots, faintly those that are about nobody one looks at, and the chosen one for as long as it is. */
export function drawShots(painter, scenes, frame, { chosen = 0, about = () => true, poses = true, of = null } = {}) {
  for (const s of scenes.shots) {
    const age = frame.at - s.at;
    if (s.number === chosen) painter.shot(s, 0, { alpha: 1, named: true });
    else if (age >= 0 && age < shotSeconds && (of == null || s.shooter === of)) painter.shot(s, age, { poses: poses && about(s) && age < posesFor, faint: !about(s) });
  }
}

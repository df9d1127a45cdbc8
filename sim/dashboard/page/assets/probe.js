// window.laglab: what tests measure, and what one can look at in the browser's console. Nothing in the page depends on it.

import { apart, drawnOf } from './pictures.js';
import { key } from './scenes.js';

/**
 * exposeTo gives a window the object laglab:
 *   page, lab, run     the page's own objects
 *   live               whether the server talks to the page
 *   frames             how often a picture was drawn
 *   look(k)            the newest Look of a player that is watched, by its key GROUP.NUMBER, or null
 *   separation(k)      how far from the truth it is drawn on its own screen now, in world units, or null
 *   ahead(k)           how far from the truth its prediction is
 *   joined             the key of the player of this page, or ""
 *   response           ms from a key to the first move on this page's screen, the last ones, newest last
 */
export function exposeTo(window, page) {
  const { lab } = page;
  const newest = () => lab.run.scenes.newest;
  const look = (k) => newest()?.players?.find((p) => p && key(p) === k) ?? null;
  const truth = (k) => newest()?.world?.find((f) => f.id === look(k)?.entity) ?? null;
  const self = (k) => { const l = look(k); return l?.self ? { look: l, self: l.self, drawn: l.drawn } : null; };
  window.laglab = {
    page, lab, run: lab.run, look,
    get live() { return lab.run.live; },
    get frames() { return page.frames ?? 0; },
    separation: (k) => apart(drawnOf(self(k)) ?? null, truth(k)),
    ahead: (k) => apart(look(k)?.self, truth(k)),
    get joined() { return page.views.play.joinedKey; },
    get response() { return page.views.play.responses; },
  };
}

// The page in a browser, against a laglab that runs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { alone, begin, browse, demo, join, open, run } from './lab.mjs';

const views = ['watch', 'compare', 'play', 'measure', 'steer', 'inside', 'lessons'];
let browser, lab;

before(async () => {
  browser = await browse();
  lab = await demo();
});

after(async () => {
  await browser?.close();
  await lab?.end();
});

// What it takes for a frame, a timeline and a table to be there.
const drawn = (page, n = 5) => page.evaluate(() => laglab.frames).then((f) => page.waitForFunction((at) => laglab.frames > at, f + n));

test('every view opens by its key, without a complaint and without a request to elsewhere', async () => {
  const page = await open(browser, lab.url);
  for (const [i, view] of views.entries()) {
    await page.keyboard.press(String(i + 1));
    await page.locator(`#view-${view}`).waitFor({ state: 'visible' });
    await drawn(page);
    await page.evaluate(() => document.activeElement.blur());
  }
  assert.equal(await page.evaluate(() => location.hash), '#lessons');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('the health strip tells how the run does, in words, on every view', async () => {
  const page = await open(browser, lab.url, '#steer');
  await page.waitForFunction(() => /\d of 60 Hz/.test(document.querySelector('.health .tick b').textContent));
  await page.waitForFunction(() => /good|strained|void/.test(document.querySelector('.health .overall b').textContent));
  assert.match(await page.locator('.health .players b').textContent(), /^\d+/);
  await page.context().close();
});

test('a player joins with the keyboard and moves', async () => {
  const page = await open(browser, lab.url);
  const k = await join(page, 'anna', 'cable');
  const moved = async (key) => {
    const from = await page.evaluate((k) => laglab.look(k).self, k);
    await page.keyboard.down(key);
    // A wall or a rocket may be in the way: then another direction is as good.
    const done = await page.waitForFunction(([k, x, y]) => {
      const self = laglab.look(k)?.self;
      return self && Math.hypot(self.x - x, self.y - y) > 1;
    }, [k, from.x, from.y], { timeout: 4000 }).then(() => true, () => false);
    await page.keyboard.up(key);
    return done;
  };
  let far = 0;
  for (const key of ['d', 's', 'ArrowLeft', 'ArrowUp', 'd', 's']) far += await moved(key);
  assert.ok(far >= 2, `moved in ${far} of 6 directions`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('300 ms of delay by the slider separate prediction and truth, and the round trip follows', async () => {
  const page = await open(browser, lab.url, '#compare?panes=0.1,server,3.1');
  await page.waitForFunction(() => laglab.look('0.1')?.self);
  // How far prediction and truth are apart in a tenth of the frames of a second and a half: on a good line, too, they are a unit apart
  // now and then.
  const apart = () => page.evaluate(() => new Promise((done) => {
    const far = [];
    let n = 0;
    const look = () => {
      const l = laglab.look('0.1');
      if (l?.self && !l.self.gone) far.push(laglab.ahead('0.1') ?? 0);
      if (++n < 90) requestAnimationFrame(look); else done(far.sort((a, b) => a - b)[Math.floor(far.length * 0.9)] ?? 0);
    };
    look();
  }));
  // It begins with a good line, once the start of the laboratory, which a busy machine draws out, is over.
  await page.waitForFunction(() => laglab.look('0.1')?.rtt_ms > 0 && laglab.look('0.1').rtt_ms < 60);
  const near = await apart();
  const pane = page.locator('.pane[data-player="0.1"]');
  await pane.getByLabel('both ways alike').check();
  await pane.getByLabel('Delay up').fill('300');
  await page.waitForFunction(() => laglab.look('0.1')?.rtt_ms > 550);
  let far = 0;
  for (let i = 0; i < 20 && !(far > Math.max(1, near * 1.5)); i++) far = await apart(); // a bot stands still now and then
  assert.ok(far > Math.max(1, near * 1.5), `${far} units apart with a delay, ${near} without`);
  await page.waitForFunction(() => /RTT (5[5-9]\d|6\d\d|7\d\d) ms/.test(document.querySelector('.pane[data-player="0.1"] .note').textContent));
  await pane.getByLabel('network preset').selectOption('cable');
  await page.waitForFunction(() => laglab.look('0.1')?.rtt_ms < 100);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('without prediction one sees oneself move about a round trip later', async (t) => {
  const own = await demo('--paced'); // in simulated time, so that bots and links are never late
  try {
    const page = await open(browser, own.url);
    await alone(page);
    const k = await join(page, 'anna', 'delay=150ms');
    await page.waitForFunction((k) => laglab.look(k).rtt_ms > 290, k);
    const response = async () => {
      const times = [];
      for (let i = 0; times.length < 4 && i < 12; i++) {
        const key = i % 2 ? 'a' : 'd', before = await page.evaluate(() => laglab.page.views.play.measured);
        await page.keyboard.down(key);
        const got = await page.waitForFunction((n) => laglab.page.views.play.measured > n, before, { timeout: 3000 }).then(() => true, () => false);
        await page.keyboard.up(key);
        if (got) times.push(await page.evaluate(() => laglab.response.at(-1)));
        await page.waitForFunction(() => laglab.page.views.play.resting); // the next key finds it at rest
      }
      return times.sort((a, b) => a - b)[times.length >> 1];
    };
    const quick = await response();
    await page.getByLabel('Prediction').and(page.locator('#view-play [data-switch="prediction"]')).uncheck();
    await page.waitForFunction((k) => laglab.look(k).switches.NoPrediction, k);
    const slow = await response(), rtt = await page.evaluate((k) => laglab.look(k).rtt_ms, k);
    t.diagnostic(`from key to screen: ${quick.toFixed(0)} ms with prediction, ${slow.toFixed(0)} ms without, at an RTT of ${rtt.toFixed(0)} ms`);
    assert.ok(slow - quick > 0.75 * rtt && slow - quick < 1.6 * rtt, `${quick.toFixed(0)} ms with prediction, ${slow.toFixed(0)} ms without, at an RTT of ${rtt.toFixed(0)} ms`);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  } finally {
    await own.end();
  }
});

test('a run in simulated time pauses, steps and goes slowly by keys', async () => {
  const own = await demo('--paced');
  try {
    const page = await open(browser, own.url, '#watch');
    const tick = () => page.evaluate(() => laglab.run.scenes.newest.tick);
    await page.waitForFunction(() => laglab.run.scenes.newest?.tick > 30);
    await page.keyboard.press('Space');
    await page.waitForFunction(() => laglab.run.pace.paused);
    // Scenes go on to come, of the same tick.
    await page.waitForFunction(() => { const n = laglab.run.scenes.list; return n.length > 10 && n.slice(-10).every((s) => s.scene.tick === n.at(-1).scene.tick); });
    const at = await tick();
    await page.keyboard.press('.');
    await page.waitForFunction((at) => laglab.run.scenes.newest.tick === at + 1, at);
    await page.keyboard.press('.');
    await page.waitForFunction((at) => laglab.run.scenes.newest.tick === at + 2, at);
    await page.keyboard.press('<');
    await page.waitForFunction(() => laglab.run.pace.speed === 0.5);
    await page.keyboard.press('Space');
    await page.waitForFunction((at) => laglab.run.scenes.newest.tick > at + 10, at);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  } finally {
    await own.end();
  }
});

test('in real time, pausing says why it cannot be done', async () => {
  const page = await open(browser, lab.url);
  await page.keyboard.press('Space');
  await page.getByText('real time').first().waitFor();
  await page.context().close();
});

test('a reload keeps the history', async () => {
  const page = await open(browser, lab.url, '#measure');
  await page.waitForFunction(() => laglab.run.history?.n >= 4);
  const had = await page.evaluate(() => ({ first: laglab.run.history.times[0], n: laglab.run.history.n, rtt: laglab.run.history.groups.get('bad').get('rtt')[2] }));
  await page.reload();
  await page.waitForFunction((n) => window.laglab?.run.history?.n >= n, had.n);
  assert.equal(await page.evaluate(() => laglab.run.history.times[0]), had.first);
  assert.equal(await page.evaluate(() => laglab.run.history.groups.get('bad').get('rtt')[2]), had.rtt);
  await page.locator('.chart canvas').first().waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('two tabs are two players, and a name is text', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const a = await open(browser, lab.url, '', { context }), b = await open(browser, lab.url, '', { context });
  const evil = '<img src=x onerror=a()>';
  const one = await join(a, evil), two = await join(b, 'ben');
  assert.notEqual(one, two);
  for (const page of [a, b]) {
    await page.waitForFunction((keys) => keys.every((k) => laglab.run.byKey.has(k)), [one, two]);
    await page.locator('#tab-measure').click();
    await page.getByLabel('filter players').fill('people');
    await page.getByLabel('filter players').fill(evil.slice(0, 10));
    await page.locator('.view.measure .rows [role=row]:visible', { hasText: evil }).click();
    await page.locator('.card h2', { hasText: evil }).waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(page.complaints, []);
  }
  await context.close();
});

test('a lesson begins, is tried, is reset, and ends', async () => {
  const own = await demo();
  try {
    const page = await open(browser, own.url, '#lessons');
    await page.locator('.lesson-list').getByRole('button', { name: 'Why players predict themselves' }).click();
    await page.waitForFunction(() => laglab.run.lesson === 'why-prediction' && laglab.run.about.paced && laglab.look('0.1')?.self);
    await page.locator('.lesson-text h3', { hasText: 'Why players predict themselves' }).waitFor();
    assert.equal(await page.locator('.view.lessons .pane').count(), 3);
    await page.locator('.view.lessons .chart canvas').first().waitFor();
    assert.ok(await page.evaluate(() => !laglab.look('0.1').switches.NoPrediction));
    await page.locator('.tries').getByRole('button', { name: 'Switch prediction off' }).click();
    await page.waitForFunction(() => laglab.look('0.1')?.switches.NoPrediction);
    await page.locator('.lesson-text').getByText('Done:').waitFor();
    await page.waitForFunction(() => laglab.run.scenes.newest.tick > 150);
    await page.getByRole('button', { name: 'Reset the lesson' }).click();
    await page.waitForFunction(() => laglab.run.scenes.newest?.tick < 150 && laglab.look('0.1')?.self && !laglab.look('0.1').switches.NoPrediction);
    assert.match(await page.evaluate(() => location.hash), /lesson=why-prediction/);
    await page.keyboard.press('Space');
    await page.waitForFunction(() => laglab.run.pace.paused);
    await page.getByRole('button', { name: 'Back to the run' }).click();
    await page.waitForFunction(() => laglab.run.lesson === '' && !laglab.run.about.paced && laglab.run.rows.length === 16);
    assert.deepEqual(page.complaints, []);
    // A link begins the lesson that it names.
    const other = await open(browser, own.url, '#lessons?lesson=why-interpolation');
    await other.waitForFunction(() => laglab.run.lesson === 'why-interpolation' && laglab.look('0.1')?.self);
    assert.deepEqual(other.complaints, []);
    await page.context().close();
    await other.context().close();
  } finally {
    await own.end();
  }
});

test('people join a server that runs alone, among bots of another process', async () => {
  const own = await begin('serve', '--addr', '127.0.0.1:0'), bots = run('bots', '--addr', new URL(own.url).host, '--count', '4');
  try {
    const page = await open(browser, own.url, '#watch');
    await page.waitForFunction(() => laglab.run.rows.length === 4 && laglab.run.scenes.newest?.world?.length >= 4);
    await page.getByText('All players are elsewhere').first().waitFor();
    await page.locator('.view.watch .shot').first().waitFor();
    const k = await join(page, 'anna', 'delay=60ms');
    await page.waitForFunction((k) => laglab.look(k).rtt_ms > 119 && laglab.look(k).others.length >= 3, k);
    await page.locator('.view.play').getByLabel('network preset').selectOption('cable');
    await page.waitForFunction((k) => laglab.look(k).rtt_ms < 60, k);
    await page.locator('#view-play [data-switch="interpolation"]').uncheck();
    await page.waitForFunction((k) => laglab.look(k).switches.NoInterpolation, k);
    await page.locator('#tab-compare').click();
    await page.waitForFunction(() => document.querySelectorAll('.compare .pane').length === 2);
    await page.locator('#tab-steer').click();
    assert.equal(await page.getByRole('button', { name: '+ add' }).count(), 0);
    await page.locator('#tab-play').click();
    await page.getByRole('button', { name: 'Leave the game' }).click();
    await page.waitForFunction(() => laglab.run.rows.length === 4);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  } finally {
    await bots.end();
    await own.end();
  }
});

test('a link shares a layout', async () => {
  const page = await open(browser, lab.url, '#compare?panes=1.2,3.1&show=truth,confirmed');
  await page.waitForFunction(() => document.querySelectorAll('.compare .pane').length === 2);
  assert.equal(await page.locator('.compare .toolbar [data-ghost=confirmed]').isChecked(), true);
  assert.equal(await page.locator('.compare .toolbar [data-ghost=shots]').isChecked(), false);
  await page.keyboard.press('p');
  await page.waitForFunction(() => location.hash.split('panes=')[1].split('&')[0].split(',').length === 3);
  await page.keyboard.press('1');
  await page.keyboard.press(']');
  await page.waitForFunction(() => /#watch\?player=\d+\.\d+/.test(location.hash));
  await page.keyboard.press('2');
  await page.waitForFunction(() => location.hash.includes('panes=1.2,3.1'));
  await page.context().close();
});

test('keys are listed, and the focus can be seen', async () => {
  const page = await open(browser, lab.url);
  await page.keyboard.press('?');
  await page.locator('dialog.overlay kbd').first().waitFor();
  assert.ok(await page.locator('dialog.overlay .glossary dt').count() > 10);
  await page.keyboard.press('Escape');
  await page.locator('dialog.overlay').waitFor({ state: 'hidden' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => { const s = getComputedStyle(document.activeElement); return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; });
  assert.ok(outline[1] !== 'none' && outline[2] >= 2, outline.join(' '));
  await page.context().close();
});

test('a thousand players are a short table, which sorts and filters', async () => {
  const page = await open(browser, lab.url, '#measure');
  const n = await page.evaluate(() => {
    const { run } = laglab;
    run.fetchRows = () => {};
    const like = run.rows[0];
    run.setRows(Array.from({ length: 1000 }, (_, i) => ({ ...like, group: i % 4, number: i + 1, name: `p${i}`, rtt_ms: i })));
    run.tell('rows');
    return document.querySelectorAll('.view.measure .rows [role=row]').length;
  });
  assert.ok(n > 3 && n < 80, `${n} rows in the document`);
  const heads = page.locator('.view.measure .heads');
  await heads.getByRole('button', { name: 'RTT' }).click();
  await heads.getByRole('button', { name: 'RTT' }).click();
  await page.locator('.view.measure .rows [role=row]:visible').first().getByText('999 ms').waitFor();
  await page.getByLabel('filter players').fill('p123');
  await page.getByText('1 of 1000').waitFor();
  await page.context().close();
});

test('nothing is drawn, and little is sent, while nobody can see it', async () => {
  const page = await open(browser, lab.url);
  await drawn(page);
  const hide = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  const [frames, watching] = await page.evaluate(() => [laglab.frames, laglab.lab.stream.watching]);
  assert.equal(watching.rate, 1);
  assert.equal(watching.world, false);
  await page.evaluate(() => new Promise((done) => { let n = 0; const turn = () => (++n > 20 ? done() : requestAnimationFrame(turn)); turn(); }));
  assert.equal(await page.evaluate(() => laglab.frames), frames);
  await hide(false);
  await drawn(page);
  await page.context().close();
});

test('it finds back to a laglab that was started anew, and players with it', async () => {
  let own = await demo();
  const page = await open(browser, own.url, '#watch');
  await join(page, 'anna');
  await own.end();
  await page.waitForFunction(() => !laglab.live);
  await page.getByText('laglab is away').waitFor();
  own = await begin('demo', '--addr', new URL(own.url).host);
  try {
    await page.waitForFunction(() => laglab.live && laglab.run.progress);
    await page.waitForFunction(() => laglab.joined && laglab.look(laglab.joined)?.self);
    await page.keyboard.press('1');
    await drawn(page);
    await page.waitForFunction(() => laglab.run.history?.n >= 2);
    await page.context().close();
  } finally {
    await own.end();
  }
});

test('what the page keeps does not grow', async () => {
  const page = await open(browser, lab.url);
  const sizes = await page.evaluate(async () => {
    const { Scenes } = await import('/assets/scenes.js');
    const { extend, historyOf } = await import('/assets/run.js');
    const { LagStrip } = await import('/assets/lagometer.js');
    const scenes = new Scenes(), strip = new LagStrip();
    const history = historyOf({ window_ns: 1e9, series: { all: { rtt: [1] } }, events: [] });
    for (let i = 1; i <= 5000; i++) {
      scenes.add({ at: i / 30, tick: i * 2, world: [], players: [], shots: [{ tick: i * 2 }] }, i * 33, 60);
      strip.feed({ lag: { next: i, frames: 'iixf', snapshots: [{ tick: i, rtt_ms: 5, missing: 3 }] } });
      extend(history, { at_ns: (i + 1) * 1e9, groups: { all: { rtt: i } } });
    }
    return [scenes.list.length, scenes.shots.length, strip.frames.length, strip.snapshots.length, history.n, history.times.length, history.groups.get('all').get('rtt').length];
  });
  assert.ok(sizes.every((n) => n <= 1200), sizes.join(' '));
  await page.context().close();
});

test('the datagrams of a player are drawn, and one is opened down to its bytes', async () => {
  const page = await open(browser, lab.url, '#inside?player=0.1');
  await page.locator('.same', { hasText: '✓ all' }).waitFor();
  await page.waitForFunction(() => laglab.page.views.inside.datagrams.list.filter((d) => !d.up).length > 10);
  await page.locator('.ladder').focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('.tree .part').first().waitFor();
  const first = await page.evaluate(() => laglab.page.views.inside.datagrams.chosen);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((n) => laglab.page.views.inside.datagrams.chosen === n - 1, first);
  await page.waitForFunction(() => document.querySelectorAll('.hex span').length > 10);
  // The parts of a part take all of its bytes, and pointing at one marks them.
  const sizes = await page.evaluate(() => [...document.querySelectorAll('.tree > details > .part')].map((p) => parseInt(p.querySelector('.size').textContent)));
  const bytes = await page.locator('.hex span').count();
  assert.equal(sizes.reduce((a, b) => a + b, 0), bytes);
  await page.locator('.tree .part .part').first().hover();
  await page.waitForFunction((n) => document.querySelectorAll('.hex .lit').length === n, sizes[0]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('bots are added and removed, links and brains changed, players kicked, and the server restarted', async () => {
  const own = await demo();
  try {
    const page = await open(browser, own.url, '#steer');
    const playing = (group, n) => page.waitForFunction(([g, n]) => laglab.run.rows.filter((r) => laglab.run.groupName(r.group) === g && r.state === 'playing').length === n, [group, n]);
    const row = page.locator('.steer-group', { hasText: 'wifi' });
    await playing('wifi', 4);
    await row.getByLabel('how many').fill('3');
    await row.getByRole('button', { name: 'add' }).click();
    await playing('wifi', 7);
    await row.getByText('7 of 7').waitFor();
    await row.getByRole('button', { name: 'remove' }).click();
    await playing('wifi', 4);
    await row.getByLabel('brain').selectOption('wander');
    await page.waitForFunction(() => laglab.run.rows.filter((r) => r.group === 1).every((r) => r.brain === 'wander'));
    await row.locator('button.group').click();
    await page.locator('.view.steer').getByLabel('network preset').selectOption('geo');
    await page.waitForFunction(() => laglab.run.rows.filter((r) => r.group === 1).every((r) => r.rtt_ms > 400));
    await page.locator('.view.steer .rows [role=row]:visible', { hasText: 'home 2' }).click();
    await page.getByRole('button', { name: 'Kick' }).click();
    await playing('home', 3);
    await page.keyboard.press('Escape');
    await page.locator('.card').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Restart the server' }).click();
    await page.waitForFunction(() => laglab.run.progress.health.server === 'down');
    await page.waitForFunction(() => laglab.run.progress.health.server === 'up');
    await playing('home', 3);
    // All of it is on the timeline, and in the log.
    for (const text of ['wifi: add 3', 'wifi: remove 3', 'wifi: brain wander', 'wifi: link geo', 'home 2: kick', 'restart 1s']) {
      await page.locator('.view.steer .log', { hasText: text }).waitFor();
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  } finally {
    await own.end();
  }
});

// The parts of the page that only compute, run in the browser that they are for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, demo, open } from './lab.mjs';

let browser, lab, page;

before(async () => {
  browser = await browse();
  lab = await demo();
  page = await open(browser, lab.url);
});

after(async () => {
  await browser?.close();
  await lab?.end();
});

test('a link’s text becomes what sliders show, and the other way round', async () => {
  const cases = await page.evaluate(async () => {
    const { read, write, rest, millis } = await import('/assets/link.js');
    const train = 'loss=2%,burst=4,trace=cellular,delay=55ms,jitter=30ms,correlation=400ms,schedule=(11s hold 400ms every 37s; 29s loss 5%, 1s)';
    return {
      train: read(train), rest: rest(train),
      more: write(train, { delay: 300, jitter: 30, loss: 2, burst: 4 }),
      none: write('delay=8ms,jitter=1ms,correlation=1s,rate=20mbit', { delay: 0, jitter: 0, loss: 0, burst: 4 }),
      clipped: write('', { delay: 5, jitter: 20, loss: 0, burst: 1 }),
      times: ['1.5s', '200µs', '1m30s', '8ms', ''].map(millis),
    };
  });
  assert.deepEqual(cases.train, { delay: 55, jitter: 30, loss: 2, burst: 4 });
  assert.equal(cases.rest, 'trace=cellular, correlation=400ms, schedule=(11s hold 400ms every 37s; 29s loss 5%, 1s)');
  assert.equal(cases.more, 'delay=300ms,jitter=30ms,loss=2%,burst=4,trace=cellular,correlation=400ms,schedule=(11s hold 400ms every 37s; 29s loss 5%, 1s)');
  assert.equal(cases.none, 'delay=0ms,rate=20mbit');
  assert.equal(cases.clipped, 'delay=5ms,jitter=20ms,clip=yes');
  assert.deepEqual(cases.times, [1500, 0.2, 90000, 8, 0]);
});

test('every preset that the page offers is a link that the server takes back from the sliders', async () => {
  const failed = await page.evaluate(async () => {
    const { read, write } = await import('/assets/link.js');
    const failed = [], k = { group: 'home', bots: [1] };
    const look = () => fetch('/api/scene?player=0.1').then((r) => r.json()).then((s) => s.players[0]);
    for (const p of (await laglab.lab.presets()).filter((p) => !p.name.includes('/'))) {
      for (const value of [p.name, null]) {
        const l = await look();
        const text = value ?? `up ${write(l.link_up, { ...read(l.link_up), delay: 77 })}`;
        try { await laglab.lab.api.post('/api/do', { ...k, action: 'link', value: text }); } catch (e) { failed.push(`${p.name}: ${text}: ${e.message}`); }
      }
      if (read((await look()).link_up).delay !== 77) failed.push(`${p.name}: is not as the slider says`);
    }
    await laglab.lab.api.post('/api/do', { ...k, action: 'link', value: 'cable' });
    return failed;
  });
  assert.deepEqual(failed, []);
});

test('layouts survive the URL', async () => {
  const back = await page.evaluate(async () => {
    const { parse, format } = await import('/assets/layout.js');
    return ['#compare?panes=3.1,server,0.1', '#watch', '#measure?charts=rtt,loss_up&hide=all'].map((h) => format(parse(h)));
  });
  assert.deepEqual(back, ['#compare?panes=3.1,server,0.1', '#watch', '#measure?charts=rtt,loss_up&hide=all']);
});

test('what is shown lies between scenes, by their own time, and not between two places of one that jumped', async () => {
  const r = await page.evaluate(async () => {
    const { Scenes, turn } = await import('/assets/scenes.js');
    const f = (x, j = 0, a = 0) => ({ id: 1, kind: 'player', x, y: 0, r: 0.5, a, h: 1, j });
    const scene = (at, figures) => ({ at, tick: Math.round(at * 60), world: figures, players: [], shots: [] });
    const xs = (jumped) => {
      const s = new Scenes(), out = [];
      for (let ms = 0; ms <= 1000; ms += 10) {
        if (ms % 50 === 0) s.add(scene(ms / 1000, [f(ms >= 500 && jumped ? 100 + ms / 1000 : ms / 1000, ms >= 500 && jumped ? 1 : 0)]), ms, 60);
        out.push(s.sample(ms, { speed: 1, paused: false }).world[0].x);
      }
      return out;
    };
    return { smooth: xs(false), jump: xs(true), turn: [turn(0.1, 6.2), turn(6.2, 0.1), turn(1, 2)] };
  });
  const steps = r.smooth.slice(40).map((x, i, all) => x - all[Math.max(i - 1, 0)]);
  assert.ok(Math.max(...steps) < 0.02 && Math.min(...steps) >= 0, `steps of ${Math.min(...steps)} to ${Math.max(...steps)} for 0.01`);
  assert.ok(r.jump.every((x) => x < 0.55 || x > 100.4), 'is drawn in between');
  assert.ok(r.turn[0] < 0 && r.turn[1] > 0 && Math.abs(r.turn[2] - 1) < 1e-9);
});

test('a gap in the windows fetches the timeline again', async () => {
  const r = await page.evaluate(async () => {
    const { historyOf, extend } = await import('/assets/run.js');
    const h = historyOf({ window_ns: 1e9, from_ns: 5e9, series: { all: { rtt: [1, 2] }, home: { rtt: [3, 4] } }, events: [] });
    const steps = [extend(h, { at_ns: 7e9, groups: {} }), extend(h, { at_ns: 8e9, groups: { all: { rtt: 9, loss_up: 1 } } }), extend(h, { at_ns: 11e9, groups: {} })];
    return { steps, times: h.times, all: h.groups.get('all').get('rtt'), home: h.groups.get('home').get('rtt'), loss: h.groups.get('all').get('loss_up') };
  });
  assert.deepEqual(r, { steps: [true, true, false], times: [6, 7, 8], all: [1, 2, 9], home: [3, 4, null], loss: [null, null, 1] });
});

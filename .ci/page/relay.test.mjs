// The page of a relay in a browser, against a relay that runs between an echo and clients.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, echo, openRelay, relay, talk } from './lab.mjs';

let browser, server, lab, client;

before(async () => {
  browser = await browse();
  server = await echo();
  lab = await relay(server, '--do', '1s client=1 link delay=20ms');
  client = talk(lab.url);
});

after(async () => {
  await browser?.close();
  await client?.end();
  await lab?.end();
  await server?.end();
});

const text = (page, selector) => page.locator(selector).textContent();

// What the newest window of a series has, in a direction.
const newest = (page, group, name) => page.evaluate(([g, n]) => laglab.run.history?.groups.get(g)?.get(n)?.at(-1) ?? null, [group, name]);

// slide moves a slider of a part of the page.
const slide = (part, label, value) => part.getByLabel(label, { exact: true }).fill(String(value));

test('it opens without a complaint and without a request to elsewhere, and tells what the relay does', async () => {
  const page = await openRelay(browser, lab.url);
  await page.locator('.relay .chart canvas').nth(5).waitFor();
  await page.locator('.relay .rows [role=row]:visible', { hasText: 'client 1' }).waitFor();
  assert.ok((await text(page, '.route')).includes(server.addr), 'the way names the server');
  await page.waitForFunction(() => /good|strained|void/.test(document.querySelector('.health .overall b').textContent));
  assert.match(await text(page, '.health .clients b'), /^1 of 256$/);
  await page.waitForFunction(() => parseInt(document.querySelector('.health .up b').textContent) > 20);
  // What was done by itself is marked and told.
  await page.locator('.steer-all .log', { hasText: 'client 1: link delay=20ms' }).waitFor();
  await page.waitForFunction(() => laglab.run.history?.n >= 3);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a delay by the slider is the delay that is measured, of all clients and of one', async () => {
  const page = await openRelay(browser, lab.url), all = page.locator('.steer-all');
  await all.getByLabel('both ways alike').check();
  await slide(all, 'Delay up', 120);
  await page.waitForFunction(() => ['up', 'down'].every((g) => { const d = laglab.run.history?.groups.get(g)?.get('delay')?.at(-1); return d >= 120 && d < 180; }));
  await page.locator('.relay .rows [role=row]:visible').first().click();
  const card = page.locator('.relay .card');
  await card.locator('h2', { hasText: 'Client 1' }).waitFor();
  assert.match(await page.evaluate(() => location.hash), /client=1/);
  await page.waitForFunction(() => +document.querySelector('.card [data-knob=delay]').value === 120);
  await card.getByLabel('both ways alike').uncheck();
  await slide(card, 'Delay down', 40);
  await page.waitForFunction(() => { const d = laglab.run.history?.groups.get('down')?.get('delay')?.at(-1); return d >= 40 && d < 100; });
  assert.ok(await newest(page, 'up', 'delay') >= 119, 'the other direction stays');
  assert.match(await card.locator('table.ways tr', { hasText: 'told to' }).textContent(), /120ms40ms/);
  await page.keyboard.press('Escape');
  await card.waitFor({ state: 'hidden' });
  // Its card shows its link from the first moment on, also after a reload.
  await page.evaluate(() => { location.hash = '#relay?client=1'; });
  await page.reload();
  await page.waitForFunction(() => window.laglab?.run.one && [120, 40].every((v, i) => +document.querySelectorAll('.card [data-knob=delay]')[i].value === v));
  assert.equal(await card.getByLabel('both ways alike').isChecked(), false);
  await page.keyboard.press('Escape');
  await slide(all, 'Delay up', 10);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who pulls the plug stops all, for as long as it says', async () => {
  const page = await openRelay(browser, lab.url);
  const flows = () => page.waitForFunction(() => laglab.run.history?.groups.get('up')?.get('bytes')?.at(-1) > 0);
  await flows();
  await page.locator('.steer-all').getByRole('button', { name: 'Unplug 4 s' }).click();
  await page.locator('.toast', { hasText: 'all: blackout 4s' }).waitFor();
  await page.waitForFunction(() => ['up', 'down'].every((g) => laglab.run.history.groups.get(g).get('bytes').at(-1) === 0));
  await page.waitForFunction(() => laglab.run.history.groups.get('up').get('loss').at(-1) === 1);
  const before = client.got;
  await flows();
  await page.waitForFunction(() => laglab.run.history.groups.get('down').get('bytes').at(-1) > 0);
  assert.ok(client.got > before);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a reload keeps the history, and what was done', async () => {
  const page = await openRelay(browser, lab.url, '#relay?client=1');
  await page.waitForFunction(() => laglab.run.history?.n >= 5);
  const look = () => page.evaluate(() => ({ first: laglab.run.history.times[0], some: laglab.run.history.groups.get('up').get('bytes').slice(0, 5), events: laglab.run.events.map((e) => e.text) }));
  const had = await look(), n = await page.evaluate(() => laglab.run.history.n);
  await page.reload();
  await page.waitForFunction((n) => window.laglab?.run.history?.n >= n, n);
  assert.deepEqual(await look(), had);
  await page.waitForFunction((n) => laglab.run.history.n >= n + 2, n); // and it goes on
  assert.equal(await page.locator('.toast').count(), 0); // what is old is no news
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('long datagrams pass, and 250 clients are a short table, which sorts and filters', async () => {
  const own = await relay(server), clients = Array.from({ length: 249 }, () => talk(own.url, { rate: 2 }));
  try {
    clients.push(talk(own.url, { rate: 2, size: 65_507 }));
    const page = await openRelay(browser, own.url);
    await page.getByText('250 of 250').waitFor();
    assert.match(await text(page, '.health .clients b'), /^250 of 256$/);
    assert.ok(await page.locator('.relay .rows [role=row]').count() < 60);
    const heads = page.locator('.relay .heads');
    const bytes = heads.getByRole('button', { name: 'kB/s ↓' });
    await page.waitForFunction(() => laglab.run.rows.some((r) => r.down.bytes > 50_000));
    await bytes.click();
    await bytes.click();
    await page.locator('.relay .rows [role=row]:visible').first().getByText('client 250').waitFor();
    assert.equal(clients.at(-1).long, 65_507);
    await page.getByLabel('filter clients').fill('client 123');
    await page.getByText(/^\d\d? of 250/).waitFor(); // a port may have the digits too
    await page.locator('.relay .rows [role=row]:visible', { hasText: 'client 123' }).waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  } finally {
    await Promise.all(clients.map((c) => c.end()));
    await own.end();
  }
});

test('before the first client it says what to do, and a relay that was started anew is found again', async () => {
  let own = await relay(server);
  const page = await openRelay(browser, own.url);
  await page.getByText('No client yet').waitFor();
  assert.ok((await text(page, '.relay .empty')).includes(new URL(own.url).host));
  await own.end();
  await page.getByText('the relay is away').waitFor();
  own = await relay(server, '--listen', new URL(own.url).host);
  const talker = talk(own.url);
  try {
    await page.locator('.relay .rows [role=row]:visible', { hasText: 'client 1' }).waitFor();
    await page.getByText('No client yet').waitFor({ state: 'hidden' });
    await page.locator('.steer-all').getByLabel('network preset').selectOption('geo');
    await page.waitForFunction(() => laglab.run.history?.groups.get('up')?.get('delay')?.at(-1) > 200);
    await page.context().close();
  } finally {
    await talker.end();
    await own.end();
  }
});

test('keys do what the sliders’ buttons do, and are listed', async () => {
  const page = await openRelay(browser, lab.url);
  await page.keyboard.press('?');
  await page.locator('dialog.overlay kbd').first().waitFor();
  assert.ok(await page.locator('dialog.overlay .glossary dt').count() >= 8);
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await page.locator('.toast', { hasText: 'all: spike 300ms for 2s' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('client 1');
  await page.locator('.relay .rows [role=row]:visible').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('.relay .card').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.relay .card').waitFor({ state: 'hidden' });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

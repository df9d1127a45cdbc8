// A laglab of one's own for a test, and a browser that looks at it.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const program = process.env.LAGLAB ?? 'laglab';
const within = 30_000;

/** begin starts laglab with some arguments, and gives the address of its page and how to end it. */
export async function begin(...args) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = [];
  const url = await new Promise((found, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`laglab ended with ${code}: ${said.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const m = /page: (http:\S+)/.exec(line);
      if (m) found(m[1]);
    });
  });
  return { url, end: () => end(child) };
}

/** end has a process end as Ctrl-C does, or sooner or later. */
async function end(child) {
  if (child.exitCode !== null) return;
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** run starts a laglab that has no page, and gives how to end it. */
export function run(...args) {
  const child = spawn(program, args, { stdio: 'ignore' });
  return { end: () => end(child) };
}

/** demo starts a demo on a free port. */
export const demo = (...args) => begin('demo', '--addr', '127.0.0.1:0', ...args);

/** browse starts a browser. */
export function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** watched makes a page that keeps complaints. */
async function watched(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(within);
  page.complaints = [];
  page.on('pageerror', (e) => page.complaints.push(e.stack));
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') page.complaints.push(`${m.text()} ${m.location().url}`);
  });
  page.on('request', (r) => {
    const { hostname, protocol } = new URL(r.url());
    if (hostname !== '127.0.0.1' && protocol !== 'data:' && protocol !== 'blob:') page.complaints.push(`asks ${r.url()}`);
  });
  return page;
}

/**
 * open opens the page in a context of its own. complaints are what must not be: errors of scripts, in the console, of the
 * content security policy, and requests to anywhere else.
 */
export async function open(browser, url, hash = '', { context } = {}) {
  context ??= await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await watched(context);
  await page.goto(`${url}/${hash}`);
  await page.waitForFunction(() => window.laglab?.live && laglab.run.rows.length > 0);
  return page;
}

/** join lets the person at a page play, by the keyboard alone, and gives the player's key. */
export async function join(page, name, link) {
  await page.keyboard.press('3');
  await page.getByLabel('your name').fill(name);
  if (link) await page.getByLabel('your link, as text').fill(link);
  await page.getByLabel('your name').press('Enter');
  await page.waitForFunction(() => laglab.joined && laglab.look(laglab.joined)?.self);
  return page.evaluate(() => laglab.joined);
}

/** alone has all bots leave, so that nobody disturbs a measurement. */
export async function alone(page) {
  await page.evaluate(async () => {
    for (const g of laglab.run.about.groups) {
      if (g.name !== 'people') await laglab.lab.act({ group: g.name, action: 'remove', value: 'all' });
    }
  });
  await page.waitForFunction(() => laglab.run.rows.every((r) => laglab.run.groupName(r.group) === 'people'));
}

/** echo is a server that sends everything back, and says what it has got. */
export async function echo() {
  const socket = createSocket('udp4');
  const server = { got: 0, end: () => new Promise((done) => socket.close(done)) };
  socket.on('message', (m, from) => {
    server.got++;
    socket.send(m, from.port, from.address);
  });
  await new Promise((done) => socket.bind(0, '127.0.0.1', done));
  server.addr = `127.0.0.1:${socket.address().port}`;
  return server;
}

/** relay starts a relay on a free port, in front of a server. */
export const relay = (server, ...args) => begin('relay', '--listen', '127.0.0.1:0', '--to', server.addr, ...args);

/** talk has a client send datagrams to a relay, so many a second, and says what comes back. */
export function talk(url, { rate = 50, size = 100 } = {}) {
  const socket = createSocket('udp4'), { hostname, port } = new URL(url);
  const client = { got: 0, long: 0, end() { clearInterval(timer); return new Promise((done) => socket.close(done)); } };
  socket.on('message', (m) => {
    client.got++;
    client.long = Math.max(client.long, m.length);
  });
  const send = () => socket.send(Buffer.alloc(size), port, hostname);
  const timer = setInterval(send, 1000 / rate);
  send();
  return client;
}

/** openRelay opens the page of a relay, as open does. */
export async function openRelay(browser, url, hash = '', { context } = {}) {
  context ??= await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await watched(context);
  await page.goto(`${url}/${hash}`);
  await page.waitForFunction(() => window.laglab?.run.progress);
  return page;
}

// Does the simulated service speak WhatsApp's protocol, or only what its own libraries speak?
// Baileys, written by other people in another language, links itself to it and is used.
//
//     node check.mjs PAIRBOX-SIM
//
// One line for each step; ends with 1 at the first that fails.

import { strict as assert } from 'node:assert';

import { Companion, trust } from './companion.mjs';
import { Simulator } from './simulator.mjs';

/** The simulator's phone and contact. */
const OWNER = '15550001111';
const CONTACT = '15550002222';

const RESTART_REQUIRED = 515;
const LOGGED_OUT = 401;

const say = (line) => process.stdout.write(`${line}\n`);

async function step(name, run) {
  const start = performance.now();
  try {
    const result = await run();
    say(`ok      ${name} (${Math.round(performance.now() - start)} ms)`);
    return result;
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

/** The phone's owner scans the companion's QR code. */
async function scan(sim, companion) {
  return sim.order(`scan ${await companion.qr()}`);
}

/** The phone's owner types the companion's code. */
async function typeCode(sim, companion) {
  const code = await companion.code(OWNER);
  await sim.event('CodeRequested');
  return sim.order(`code ${code}`);
}

/** Links a new companion in one of those ways, and logs it in. */
async function link(sim, url, way) {
  const companion = new Companion(url);
  companion.connect();
  assert.match(await way(sim, companion), /^linked 15550001111:\d+@s\.whatsapp\.net$/);
  assert.equal((await companion.closed()).status, RESTART_REQUIRED);
  companion.connect();
  await companion.open();
  return companion;
}

/** Somebody writes on a phone; the companion reads it and says so. */
async function receive(sim, companion, command, body) {
  const id = await sim.order(`${command} ${body}`);
  await companion.reads(body, command === 'write');
  // Until then the service would send it again after a drop.
  await sim.event('Receipt', id);
}

/** Both write to each other, twice: the first text sets a Signal session up, the second uses it. */
async function exchangeTexts(sim, companion, when) {
  for (const turn of ['first', 'second']) {
    await receive(sim, companion, 'text', `${turn} question ${when}`);
    const id = await companion.write(CONTACT, `${turn} answer ${when}`);
    await sim.contactReads(`${turn} answer ${when}`);
    await sim.event('TextRead', `to: "${OWNER}"`, id);
  }
}

/** The connection drops, a text comes meanwhile, and the companion logs in again. */
async function surviveDrop(sim, companion) {
  await sim.order('drop');
  await companion.closed();
  await sim.order('text written meanwhile');
  companion.connect();
  await companion.open();
  await companion.reads('written meanwhile');
  await exchangeTexts(sim, companion, 'after the drop');
}

/** What a forged answer from the phone is called by Baileys, for each kind of forgery. */
const FORGERIES = {
  'bad-hmac': /^Invalid account signature$/,
  'bad-signature': /^Failed to verify account signature$/,
};

async function refuseForgery(sim, url, fault, reason) {
  const companion = new Companion(url);
  await sim.order(`fault ${fault}`);
  companion.connect();
  const [answer, end] = await Promise.all([
    companion.qr().then((qr) => sim.ask(`scan ${qr}`)),
    companion.closed(),
  ]);
  await sim.order('heal');
  assert.match(answer, /^error: /);
  assert.match(end.reason, reason);
}

async function refuseRoot(url, root) {
  const otherRoot = Buffer.from(root, 'hex');
  otherRoot[0] ^= 1;
  trust(otherRoot.toString('hex'));
  const companion = new Companion(url);
  companion.connect();
  assert.match((await companion.closed()).reason, /certificate signature invalid/);
  trust(root);
}

async function check(sim) {
  const url = await sim.told('url');
  const root = await sim.told('root');
  await step('refuses a certificate under another root', () => refuseRoot(url, root));
  for (const [fault, reason] of Object.entries(FORGERIES)) {
    await step(`refuses a link with ${fault}`, () => refuseForgery(sim, url, fault, reason));
  }

  const first = await step('links by QR code and logs in', () => link(sim, url, scan));
  await step('learns the owner\'s name from app state', async () =>
    assert.equal(await first.ownersName(), 'Owner'));
  await step('exchanges texts', () => exchangeTexts(sim, first, 'by QR'));
  await step('reads what the owner writes on the phone', () =>
    receive(sim, first, 'write', 'from my phone'));
  await step('survives a drop', () => surviveDrop(sim, first));

  const second = await step('links by code and logs in', () => link(sim, url, typeCode));
  await step('exchanges texts', () => exchangeTexts(sim, second, 'by code'));

  await step('logs itself out', async () => {
    await first.logout();
    await sim.event('DeviceRemoved', 'by: Companion');
  });
  await step('is unlinked from the phone', async () => {
    await sim.order('remove');
    assert.equal((await second.closed()).status, LOGGED_OUT);
    assert.equal(await sim.order('devices'), '');
  });
  await step('is not let in again', async () => {
    second.connect();
    assert.equal((await second.closed()).status, LOGGED_OUT);
    await sim.event('Refused', 'UnknownDevice');
  });
  await step('nothing else was refused, nothing was unreadable', () =>
    assert.deepEqual(sim.unexpected('Refused', 'Unreadable', 'RetryAsked'), []));
  await step('the simulator ends in order', async () => assert.equal(await sim.quit(), 0));
}

const sim = new Simulator(process.argv[2]);
try {
  await check(sim);
} catch (error) {
  say(`FAILED  ${error.message}`);
  process.exitCode = 1;
} finally {
  sim.kill();
}
// Baileys leaves timers behind; they are not waited for.
process.exit();

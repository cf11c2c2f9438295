// Baileys as a linked device. Its Noise, stanza codec, signatures and Signal sessions are its own;
// its HKDF and its app-state hash come from the author of whatsapp-rust, so it is no second opinion
// on those two. Keys live in memory: a companion is one device, which may connect again.
//
// Baileys 7.0.0-rc14 calls libsignal for every signature and drops the answer: any signature would
// do. `trust` makes it look, and gives it the simulator's root key in place of WhatsApp's.

import { Buffer } from 'node:buffer';

import * as baileys from 'baileys';
import { curve } from 'libsignal';

import { Feed } from './feed.mjs';

/** Which client version it says it is; any will do for the simulator. */
const VERSION = [2, 3000, 1023456789];

/** Takes certificates under `root` (hex) from now on, and none with a wrong signature. */
export function trust(root) {
  baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex');
  baileys.Curve.verify = (key, message, signature) =>
    curve.verifySignature(baileys.generateSignalPubKey(key), message, signature);
}

// libsignal prints whole sessions, private keys and all, to the console.
for (const level of ['log', 'info', 'warn', 'error', 'debug']) console[level] = () => {};

const SILENT = { level: 'silent', child: () => SILENT };
for (const level of ['trace', 'debug', 'info', 'warn', 'error']) SILENT[level] = () => {};

export class Companion {
  #url;
  #auth = { creds: baileys.initAuthCreds(), keys: keysInMemory() };
  #socket;
  #updates;
  #learnt = new Feed();
  #texts = new Feed();

  constructor(url) {
    this.#url = url;
  }

  /** Opens a connection: a registration at first, a login once it is linked. */
  connect() {
    const updates = new Feed();
    const socket = baileys.makeWASocket({
      waWebSocketUrl: this.#url,
      version: VERSION,
      auth: this.#auth,
      logger: SILENT,
      appStateMacVerification: { patch: true, snapshot: true },
      // No history is coming; without this Baileys holds texts back for 20 s to wait for it.
      shouldSyncHistoryMessage: () => false,
    });
    socket.ev.on('connection.update', (update) => updates.push(update));
    socket.ev.on('creds.update', (update) => this.#learnt.push(update));
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) this.#texts.push(readText(message));
    });
    this.#updates = updates;
    this.#socket = socket;
  }

  /** Waits for the text of a QR code. */
  async qr() {
    return (await this.#updates.take('a QR code', (update) => update.qr)).qr;
  }

  /** Asks for a code that links it to `number`. */
  async code(number) {
    // Baileys may ask once the connection is registered, which the first QR code shows.
    await this.qr();
    return this.#socket.requestPairingCode(number);
  }

  /** Waits for the login to be complete. */
  async open() {
    await this.#updates.take('its login', (update) => update.connection === 'open');
  }

  /** Waits for the connection's end, and says why: a status code and a sentence. */
  async closed() {
    const update = await this.#updates.take('its end', (update) => update.connection === 'close');
    const error = update.lastDisconnect.error;
    return { status: error?.output?.statusCode, reason: error?.message };
  }

  /** The account's name. It is in the app state, and the phone shares the key to that. */
  async ownersName() {
    await this.#learnt.take('the key to the app state', (update) => update.myAppStateKeyId);
    await this.#socket.resyncAppState(['critical_block'], true);
    return (await this.#learnt.take('the name', (update) => update.me?.name)).me.name;
  }

  /** Waits for exactly this text, from the account's owner (`fromMe`) or from somebody else. */
  async reads(body, fromMe = false) {
    await this.#texts.take('a text', (text) => text.body === body && text.fromMe === fromMe);
  }

  /** Writes to that number. Returns the message's id. */
  async write(number, text) {
    const sent = await this.#socket.sendMessage(`${number}@s.whatsapp.net`, { text });
    return sent.key.id;
  }

  async logout() {
    await this.#socket.logout();
  }
}

function readText({ key, message }) {
  const body = message?.conversation ?? message?.extendedTextMessage?.text;
  return { body, fromMe: Boolean(key.fromMe) };
}

/** Baileys' key store: values by kind and id. */
function keysInMemory() {
  const kinds = new Map();
  const kind = (name) => kinds.get(name) ?? kinds.set(name, new Map()).get(name);
  return {
    get: (name, ids) => {
      const held = ids.filter((id) => kind(name).has(id));
      return Object.fromEntries(held.map((id) => [id, kind(name).get(id)]));
    },
    set: (changes) => {
      for (const [name, values] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(values)) {
          if (value) kind(name).set(id, value);
          else kind(name).delete(id);
        }
      }
    },
  };
}

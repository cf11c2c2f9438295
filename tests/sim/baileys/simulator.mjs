// The `pairbox-sim` program as a child: commands go to its input, and what it prints is sorted into
// answers, events and the texts that the contact reads.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { Feed } from './feed.mjs';

const READS = 'the contact reads: ';

export class Simulator {
  #child;
  #status;
  #lines = new Feed();

  constructor(program) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', (error) => this.#lines.fail(error));
    // A command to a program that has ended fails with its answer.
    this.#child.stdin.on('error', () => {});
    this.#status = new Promise((resolve) => this.#child.on('close', resolve));
    const output = createInterface({ input: this.#child.stdout });
    output.on('line', (line) => this.#lines.push(line));
    output.on('close', () => this.#lines.fail(new Error('the simulator has ended')));
  }

  /** The rest of the next line that begins with `word`: `url`, `root`. */
  async told(word) {
    const line = await this.#lines.take(`its ${word}`, (line) => line.startsWith(`${word} `));
    return line.slice(word.length + 1);
  }

  /** Gives a command that has to succeed; the answer without its `ok`. */
  async order(command) {
    const answer = await this.ask(command);
    if (!answer.startsWith('ok')) throw new Error(`${firstWord(command)}: ${answer}`);
    return answer.slice(3);
  }

  /** Gives a command; the whole answer. A secret in it (a QR text, a code) reaches no message. */
  async ask(command) {
    this.#child.stdin.write(`${command}\n`);
    return this.#lines.take(`the answer to ${firstWord(command)}`, (line) => /^(ok|error:)/.test(line));
  }

  /** Waits for an event whose printed form holds all of `parts`. */
  async event(...parts) {
    return this.#lines.take(`the event ${parts.join(' ')}`, (line) =>
      line.startsWith('event: ') && parts.every((part) => line.includes(part)));
  }

  /** Waits until the contact has read exactly this. */
  async contactReads(body) {
    await this.#lines.take('the text at the contact', (line) => line === READS + body);
  }

  /** Events of these kinds that nobody has waited for. */
  unexpected(...kinds) {
    return this.#lines.left((line) => kinds.some((kind) => line.startsWith(`event: ${kind} `)));
  }

  /** Tells it to end. Returns its exit status. */
  async quit() {
    this.#child.stdin.end('quit\n');
    return this.#status;
  }

  kill() {
    this.#child.kill();
  }
}

function firstWord(command) {
  return command.split(' ', 1)[0];
}

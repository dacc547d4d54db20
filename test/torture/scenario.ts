import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hands, inodeOf, type Rotation } from './rotations.ts';

export interface Scenario {
  readonly name: string;
  readonly rotate: Rotation;
  readonly rotations: number;
  readonly everyMs: number;
  readonly linesPerSecond: number;
  /** The reader is killed (SIGKILL) at a random moment of each interval and started again. */
  readonly kill: boolean;
  /** The reader's `quietMs`: while it holds a rotated file its inode cannot be reused. */
  readonly quietMs?: number;
  /** The reader's sink reads what is far ahead itself. */
  readonly ranges?: boolean;
  /** The rotation knows what it destroys. After each one the reader must say a loss before the next begins. */
  readonly measured?: boolean;
}

export interface Result {
  readonly name: string;
  readonly written: number;
  readonly linesPerSecond: number;
  readonly rotations: number;
  readonly reusedInodes: number;
  readonly kills: number;
  /** Lines that the rotations destroyed unread; null: they do not know. */
  readonly destroyed: number | null;
  readonly lost: number;
  readonly duplicated: number;
  readonly garbage: number;
  readonly lossEvents: number;
  readonly lossBytes: number;
  /** Read by the sink itself. */
  readonly ranges: number;
}

const here = import.meta.dirname;
const READ_TIMEOUT_MS = 60_000;
const STATUS_TIMEOUT_MS = 20_000;

function startReader(log: string, directory: string, { quietMs = 5_000, ranges = false }: Scenario): ChildProcess {
  const mode = ranges ? 'ranges' : 'blocks';
  return fork(join(here, 'reader.ts'), [log, join(directory, 'state'), String(quietMs), mode]);
}

/** Sends a message and waits for its answer: the next message that is one. @throws when the child ends instead. */
async function ask(child: ChildProcess, message: object | string): Promise<Record<string, number>> {
  if (!child.connected) throw new Error(`child has ended with ${child.exitCode}`);
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`child ended with ${code} before it answered`));
    const answered = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      child.off('message', answered).off('exit', ended);
      resolve(value as Record<string, number>);
    };
    child.on('message', answered).once('exit', ended);
    child.send(message, (error) => error && reject(error));
  });
}

/** A reader in a child process that can be killed and comes back. */
class Reader {
  kills = 0;
  #child: ChildProcess;
  /** Resolved while readers may run. */
  #thawed = Promise.resolve();
  #thaw = () => {};
  #restarted = Promise.resolve();
  readonly #start: () => ChildProcess;

  constructor(start: () => ChildProcess) {
    this.#start = start;
    this.#child = start();
  }

  async ready(): Promise<void> {
    await once(this.#child, 'message');
  }

  /** One after the other. */
  async killAndRestart(): Promise<void> {
    this.#restarted = this.#restarted.then(() => this.#killAndRestart());
    return this.#restarted;
  }

  async #killAndRestart(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`reader has ended with ${this.#child.exitCode}`);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    this.kills += 1;
    await sleep(Math.random() * 200);
    await this.#thawed;
    this.#child = this.#start();
  }

  /** Stops or kills it, and lets no other begin, until `thaw`. */
  async freeze(isKilled: boolean): Promise<void> {
    ({ promise: this.#thawed, resolve: this.#thaw } = Promise.withResolvers<void>());
    if (isKilled) void this.killAndRestart();
    else this.#child.kill('SIGSTOP');
    while (isRunning(this.#child.pid!)) await sleep(1);
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
    this.#thaw();
  }

  /** Waits until what it says is so, and that is in its checkpoint. It may be killed meanwhile. */
  async until(is: (status: Record<string, number>) => boolean, what: string): Promise<void> {
    for (const deadline = performance.now() + STATUS_TIMEOUT_MS; performance.now() < deadline; await sleep(20)) {
      await this.#restarted;
      const child = this.#child;
      const said = await ask(child, 'save').catch((error) => {
        if (child === this.#child && child.exitCode !== null) throw error;
      });
      if (said && is(said)) return;
    }
    throw new Error(`not within ${STATUS_TIMEOUT_MS / 1000} s: ${what}`);
  }

  /** Waits until nothing more comes, for longer than the second look at siblings takes. */
  async finish(written: number): Promise<Record<string, number>> {
    const deadline = performance.now() + READ_TIMEOUT_MS;
    let seen = -1;
    for (let quiet = 0; quiet < 5 && performance.now() < deadline; await sleep(400)) {
      const status = await ask(this.#child, 'ask');
      quiet = status.seen === seen && status.behind === 0 ? quiet + 1 : 0;
      seen = status.seen;
    }
    return ask(this.#child, { finish: written });
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Runs one scenario in a temporary directory under `base`. */
export async function runScenario(scenario: Scenario, base = tmpdir()): Promise<Result> {
  const directory = mkdtempSync(join(base, 'tail-torture-'));
  const log = join(directory, 'pod', '0.log');
  mkdirSync(join(directory, 'pod'));
  const writer = fork(join(here, 'writer.ts'), [log, String(scenario.linesPerSecond)]);
  const reader = new Reader(() => startReader(log, directory, scenario));
  try {
    await reader.ready();
    const { reusedInodes, destroyed } = await rotateAll(scenario, log, writer, reader);
    const { written, ms } = await ask(writer, 'stop');
    const { lost, duplicated, garbage, lossEvents, lossBytes, ranges = 0 } = await reader.finish(written);
    const linesPerSecond = Math.round((written / ms) * 1000);
    const { name, rotations } = scenario;
    const counts = { destroyed, lost, duplicated, garbage, lossEvents, lossBytes, ranges };
    return { name, written, linesPerSecond, rotations, reusedInodes, kills: reader.kills, ...counts };
  } finally {
    writer.kill('SIGKILL');
    reader.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Is its main thread neither stopped nor ended? */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [TZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function handsOn(writer: ChildProcess, reader: Reader, { kill }: Scenario): Hands {
  let written = 0;
  const tell = async (message: object | string) => {
    written = (await ask(writer, message)).written;
  };
  const hasAll = ({ behind, highest }: Record<string, number>) => behind === 0 && highest === written - 1;
  return {
    reopen: () => tell('reopen'),
    pause: () => tell('pause'),
    write: (lines) => tell({ write: lines }),
    resume: () => tell('resume'),
    settle: () => reader.until(hasAll, 'all that was written is read'),
    freeze: () => reader.freeze(kill),
    thaw: () => reader.thaw(),
  };
}

async function rotateAll(
  scenario: Scenario,
  log: string,
  writer: ChildProcess,
  reader: Reader,
): Promise<{ readonly reusedInodes: number; readonly destroyed: number | null }> {
  const hands = handsOn(writer, reader, scenario);
  const inodes = new Set<number>();
  let reusedInodes = 0;
  let destroyed: number | null = scenario.measured ? 0 : null;
  for (let round = 1; round <= scenario.rotations; round += 1) {
    inodes.add(inodeOf(log));
    await sleep(scenario.everyMs * (0.75 + Math.random() / 2));
    const killed = scenario.kill
      ? sleep(Math.random() * scenario.everyMs).then(() => reader.killAndRestart())
      : undefined;
    const before = inodeOf(log);
    const known = await scenario.rotate(log, hands, round);
    if (destroyed !== null && known) destroyed += known;
    const after = inodeOf(log);
    if (after !== before && inodes.has(after)) reusedInodes += 1;
    await killed;
    const saysSo = ({ lossEvents }: Record<string, number>) => lossEvents >= round;
    if (scenario.measured) await reader.until(saysSo, `the loss of truncation ${round}`);
  }
  return { reusedInodes, destroyed };
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inodeOf, type Rotation } from './rotations.ts';

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
}

export interface Result {
  readonly name: string;
  readonly written: number;
  readonly linesPerSecond: number;
  readonly rotations: number;
  readonly reusedInodes: number;
  readonly kills: number;
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

function startReader(log: string, directory: string, { quietMs = 5_000, ranges = false }: Scenario): ChildProcess {
  const mode = ranges ? 'ranges' : 'blocks';
  return fork(join(here, 'reader.ts'), [log, join(directory, 'state'), String(quietMs), mode]);
}

/** Sends a message and waits for its answer: the next message that is one. @throws when the child ends instead. */
async function ask(child: ChildProcess, message: object | string): Promise<Record<string, number>> {
  if (child.exitCode !== null) throw new Error(`child has ended with ${child.exitCode}`);
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`child ended with ${code} before it answered`));
    const answered = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      child.off('message', answered).off('exit', ended);
      resolve(value as Record<string, number>);
    };
    child.on('message', answered).once('exit', ended);
    child.send(message);
  });
}

/** A reader in a child process that can be killed and comes back. */
class Reader {
  kills = 0;
  #child: ChildProcess;
  readonly #start: () => ChildProcess;

  constructor(start: () => ChildProcess) {
    this.#start = start;
    this.#child = start();
  }

  async ready(): Promise<void> {
    await once(this.#child, 'message');
  }

  async killAndRestart(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`reader has ended with ${this.#child.exitCode}`);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    this.kills += 1;
    await sleep(Math.random() * 200);
    this.#child = this.#start();
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
    const reusedInodes = await rotateAll(scenario, log, writer, reader);
    const { written, ms } = await ask(writer, 'stop');
    const { lost, duplicated, garbage, lossEvents, lossBytes, ranges = 0 } = await reader.finish(written);
    const linesPerSecond = Math.round((written / ms) * 1000);
    const { name, rotations } = scenario;
    const counts = { lost, duplicated, garbage, lossEvents, lossBytes, ranges };
    return { name, written, linesPerSecond, rotations, reusedInodes, kills: reader.kills, ...counts };
  } finally {
    writer.kill('SIGKILL');
    reader.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function rotateAll(scenario: Scenario, log: string, writer: ChildProcess, reader: Reader): Promise<number> {
  const reopen = async () => {
    await ask(writer, 'reopen');
  };
  const inodes = new Set<number>();
  let reused = 0;
  for (let round = 1; round <= scenario.rotations; round += 1) {
    inodes.add(inodeOf(log));
    await sleep(scenario.everyMs * (0.75 + Math.random() / 2));
    const killed = scenario.kill
      ? sleep(Math.random() * scenario.everyMs).then(() => reader.killAndRestart())
      : undefined;
    const before = inodeOf(log);
    await scenario.rotate(log, reopen, round);
    const after = inodeOf(log);
    if (after !== before && inodes.has(after)) reused += 1;
    await killed;
  }
  return reused;
}

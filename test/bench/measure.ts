import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { benchDirectory } from './corpus/generate.ts';

/** What one whole process cost. CPU is user + system, also of a run-time's start. */
export interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

export interface Run extends Cost {
  readonly output: string;
}

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  /** Throws when the output is not the known answer. */
  readonly check: (output: string) => void;
}

export interface Summary {
  readonly name: string;
  readonly cpuMedian: number;
  readonly cpuMinimum: number;
  readonly wallMedian: number;
  readonly peakRssMb: number;
}

const LONGEST_RUN_MS = 600_000;
const COST_SCRIPT = join(import.meta.dirname, 'process-cost.py');

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** Puts the file into the page cache, so that no run pays for the disk. */
export function readOnce(path: string): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

/** One whole process under wait4. Throws when it fails. */
export function runProcess(command: readonly string[]): Run {
  const costPath = join(benchDirectory(), `cost-${process.pid}.json`);
  const outputPath = join(benchDirectory(), `output-${process.pid}.txt`);
  const output = openSync(outputPath, 'w');
  // Output goes to a file: a pipe read by us would slow the process under test.
  const child = spawnSync('python3', [COST_SCRIPT, costPath, ...command], {
    stdio: ['ignore', output, 'pipe'],
    timeout: LONGEST_RUN_MS,
    env: { ...process.env, LC_ALL: 'C' },
  });
  closeSync(output);
  if (child.status !== 0) throw new Error(`${command[0]} could not be measured: ${child.error ?? child.stderr}`);
  const cost: Cost & { exitCode: number } = JSON.parse(readFileSync(costPath, 'utf8'));
  if (cost.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${cost.exitCode}: ${child.stderr}`);
  const text = readFileSync(outputPath, 'utf8');
  rmSync(costPath);
  rmSync(outputPath);
  return { ...cost, output: text };
}

/** Runs every contestant once per round, one after the other, so that a busy minute hits all of them. */
export function interleave(contestants: readonly Contestant[], file: string, rounds: number): Map<string, Summary> {
  const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, check } of contestants) {
      readOnce(file);
      const run = runProcess(command);
      check(run.output);
      runs.get(name)?.push(run);
      console.error(`round ${round + 1} ${name}: ${run.cpuSeconds.toFixed(2)} CPU s, ${run.wallSeconds.toFixed(2)} s`);
    }
  }
  return new Map([...runs].map(([name, list]) => [name, summarize(name, list)]));
}

function summarize(name: string, runs: readonly Cost[]): Summary {
  const cpu = runs.map((run) => run.cpuSeconds);
  return {
    name,
    cpuMedian: median(cpu),
    cpuMinimum: Math.min(...cpu),
    wallMedian: median(runs.map((run) => run.wallSeconds)),
    peakRssMb: Math.max(...runs.map((run) => run.peakRssMb)),
  };
}

import { reusingFileSystem } from './file-system.ts';
import { copytruncate, directory, kubelet, measured, rename } from './rotations.ts';
import { type Result, runScenario, type Scenario } from './scenario.ts';

export interface PlannedScenario extends Scenario {
  /** Data may be destroyed before anybody can read it; then there must be a loss event. */
  readonly destructive?: boolean;
  /** Run where freed inodes come back at once. */
  readonly reusing?: boolean;
}

const base = { rotations: 20, linesPerSecond: 100_000, kill: false };

/** `short` fits into a minute of CI. */
export function planOf(length: 'short' | 'long'): readonly PlannedScenario[] {
  const factor = length === 'short' ? 1 : 5;
  const short: PlannedScenario[] = [
    { ...base, name: 'rename and reopen', rotate: rename, everyMs: 150 * factor },
    { ...base, name: 'copytruncate', rotate: copytruncate, everyMs: 150 * factor, destructive: true },
    {
      ...base,
      name: 'kubelet order, reused inodes',
      rotate: kubelet,
      everyMs: 150 * factor,
      reusing: true,
      quietMs: 50,
    },
    { ...base, name: 'directory recreated', rotate: directory, everyMs: 300 * factor },
    {
      ...base,
      name: 'kill -9, kubelet order',
      rotate: kubelet,
      everyMs: 300 * factor,
      kill: true,
      reusing: true,
      quietMs: 50,
    },
  ];
  const ranges = { ...base, linesPerSecond: 250_000, ranges: true, rotations: 10 };
  short.push(
    { ...ranges, name: 'copytruncate, read by ranges', rotate: copytruncate, everyMs: 300 * factor, destructive: true },
    {
      ...ranges,
      name: 'kill -9, rename and reopen, read by ranges',
      rotate: rename,
      everyMs: 300 * factor,
      kill: true,
    },
  );
  const measuring = { ...base, rotate: measured, rotations: 6 * factor, everyMs: 150 * factor, measured: true };
  const byRanges = { ...measuring, linesPerSecond: 250_000, ranges: true };
  short.push(
    { ...measuring, name: 'copytruncate, the writer waits' },
    { ...byRanges, name: 'kill -9, copytruncate, the writer waits, read by ranges', kill: true },
  );
  if (length === 'short') return short;
  return [
    ...short,
    { ...measuring, name: 'kill -9, copytruncate, the writer waits', kill: true },
    { ...byRanges, name: 'copytruncate, the writer waits, read by ranges' },
    { ...base, name: 'kill -9, rename and reopen', rotate: rename, everyMs: 1_500, kill: true },
    { ...base, name: 'kill -9, copytruncate', rotate: copytruncate, everyMs: 1_500, kill: true, destructive: true },
  ];
}

export async function runPlanned(scenario: PlannedScenario): Promise<Result> {
  if (!scenario.reusing) return runScenario(scenario);
  const place = reusingFileSystem();
  try {
    return await runScenario(scenario, place.path);
  } finally {
    place.release();
  }
}

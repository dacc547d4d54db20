import { parseCpuStat, parseFlatKey, parseMemoryLimit, parseNumber, parsePressure } from '../parse/cgroup.ts';
import type { CgroupDirectory, CgroupPlaces, CgroupUnseen } from '../sources/cgroup.ts';
import { NotPermittedError } from '../sources/procfs.ts';

export const PRESSURE_RESOURCES = ['cpu', 'memory', 'io'] as const;

/** Values by the name that they have in the metric table; one that cannot be told is not in it. */
export interface CgroupValues {
  readonly single: ReadonlyMap<SingleValue, number>;
  readonly pressure: readonly { readonly resource: string; readonly kind: 'some' | 'full'; readonly seconds: number }[];
}

export type SingleValue =
  | 'workingSet'
  | 'limit'
  | 'peak'
  | 'oomKills'
  | 'throttledSeconds'
  | 'periods'
  | 'throttledPeriods';

interface MemoryFiles {
  readonly usage: string;
  readonly limit: string;
  readonly peak: string;
  readonly inactiveFile: string;
  /** Of v1 its own kills, of v2 also those in cgroups below. */
  readonly kills: string;
}

const MEMORY_FILES: Readonly<Record<1 | 2, MemoryFiles>> = {
  1: {
    usage: 'memory.usage_in_bytes',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    inactiveFile: 'total_inactive_file',
    kills: 'memory.oom_control',
  },
  2: {
    usage: 'memory.current',
    limit: 'memory.max',
    peak: 'memory.peak',
    inactiveFile: 'inactive_file',
    kills: 'memory.events',
  },
};

/** @throws NotPermittedError */
export function readCgroup({ memory, cpu, unified }: CgroupPlaces): CgroupValues {
  const single = new Map<SingleValue, number>();
  const add = (name: SingleValue, value: number | null | undefined) => {
    if (value !== undefined && value !== null) single.set(name, value);
  };
  if (isSeen(memory)) {
    const { usage, limit, peak, inactiveFile } = MEMORY_FILES[memory.version];
    const used = numberOf(memory, usage);
    const inactive = parseFlatKey(memory.read('memory.stat') ?? '', inactiveFile);
    // What kubelet evicts by: cache that is not in use can be had back at any time.
    if (used !== undefined && inactive !== undefined) add('workingSet', Math.max(0, used - inactive));
    add('limit', parseMemoryLimit(memory.read(limit) ?? ''));
    add('peak', numberOf(memory, peak));
    add('oomKills', readOomKills(memory));
  }
  if (isSeen(cpu)) {
    const stat = parseCpuStat(cpu.read('cpu.stat') ?? '');
    for (const name of ['throttledSeconds', 'periods', 'throttledPeriods'] as const) add(name, stat[name]);
  }
  return { single, pressure: isSeen(unified) ? readPressure((file) => unified.read(`${file}.pressure`)) : [] };
}

/** Processes that the OOM killer ended in it; undefined: not told (v1 before 4.13, v2 without the memory controller). */
export function readOomKills(memory: CgroupDirectory): number | undefined {
  return parseFlatKey(memory.read(MEMORY_FILES[memory.version].kills) ?? '', 'oom_kill');
}

export function readPressure(read: (resource: string) => string | undefined): CgroupValues['pressure'] {
  return PRESSURE_RESOURCES.flatMap((resource) => {
    const pressure = parsePressure(read(resource) ?? '');
    return (['some', 'full'] as const).flatMap((kind) => {
      const seconds = pressure[kind];
      return seconds === undefined ? [] : [{ resource, kind, seconds }];
    });
  });
}

export function isSeen(place: CgroupDirectory | CgroupUnseen): place is CgroupDirectory {
  return typeof place !== 'string';
}

function numberOf(directory: CgroupDirectory, file: string): number | undefined {
  return parseNumber(directory.read(file) ?? '');
}

/** Null: this user may not. */
export function unlessDenied<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPermittedError) return null;
    throw error;
  }
}

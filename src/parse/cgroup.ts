/** CPU time that a cgroup was kept from, of `cpu.stat`; undefined: this kernel or this cgroup does not say. */
export interface CpuStat {
  readonly throttledSeconds: number | undefined;
  readonly periods: number | undefined;
  readonly throttledPeriods: number | undefined;
}

/** Seconds in which tasks waited, since the cgroup or the machine was made. */
export interface Pressure {
  /** At least one task waited. */
  readonly some: number | undefined;
  /** All that had something to do waited. */
  readonly full: number | undefined;
}

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;
/** Without a limit v1 shows LONG_MAX rounded down to pages (PAGE_COUNTER_MAX); a page is 64 KiB at most. */
const NO_LIMIT = 2 ** 62;
const NUMBER = /^\d{1,20}$/;

/**
 * The number of `name` in a file of lines `name number` (memory.stat, memory.events, memory.oom_control, cpu.stat). Undefined when no
 * line has that name or what follows is no number: fields differ between kernels.
 */
export function parseFlatKey(text: string, name: string): number | undefined {
  const start = `${name} `;
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    if (at > 0 && text[at - 1] !== '\n') continue;
    const end = text.indexOf('\n', at);
    return parseNumber(text.slice(at + start.length, end < 0 ? undefined : end));
  }
  return undefined;
}

/** A file of one number; undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  const word = text.trim();
  return NUMBER.test(word) ? Number(word) : undefined;
}

/** Bytes of `memory.max` (v2) or `memory.limit_in_bytes` (v1). Null: there is no limit; undefined: not to be understood. */
export function parseMemoryLimit(text: string): number | null | undefined {
  if (text.trim() === 'max') return null;
  const bytes = parseNumber(text);
  return bytes !== undefined && bytes >= NO_LIMIT ? null : bytes;
}

/** `cpu.stat` of v1 (`throttled_time` in ns) and v2 (`throttled_usec`): cpu_cfs_stat_show and cpu_extra_stat_show in kernel/sched/core.c. */
export function parseCpuStat(text: string): CpuStat {
  const nanoseconds = parseFlatKey(text, 'throttled_time');
  const microseconds = parseFlatKey(text, 'throttled_usec');
  return {
    throttledSeconds: secondsOf(nanoseconds, NANOSECONDS) ?? secondsOf(microseconds, MICROSECONDS),
    periods: parseFlatKey(text, 'nr_periods'),
    throttledPeriods: parseFlatKey(text, 'nr_throttled'),
  };
}

/** Cores of `cpu.max` (v2): quota and period in µs. Null: there is no limit; undefined: not to be understood. */
export function parseCpuMax(text: string): number | null | undefined {
  const words = text.trim().split(/\s+/);
  return words.length === 2 ? coresOf(words[0], words[1]) : undefined;
}

/** Cores of `cpu.cfs_quota_us` and `cpu.cfs_period_us` (v1), with the same answers. */
export function parseCfsQuota(quota: string, period: string): number | null | undefined {
  return coresOf(quota.trim() === '-1' ? 'max' : quota, period);
}

/** `cpu.pressure`, `memory.pressure`, `io.pressure`, of a cgroup or of /proc/pressure: `total=` in µs (psi_show in kernel/sched/psi.c). */
export function parsePressure(text: string): Pressure {
  const total = (kind: 'some' | 'full') => {
    const line = text.split('\n').find((one) => one.startsWith(`${kind} `));
    return secondsOf(parseNumber(/ total=(\d{1,20})$/.exec(line ?? '')?.[1] ?? ''), MICROSECONDS);
  };
  return { some: total('some'), full: total('full') };
}

function coresOf(quota: string, period: string): number | null | undefined {
  if (quota.trim() === 'max') return null;
  const [granted, every] = [parseNumber(quota), parseNumber(period)];
  return granted === undefined || every === undefined || every === 0 ? undefined : granted / every;
}

function secondsOf(value: number | undefined, perSecond: number): number | undefined {
  return value === undefined ? undefined : value / perSecond;
}

import * as z from 'zod';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const DURATION = 'must be a duration such as 500ms, 15s or 1m30s';
const SIZE = 'must be a size such as 65536, 64KiB or 8MiB';

/** In the largest unit that divides it: 60000 is 1m. */
function inUnits(amount: number, units: Readonly<Record<string, number>>): string {
  const [unit, size] = Object.entries(units).findLast(([, one]) => amount % one === 0) ?? ['', 1];
  return amount === 0 ? '0' : `${amount / size}${unit}`;
}

/** A duration as Prometheus writes it (`500ms`, `15s`, `1m30s`); parsed to milliseconds. */
export function durationMs(minimumMs: number, maximumMs: number) {
  return z
    .string(DURATION)
    .regex(/^(\d+(ms|s|m|h|d))+$/, DURATION)
    .transform((text) => {
      let total = 0;
      for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(amount) * UNITS_MS[unit];
      return total;
    })
    .refine(
      (ms) => ms >= minimumMs && ms <= maximumMs,
      `must be between ${inUnits(minimumMs, UNITS_MS)} and ${inUnits(maximumMs, UNITS_MS)}`,
    )
    .meta({ description: 'Duration, e.g. 500ms, 15s, 1m30s' });
}

/** A size in bytes with a binary unit (`64KiB`, `8MiB`) or a plain number of bytes. */
export function sizeBytes(minimum: number, maximum: number) {
  return z
    .union([z.number(SIZE).int(SIZE), z.string(SIZE).regex(/^\d+(B|KiB|MiB|GiB)?$/, SIZE)])
    .transform((value) => {
      if (typeof value === 'number') return value;
      const [, amount, unit] = /^(\d+)(\w*)$/.exec(value) ?? [];
      return Number(amount) * (SIZE_UNITS[unit] ?? 1);
    })
    .refine(
      (bytes) => bytes >= minimum && bytes <= maximum,
      `must be between ${inUnits(minimum, SIZE_UNITS)} and ${inUnits(maximum, SIZE_UNITS)}`,
    )
    .meta({ description: 'Size in bytes, e.g. 65536, 64KiB, 8MiB' });
}

/** The keys every collector has. `interval` is how often it polls. */
export function unitSchema<Shape extends z.ZodRawShape>(
  defaults: { enabled: boolean; interval: string },
  shape: Shape,
) {
  return z.strictObject({
    enabled: z.boolean().default(defaults.enabled).describe('Run this collector'),
    interval: durationMs(50, 3_600_000).prefault(defaults.interval).describe('Time between two polls'),
    ...shape,
  });
}

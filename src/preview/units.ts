/** Values as Grafana writes them in a unit; only units that our dashboards use. */

const THOUSANDS = ['', ' K', ' Mil', ' Bil'] as const;
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const RATES: Readonly<Record<string, string>> = { reqps: 'req/s', ops: 'ops/s', pps: 'p/s', Bps: 'B/s' };
const DAY_SECONDS = 86_400;
/** Easy to read on an axis of time. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY_SECONDS];

export function formatValue(value: number, unit: string): string {
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 's') return seconds(value);
  if (unit === 'bytes')
    return scaled(
      value,
      1024,
      BYTES.map((name) => ` ${name}`),
    );
  if (unit === 'none') return short(value);
  const text = scaled(value, 1000, THOUSANDS);
  return unit in RATES ? `${text} ${RATES[unit]}` : text;
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 0.001) return `${short(value * 1e6)} µs`;
  if (size < 1) return `${short(value * 1000)} ms`;
  if (size < 60) return `${short(value)} s`;
  if (size < 3600) return `${short(value / 60)} min`;
  if (size < DAY_SECONDS) return `${short(value / 3600)} h`;
  return `${short(value / DAY_SECONDS)} d`;
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let left = value;
  let power = 0;
  while (Math.abs(left) >= base && power < names.length - 1) {
    left /= base;
    power++;
  }
  return `${short(left)}${names[power]}`;
}

/** Three digits that count, no zeros behind. */
function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)) || Number(value.toPrecision(2)));
}

/** Steps of an axis that are easy to read: 1, 2 or 5 times a power of ten; for bytes powers of two. */
export function niceStep(span: number, count: number, unit: string): number {
  const rough = span / count;
  const time = unit === 's' && rough >= 1 ? SECONDS.find((seconds) => seconds >= rough) : undefined;
  if (time !== undefined) return time;
  if (unit === 'bytes') return 2 ** Math.ceil(Math.log2(rough));
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10);
}

/** A unit of a parameter: which values it takes, and how they are written. */
export interface Unit {
  /** As `--list` and messages say it. */
  readonly shown: string;
  /** What a value has to be, for a message. */
  readonly bounds: string;
  accepts(value: number): boolean;
  /** In PromQL. */
  expr(value: number): string;
  /** In an annotation. */
  text(value: number): string;
}

const positive = (value: number) => value > 0;

const plain = (shown: string, text: (value: number) => string): Unit => ({
  shown,
  bounds: 'more than 0',
  accepts: positive,
  expr: String,
  text,
});

/** Without the noise of binary fractions: 0.07 * 100 is 7. */
const tidy = (value: number) => String(Number(value.toPrecision(12)));

export const UNITS = {
  ratio: {
    shown: 'ratio',
    bounds: 'more than 0 and less than 1, so 0.02 for 2 %',
    accepts: (value) => value > 0 && value < 1,
    expr: String,
    text: (value) => `${tidy(value * 100)} %`,
  },
  seconds: plain('s', (value) => (value < 1 ? `${tidy(value * 1000)} ms` : `${value} s`)),
  days: plain('d', (value) => `${value} d`),
  per_second: plain('1/s', (value) => `${value}/s`),
  factor: plain('–', String),
  mebibytes: plain('MiB', (value) => `${value} MiB`),
  bytes: {
    shown: 'B',
    bounds: 'a whole number from 1000000 on',
    accepts: (value) => Number.isInteger(value) && value >= 1e6,
    expr: String,
    text: (value) => `${tidy(value / 1e6)} MB`,
  },
  // increase() extrapolates, so that one event may read 1.02 and two 1.98: half an event lies between.
  events: {
    shown: 'events',
    bounds: 'a whole number from 1 on',
    accepts: (value) => Number.isInteger(value) && value >= 1,
    expr: (value) => String(value - 0.5),
    text: String,
  },
} as const satisfies Record<string, Unit>;

export type UnitName = keyof typeof UNITS;

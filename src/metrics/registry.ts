import client from 'prom-client';
import type { Declaration, MetricTable, Writers } from '../contract/metrics.ts';
import { counter } from '../contract/metrics.ts';
import type { Clock, Persistent, WakeUps } from '../contract/unit.ts';
import { Births } from './births.ts';
import { addEventLoopLag, LAG_NAMES } from './event-loop-lag.ts';
import { Family, type FamilyOptions } from './family.ts';
import { Histogram } from './histogram.ts';
import { escapeHelp } from './number.ts';
import { type Page, PageBuffers, type Part } from './page-buffers.ts';

export type Format = 'text' | 'openmetrics';
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export const REGISTRY_METRICS = {
  overflowed: counter(
    'badgateway_series_overflowed_total',
    'Samples that went to an overflow series because their family was full, by metric.',
    ['metric'],
  ),
} as const satisfies MetricTable;

const NEWLINE: Part = { bytes: Buffer.from('\n') };
const EOF: Part = { bytes: Buffer.from('# EOF\n') };
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
const DEFAULT_SERIES_LIMIT = 10_000;
/** prom-client's own monitor of the event loop cannot be left out: it wakes the process every so many milliseconds. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * All families of the process. prom-client is the registry (`prom` holds every family, so its `metrics()` and its
 * ecosystem work); the text is written by the families themselves.
 */
export class MetricRegistry {
  readonly prom = new client.Registry();
  private readonly families = new Map<string, Family | Histogram>();
  private readonly own: Writers<typeof REGISTRY_METRICS>;
  private readonly births: Births;
  private readonly pages = new PageBuffers();
  private readonly limit: number;
  private readonly bounds: Bounds;
  private processMetrics: client.Registry | undefined;
  private growths = 0;
  /** Of them, those that a crash does not lose: their lines are read again. */
  private replayable = 0;
  private savedGrowths = 0;

  constructor(clock: Clock, limit = DEFAULT_SERIES_LIMIT, bounds: Bounds = {}) {
    this.births = new Births(clock);
    this.limit = limit;
    this.bounds = bounds;
    this.own = this.writers(REGISTRY_METRICS);
  }

  /** Registers a unit's table and returns its writers. A name registered twice must be declared the same. */
  writers<T extends MetricTable>(table: T): Writers<T> {
    const entries = Object.entries(table).map(([key, declaration]) => [key, this.family(declaration)]);
    return Object.fromEntries(entries) as Writers<T>;
  }

  /** A family of counters or gauges. */
  get(name: string): Family | undefined {
    const family = this.families.get(name);
    return family instanceof Family ? family : undefined;
  }

  /** Node's own process metrics, with our figures for the event loop. */
  collectProcessMetrics(wakeUps?: WakeUps): void {
    const process = new client.Registry();
    client.collectDefaultMetrics({ register: process, eventLoopMonitoringPrecision: NEVER_MS });
    // Gauges with a counter's name: promtool complains, rightly.
    for (const name of [...MISNAMED, ...LAG_NAMES]) process.removeSingleMetric(name);
    addEventLoopLag(process, wakeUps);
    this.processMetrics = process;
  }

  /** One exposition for one scraper (address and agent), which decides when new series leave 0. */
  async page(format: Format, scraper: string): Promise<Page> {
    const process = await this.renderProcess(format);
    this.births.beforeScrape();
    const parts: Part[] = [];
    for (const family of this.families.values()) {
      if (format === 'text' && parts.length > 0) parts.push(NEWLINE);
      parts.push(header(family.declaration, format), family.render());
    }
    this.births.afterScrape(scraper);
    if (process !== '') parts.push({ bytes: Buffer.from(process) });
    if (format === 'openmetrics') parts.push(EOF);
    return this.pages.page(parts);
  }

  /** The same in one piece. */
  async render(format: Format, scraper: string): Promise<Buffer> {
    const page = await this.page(format, scraper);
    const copy = Buffer.concat(page.parts);
    page.release();
    return copy;
  }

  /** prom-client's own OpenMetrics output renames its counters for good (registry.js, `metric.name =`), so the text is converted. */
  private async renderProcess(format: Format): Promise<string> {
    if (this.processMetrics === undefined) return '';
    const text = await this.processMetrics.metrics();
    if (format === 'text') return `\n${text}`;
    return text
      .replace(/^# HELP (\S+)_total (.*)\n# TYPE \1_total counter$/gm, '# HELP $1 $2\n# TYPE $1 counter')
      .replace(/\n\n/g, '\n');
  }

  /** Counters of events go on after a restart: part of the checkpoint. */
  persistent(): Persistent {
    return {
      save: () => this.save(),
      restore: (saved) => this.restore(saved),
      isUrgent: () => this.growths - this.replayable !== this.savedGrowths,
    };
  }

  /** What `count` counts comes from where it can be read again. */
  countReplayable(count: () => void): void {
    const before = this.growths;
    count();
    this.replayable += this.growths - before;
  }

  private save(): Record<string, unknown> {
    this.savedGrowths = this.growths - this.replayable;
    const saved = [...this.families].map(([name, family]) => [name, family.saved()] as const);
    return Object.fromEntries(saved.filter(([, rows]) => rows !== undefined));
  }

  private restore(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    for (const [name, rows] of Object.entries(saved)) this.families.get(name)?.restoreSaved(rows);
  }

  private configured(declaration: Declaration): Declaration {
    const buckets = this.bounds[declaration.name];
    return declaration.type === 'histogram' && buckets !== undefined ? { ...declaration, buckets } : declaration;
  }

  private family(declared: Declaration): Family | Histogram {
    const declaration = this.configured(declared);
    const known = this.families.get(declaration.name);
    if (known !== undefined) {
      if (
        known.declaration.type !== declaration.type ||
        known.declaration.labels.join() !== declaration.labels.join() ||
        bucketsOf(known.declaration) !== bucketsOf(declaration)
      ) {
        throw new Error(`${declaration.name} is declared twice and differently`);
      }
      return known;
    }
    const options: FamilyOptions = {
      limit: this.limit,
      births: this.births,
      onOverflow: (metric) => this.own.overflowed.inc({ metric }),
      onGrowth: () => {
        this.growths++;
      },
    };
    const family =
      declaration.type === 'histogram' ? new Histogram(declaration, options) : new Family(declaration, options);
    this.families.set(declaration.name, family);
    this.prom.registerMetric(promMetric(family));
    return family;
  }
}

/** Upper bounds in place of the declared ones, by name of the family. */
export type Bounds = Readonly<Record<string, readonly number[]>>;

function bucketsOf(declaration: Declaration): string {
  return declaration.type === 'histogram' ? declaration.buckets.join() : '';
}

/** OpenMetrics names a counter family without its `_total`. */
function header({ name, type, help }: Declaration, format: Format): Part {
  const family = format === 'openmetrics' && type === 'counter' ? name.slice(0, -'_total'.length) : name;
  return { bytes: Buffer.from(`# HELP ${family} ${escapeHelp(help)}\n# TYPE ${family} ${type}\n`) };
}

/** What prom-client's registry needs of a metric: name, type and `get()`. */
function promMetric(family: Family | Histogram): client.Metric {
  const { name, help, type, labels } = family.declaration;
  const get = async () => ({ name, help, type, aggregator: 'sum', values: family.promValues() });
  return { name, help, type, get, labelNames: labels } as unknown as client.Metric;
}

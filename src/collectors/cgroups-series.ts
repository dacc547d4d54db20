import type { Labels, Writer, Writers } from '../contract/metrics.ts';
import { Slices } from '../sources/node/slices.ts';
import { type CGROUPS_METRICS, SINGLE_METRICS } from './cgroups-metrics.ts';
import type { CgroupValues, SingleValue } from './cgroups-read.ts';
import type { CgroupReadings } from './cgroups-watch.ts';

interface Shown {
  round: number;
  readonly take: () => void;
}

/**
 * Shows what was read, thousands of series, in slices: what is there is written over, and only what is not read any more is taken away
 * at the end. A scrape meanwhile sees some values of the look before.
 */
export class CgroupSeries {
  readonly #metrics: Writers<typeof CGROUPS_METRICS>;
  readonly #shown = new Map<string, Shown>();
  #round = 0;

  constructor(metrics: Writers<typeof CGROUPS_METRICS>) {
    this.#metrics = metrics;
  }

  async publish(readings: CgroupReadings, machine: CgroupValues['pressure'], signal: AbortSignal): Promise<void> {
    const metrics = this.#metrics;
    const slices = new Slices();
    this.#round++;
    for (const { resource, kind, seconds } of machine)
      this.#set('nodePressure', metrics.nodePressure, { resource, kind }, seconds);
    for (const { subject, values, cpuLimit } of readings.values) {
      for (const name of Object.keys(SINGLE_METRICS) as (keyof typeof SINGLE_METRICS)[]) {
        const value = name === 'cpuLimit' ? cpuLimit : values.single.get(name satisfies SingleValue);
        if (value !== undefined && value !== null) this.#set(name, metrics[name], subject, value);
      }
      for (const { resource, kind, seconds } of values.pressure)
        this.#set('pressure', metrics.pressure, { ...subject, resource, kind }, seconds);
      if (slices.isOver()) await slices.next();
      signal.throwIfAborted();
    }
    for (const { kills, ...labels } of readings.pods) this.#set('podOomKills', metrics.podOomKills, labels, kills);
    metrics.cgroups.reset();
    for (const { state } of readings.states) metrics.cgroups.inc({ state });
    for (const [key, { round, take }] of this.#shown) {
      if (round === this.#round) continue;
      take();
      this.#shown.delete(key);
    }
  }

  clear(): void {
    for (const family of Object.values(this.#metrics)) family.reset();
    this.#shown.clear();
  }

  #set<L extends readonly string[]>(
    name: keyof typeof CGROUPS_METRICS,
    writer: Writer<L>,
    labels: Labels<L>,
    value: number,
  ): void {
    writer.set(labels, value);
    const key = `${name}\xff${Object.values(labels).join('\xff')}`;
    const shown = this.#shown.get(key);
    if (shown === undefined) this.#shown.set(key, { round: this.#round, take: () => writer.remove(labels) });
    else shown.round = this.#round;
  }
}

import type { HistogramDeclaration, HistogramWriter, Labels } from '../contract/metrics.ts';
import type { FamilyOptions } from './family.ts';
import { copyOf, foldedOf, isLabelSet, keyOf, pairsOf } from './label-set.ts';
import type { Part } from './page-buffers.ts';
import { SampleText } from './sample-text.ts';

interface Series {
  readonly base: number;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A family of distributions, written as prom-client's Histogram writes them. Each series is a block of lines: one for each
 * bucket (cumulative), +Inf, sum and count; their values stand in one typed array. The limit of series is one of lines.
 */
export class Histogram<L extends readonly string[] = readonly string[]> implements HistogramWriter<L> {
  readonly declaration: HistogramDeclaration<L>;
  readonly #options: FamilyOptions;
  readonly #series = new Map<string, Series>();
  readonly #text: SampleText;
  readonly #suffixes: readonly string[];
  /** Of the line +Inf; sum and count follow. */
  readonly #inf: number;
  /** Lines of a series. Blocks are only taken and given back whole, so every one begins at a multiple of it. */
  readonly #stride: number;
  #values = new Float64Array(0);
  /** First slots of series that have grown since the last rendering: to touch each line of each would cost more than to count. */
  readonly #changed = new Set<number>();
  /** By number of the block: the birth that holds it at 0; 0 when released. */
  #held = new Float64Array(0);

  constructor(declaration: HistogramDeclaration<L>, options: FamilyOptions) {
    const { name, buckets, labels } = declaration;
    if (!buckets.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > buckets[i - 1])))
      throw new RangeError(`${name}: buckets must ascend`);
    if (labels.includes('le')) throw new RangeError(`${name}: le is not a label to choose`);
    this.declaration = declaration;
    this.#options = options;
    this.#inf = buckets.length;
    this.#stride = buckets.length + 3;
    this.#suffixes = [...buckets.map(() => '_bucket'), '_bucket', '_sum', '_count'];
    this.#text = new SampleText((slot) => this.#shown(slot));
  }

  get size(): number {
    return this.#series.size;
  }

  observe(labels: Labels<L>, value: number): void {
    if (!(value >= 0 && Number.isFinite(value)))
      throw new RangeError(`${this.declaration.name}: ${value} cannot be observed`);
    const base = this.#base(labels);
    const { buckets } = this.declaration;
    const values = this.#values;
    const sum = base + this.#inf + 1;
    let line = 0;
    while (line < this.#inf && value > buckets[line]) line++;
    for (let slot = base + line; slot < sum; slot++) values[slot]++;
    values[sum] += value;
    values[sum + 1]++;
    this.#changed.add(base);
    this.#options.onGrowth?.();
  }

  get buckets(): readonly number[] {
    return this.declaration.buckets;
  }

  merge(labels: Labels<L>, counts: ArrayLike<number>, sum: number): void {
    if (counts.length !== this.#inf + 1 || !isCounted(counts) || !(sum >= 0 && Number.isFinite(sum)))
      throw new RangeError(`${this.declaration.name}: ${this.#inf + 1} counts and their sum are expected`);
    const base = this.#base(labels);
    let cumulative = 0;
    for (let line = 0; line <= this.#inf; line++) {
      cumulative += counts[line];
      this.#values[base + line] += cumulative;
    }
    if (cumulative === 0) return;
    this.#values[base + this.#inf + 1] += sum;
    this.#values[base + this.#inf + 2] += cumulative;
    this.#changed.add(base);
    this.#options.onGrowth?.();
  }

  create(labels: Labels<L>): void {
    this.#base(labels);
  }

  remove(labels: Labels<L>): void {
    const key = keyOf(this.declaration.labels, labels);
    const series = this.#series.get(key);
    if (series === undefined) return;
    this.#series.delete(key);
    this.#held[series.base / this.#stride] = 0;
    this.#changed.delete(series.base);
    // Backwards: the next series gets the slots in their order.
    for (let line = this.#stride - 1; line >= 0; line--) this.#text.remove(series.base + line);
  }

  reset(): void {
    this.#series.clear();
    this.#held.fill(0);
    this.#changed.clear();
    this.#text.clear();
  }

  /** The true values, held back or not; undefined when the series does not exist. */
  value(labels: Labels<L>): { readonly count: number; readonly sum: number } | undefined {
    const series = this.#series.get(keyOf(this.declaration.labels, labels));
    if (series === undefined) return undefined;
    const sum = series.base + this.#inf + 1;
    return { sum: this.#values[sum], count: this.#values[sum + 1] };
  }

  /** The sample lines, ready to send; valid until they are rendered again. */
  render(): Part {
    for (const base of this.#changed) this.#touch(base);
    this.#changed.clear();
    return { bytes: this.#text.render(), lender: this.#text };
  }

  /** What the checkpoint keeps: the bounds, and of each series its cumulative counts and the sum. */
  saved(): unknown {
    const rows = [...this.#series.values()].map(({ base, labels }) => [
      labels,
      [...this.#values.subarray(base, base + this.#inf + 2)],
    ]);
    return { buckets: this.declaration.buckets, rows };
  }

  /** Takes what `saved` gave in an earlier run; tolerates anything. With other bounds the series begin anew. */
  restoreSaved(saved: unknown): void {
    const { buckets, rows } = (saved ?? {}) as { buckets?: unknown; rows?: unknown };
    if (!Array.isArray(buckets) || buckets.join() !== this.declaration.buckets.join() || !Array.isArray(rows)) return;
    for (const row of rows)
      if (Array.isArray(row) && isLabelSet(row[0], this.declaration.labels) && this.#isBlock(row[1]))
        this.#restore(row[0] as Labels<L>, row[1]);
  }

  /** As prom-client's `get()` gives them. */
  promValues(): object[] {
    return [...this.#series.values()].flatMap(({ base, labels }) =>
      this.#suffixes.map((suffix, line) => ({
        metricName: `${this.declaration.name}${suffix}`,
        labels: { ...this.#boundOf(line), ...labels },
        value: this.#shown(base + line),
      })),
    );
  }

  #isBlock(values: unknown): values is number[] {
    if (!Array.isArray(values) || values.length !== this.#inf + 2) return false;
    const isCumulative = (value: unknown, i: number) => i === 0 || i > this.#inf || (value as number) >= values[i - 1];
    return values.every((value, i) => Number.isFinite(value) && value >= 0 && isCumulative(value, i));
  }

  #restore(labels: Labels<L>, values: readonly number[]): void {
    const base = this.#base(labels);
    this.#values.set([...values, values[this.#inf]], base);
    this.#release(base);
  }

  #touch(base: number): void {
    for (let line = 0; line < this.#stride; line++) this.#text.touch(base + line);
  }

  #shown(slot: number): number {
    return this.#held[Math.floor(slot / this.#stride)] === 0 ? this.#values[slot] : 0;
  }

  /** First slot of the series. */
  #base(labels: Labels<L>): number {
    const { name, labels: names } = this.declaration;
    const found = this.#series.get(keyOf(names, labels));
    if (found !== undefined) return found.base;
    if ((this.#series.size + 1) * this.#stride <= this.#options.limit) return this.#create(labels);
    this.#options.onOverflow(name);
    const folded = foldedOf(names, labels) as Labels<L>;
    return this.#series.get(keyOf(names, folded))?.base ?? this.#create(folded);
  }

  #create(labels: Labels<L>): number {
    const { name, labels: names } = this.declaration;
    const copy = copyOf(this.declaration, labels);
    const slots = this.#suffixes.map((suffix, line) => {
      const pairs = pairsOf({ ...this.#boundOf(line), ...copy });
      return this.#text.add(pairs === '' ? `${name}${suffix} ` : `${name}${suffix}{${pairs}} `);
    });
    const [base] = slots;
    this.#grow(base + this.#stride);
    this.#values.fill(0, base, base + this.#stride);
    this.#series.set(keyOf(names, labels), { base, labels: copy });
    this.#hold(base);
    return base;
  }

  #boundOf(line: number): Readonly<Record<string, string>> {
    if (line > this.#inf) return {};
    return { le: line === this.#inf ? '+Inf' : String(this.declaration.buckets[line]) };
  }

  #hold(base: number): void {
    const block = base / this.#stride;
    const birth = this.#options.births.born(() => {
      if (this.#held[block] === birth) this.#release(base);
    });
    this.#held[block] = birth;
  }

  #release(base: number): void {
    this.#held[base / this.#stride] = 0;
    this.#touch(base);
  }

  #grow(size: number): void {
    if (size <= this.#values.length) return;
    const values = new Float64Array(size * 2);
    values.set(this.#values);
    this.#values = values;
    const held = new Float64Array(Math.ceil(values.length / this.#stride));
    held.set(this.#held);
    this.#held = held;
  }
}

function isCounted(counts: ArrayLike<number>): boolean {
  for (let i = 0; i < counts.length; i++) if (!(counts[i] >= 0 && Number.isInteger(counts[i]))) return false;
  return true;
}

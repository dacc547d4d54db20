import type { CounterDeclaration, GaugeDeclaration, Labels, SeriesWriter, Writer } from '../contract/metrics.ts';
import type { Births } from './births.ts';
import { NO_FLOATS, withRoom } from './columns.ts';
import { copyOf, foldedOf, isLabelSet, keyOf, labelsOfKey, pairsOf } from './label-set.ts';
import type { Part } from './page-buffers.ts';
import { SampleText } from './sample-text.ts';

export interface FamilyOptions {
  readonly limit: number;
  readonly births: Births;
  /** A counter of events has grown. */
  readonly onGrowth?: () => void;
  /** Called for every sample that went to the overflow series. */
  readonly onOverflow: (metric: string) => void;
}

type SampleDeclaration = CounterDeclaration | GaugeDeclaration;

/**
 * One metric family: values in a typed array, text kept rendered. A write costs a map look-up, a scrape rewrites only
 * the numbers that changed (prom-client builds every label string on every scrape: 29 ms for 5,000 series).
 */
export class Family<L extends readonly string[] = readonly string[]> implements Writer<L> {
  readonly declaration: SampleDeclaration & { readonly labels: L };
  /** Key → slot: an object for each series would be 40 bytes more. */
  private readonly slots = new Map<string, number>();
  /** By slot, where they do not stand in the key: a value has the separator in it. */
  private readonly oddLabels = new Map<number, Readonly<Record<string, string>>>();
  private readonly text: SampleText;
  /** Slots that were looked up before may be others' since. */
  private removals = 0;
  private values = NO_FLOATS;
  /** The birth that holds the series at 0 or at its first value; 0 when released. */
  private held = NO_FLOATS;
  /** First values that not every scraper has read yet, by key: a poll drops all series and sets them again. */
  private readonly firsts = new Map<string, { readonly value: number; readonly birth: number }>();
  private readonly firstOfSlot = new Map<number, number>();
  private readonly options: FamilyOptions;
  private readonly isEvents: boolean;

  constructor(declaration: SampleDeclaration & { readonly labels: L }, options: FamilyOptions) {
    this.declaration = declaration;
    this.isEvents = declaration.type === 'counter' && declaration.kind === 'events';
    this.options = options;
    this.text = new SampleText((slot) => this.shown(slot));
  }

  get size(): number {
    return this.slots.size;
  }

  inc(labels: Labels<L>, amount = 1): void {
    this.check(amount);
    this.add(this.slot(labels), amount);
  }

  seriesOf(labels: Labels<L>): SeriesWriter {
    let slot: number | undefined;
    let removals = 0;
    return {
      inc: (amount = 1) => {
        if (slot === undefined || removals !== this.removals) {
          slot = this.slots.get(this.key(labels));
          removals = this.removals;
        }
        // Not there yet, or one too many: then each write is counted as such.
        if (slot === undefined) return this.inc(labels, amount);
        this.check(amount);
        this.add(slot, amount);
      },
    };
  }

  set(labels: Labels<L>, value: number, first?: number): void {
    if (first !== undefined && first !== value) this.holdAt(this.key(labels), first);
    const slot = this.slot(labels);
    if (Object.is(this.values[slot], value)) return;
    this.values[slot] = value;
    this.text.touch(slot);
  }

  remove(labels: Labels<L>): void {
    const key = this.key(labels);
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    this.slots.delete(key);
    this.oddLabels.delete(slot);
    this.removals++;
    this.held[slot] = 0;
    this.firsts.delete(key);
    this.firstOfSlot.delete(slot);
    this.text.remove(slot);
  }

  reset(): void {
    this.slots.clear();
    this.oddLabels.clear();
    this.removals++;
    this.held.fill(0);
    this.firstOfSlot.clear();
    this.text.clear();
  }

  /** The true value, held back or not; undefined when the series does not exist. */
  value(labels: Labels<L>): number | undefined {
    const slot = this.slots.get(this.key(labels));
    return slot === undefined ? undefined : this.values[slot];
  }

  /** All series with their true values. */
  *entries(): Generator<{ labels: Readonly<Record<string, string>>; value: number; shown: number }> {
    for (const [key, slot] of this.slots)
      yield { labels: this.labelsOf(key, slot), value: this.values[slot], shown: this.shown(slot) };
  }

  /** What the checkpoint keeps; undefined: nothing, it is read again from its owner. */
  saved(): unknown {
    if (!this.isEvents) return undefined;
    const rows: (readonly [labels: Readonly<Record<string, string>>, value: number])[] = [];
    for (const [key, slot] of this.slots) rows.push([this.labelsOf(key, slot), this.values[slot]]);
    return rows;
  }

  /** Takes what `saved` gave in an earlier run; tolerates anything. */
  restoreSaved(saved: unknown): void {
    if (!this.isEvents || !Array.isArray(saved)) return;
    for (const row of saved)
      if (Array.isArray(row) && isLabelSet(row[0], this.declaration.labels) && Number.isFinite(row[1]))
        this.restore(row[0] as Labels<L>, row[1]);
  }

  /** As prom-client's `get()` gives them. */
  promValues(): object[] {
    return [...this.entries()].map(({ labels, shown }) => ({ labels, value: shown }));
  }

  /** Puts back a value from the checkpoint: old series are not held at 0. */
  restore(labels: Labels<L>, value: number): void {
    const slot = this.slot(labels);
    this.held[slot] = 0;
    this.values[slot] = value;
    this.text.touch(slot);
  }

  /** The sample lines, ready to send; valid until they are rendered again. */
  render(): Part {
    return { bytes: this.text.render(), lender: this.text };
  }

  private check(amount: number): void {
    if (this.declaration.type === 'counter' && !(amount >= 0 && Number.isFinite(amount)))
      throw new RangeError(`${this.declaration.name}: a counter cannot grow by ${amount}`);
  }

  private add(slot: number, amount: number): void {
    if (amount === 0) return;
    this.values[slot] += amount;
    this.text.touch(slot);
    if (this.isEvents) this.options.onGrowth?.();
  }

  private shown(slot: number): number {
    return this.held[slot] === 0 ? this.values[slot] : (this.firstOfSlot.get(slot) ?? 0);
  }

  private labelsOf(key: string, slot: number): Readonly<Record<string, string>> {
    return this.oddLabels.get(slot) ?? labelsOfKey(this.declaration.labels, key)!;
  }

  private key(labels: Labels<L>): string {
    return keyOf(this.declaration.labels, labels);
  }

  private slot(labels: Labels<L>): number {
    const found = this.slots.get(this.key(labels));
    if (found !== undefined) return found;
    if (this.slots.size < this.options.limit) return this.create(labels);
    this.options.onOverflow(this.declaration.name);
    const folded = foldedOf(this.declaration.labels, labels) as Labels<L>;
    return this.slots.get(this.key(folded)) ?? this.create(folded);
  }

  private create(labels: Labels<L>): number {
    const copy = copyOf(this.declaration, labels);
    const pairs = pairsOf(copy);
    const slot = this.text.add(pairs === '' ? `${this.declaration.name} ` : `${this.declaration.name}{${pairs}} `);
    this.values = withRoom(this.values, slot);
    this.held = withRoom(this.held, slot);
    this.values[slot] = 0;
    this.held[slot] = 0;
    const key = this.key(labels);
    this.slots.set(key, slot);
    if (labelsOfKey(this.declaration.labels, key) === null) this.oddLabels.set(slot, copy);
    if (this.isEvents) this.hold(slot);
    const first = this.firsts.get(key);
    if (first !== undefined) {
      this.held[slot] = first.birth;
      this.firstOfSlot.set(slot, first.value);
    }
    return slot;
  }

  /** For a series that is not there yet. */
  private holdAt(key: string, value: number): void {
    if (this.isEvents || this.slots.has(key) || this.firsts.has(key)) return;
    const birth = this.options.births.born(() => {
      if (this.firsts.get(key)?.birth !== birth) return;
      this.firsts.delete(key);
      const slot = this.slots.get(key);
      if (slot === undefined || this.held[slot] !== birth) return;
      this.held[slot] = 0;
      this.firstOfSlot.delete(slot);
      this.text.touch(slot);
    });
    this.firsts.set(key, { value, birth });
  }

  private hold(slot: number): void {
    const birth = this.options.births.born(() => {
      if (this.held[slot] !== birth) return;
      this.held[slot] = 0;
      this.text.touch(slot);
    });
    this.held[slot] = birth;
  }
}

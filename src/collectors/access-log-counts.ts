import { AccessCounts, type PackedCounts } from '../parse/access-log/access-counts.ts';
import type { AccessLine } from '../parse/access-log/access-line.ts';
import type { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import type { Interner } from '../parse/interner.ts';
import { type AccessFailure, AccessFailures } from './access-log-failures.ts';

/** What a thread has counted of one gateway, and what it has seen fail. */
export interface PackedAccess {
  readonly counts: PackedCounts;
  readonly failures: readonly AccessFailure[];
}

/** Counters of one gateway, and its failures. */
export class WatchedCounts extends AccessCounts {
  readonly failures: AccessFailures;

  constructor(peers: Interner, buckets: TimeBuckets) {
    super(peers, buckets);
    this.failures = new AccessFailures(peers);
  }

  override count(line: AccessLine, buffer: Buffer): void {
    super.count(line, buffer);
    this.failures.look(line, buffer);
  }

  /** All of it, for `addAll` in another thread; starts again at zero. */
  packAll(): PackedAccess {
    const failures: AccessFailure[] = [];
    this.failures.drain((failure) => void failures.push(failure));
    return { counts: this.pack(), failures };
  }

  addAll({ counts, failures }: PackedAccess): void {
    this.add(counts);
    for (const failure of failures) this.failures.add(failure);
  }
}

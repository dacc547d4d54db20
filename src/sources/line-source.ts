import type { CheckpointRegistry, Clock, WakeUps } from '../contract/unit.ts';
import type { RangeAhead, RangeAnswer, RangeWish } from './file-range.ts';

export { Tailer } from './tail/tailer.ts';

/** Where a block of bytes came from. `key` is the stable id of the followed path. */
export interface Follow {
  readonly path: string;
  readonly key: string;
}

/**
 * - `truncated`: the file shrank or was rewritten in place (copytruncate);
 * - `rotated_away`: a generation that the checkpoint knows is in no sibling any more;
 * - `deleted`: the same, and its directory is gone;
 * - `unreadable_archive`: a compressed sibling that had to be read is damaged or too big;
 * - `unreadable`: reading a plain file failed again and again, until too many such were held.
 */
export type LossReason = 'truncated' | 'rotated_away' | 'deleted' | 'unreadable_archive' | 'unreadable';

/** Gets blocks and says how much of each it has used. All methods are sync and must not throw. */
export interface BlockSink {
  /**
   * buffer[start..end) holds ≥ 1 byte and is only valid during the call. Returns how many bytes from `start` are consumed:
   * whole lines up to and including their '\n'; the rest comes again with what follows. A line longer than the cap may be
   * delivered whole when it lies inside one block. `final`: no more bytes will ever come for this generation of the file:
   * an unterminated last line must be consumed too.
   */
  onBlock(file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number;
  /** Asked before lines are looked for; without it they are. */
  wantsRange?(file: Follow): RangeWish;
  /** Offers many lines at once. What was taken is as read. */
  onRange?(file: Follow, range: RangeAhead): RangeAnswer;
  /** Bytes of an over-long line were skipped. Called once or more for one line. */
  onSkipped(file: Follow, bytes: number): void;
  /** Data may have been destroyed unread. `bytes` is a lower bound, 0 when only the possibility is known. */
  onLoss(file: Follow, reason: LossReason, bytes: number): void;
  /** A file is first seen; so many bytes of it are to be read. */
  onOpen?(file: Follow, behindBytes: number): void;
  /** A file is gone and all it held has been read. */
  onClose?(file: Follow): void;
}

/** `missing`: the path does not exist now. `refused`: see `error`. */
export type FollowState = 'following' | 'catching_up' | 'missing' | 'refused';

export interface FollowStatus {
  readonly path: string;
  readonly state: FollowState;
  /** Bytes not yet handed over, unread generations included. */
  readonly behindBytes: number;
  /** Position in the current file; 0 when there is none. */
  readonly offset: number;
  /** Milliseconds since the epoch; null before the first block. */
  readonly lastReadMs: number | null;
  readonly error?: string;
}

export interface TailerLimits {
  /** Files followed at once. */
  readonly files: number;
  /** A longer line without newline is skipped. */
  readonly lineBytes: number;
  /** A rotated file is let go after this long without growth when its successor exists… */
  readonly quietMs: number;
  /** …and after this long without growth in any case. */
  readonly holdMs: number;
  /** Rotated files kept open at once per path. */
  readonly generations: number;
  /** Decompressed bytes read of one archive. */
  readonly archiveBytes: number;
}

export interface TailerOptions {
  /** `*`, `?`, `[..]`, `{a,b}`; no `**`. A path without them is followed whatever its name is. */
  readonly globs: readonly string[];
  /** For files that exist at the first start without a checkpoint; files born later are read from their beginning. */
  readonly startAt: 'end' | 'beginning';
  readonly sink: BlockSink;
  readonly clock: Clock;
  /** Must be loaded before `start`. */
  readonly checkpoint: CheckpointRegistry;
  /** Name of this tailer's part in the checkpoint; default `tail`. */
  readonly name?: string;
  readonly limits?: Partial<TailerLimits>;
  /** Looks run together with what else recurs. */
  readonly wakeUps?: WakeUps | undefined;
  /** Told of each look that finds 8 MiB and more to read. */
  readonly onBacklog?: (() => void) | undefined;
}

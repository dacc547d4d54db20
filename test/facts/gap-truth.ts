/** The state of one address of one upstream after an event. */
export interface Moment {
  readonly atMs: number;
  /** The upstream is in the running configuration. */
  readonly isPresent: boolean;
  readonly isUsed: boolean;
  readonly isLive: boolean;
}

const AHEAD_MS = 60_000;

/**
 * What is to be found of an address, by the definitions alone: looks back and forth over its whole history for every
 * change of it. The first moment is the first view.
 */
export function truthOf(history: readonly Moment[]): string[] {
  const found: string[] = [];
  for (let now = 1; now < history.length; now++) {
    const [before, after] = [history[now - 1], history[now]];
    if (before.isUsed && !after.isUsed) found.push(...dropped(history, now));
    if (!before.isUsed && after.isUsed && after.isLive) found.push(...taken(history, now));
    if (!before.isLive && after.isLive && after.isUsed) found.push(...revived(history, now));
  }
  return found;
}

function dropped(history: readonly Moment[], now: number): string[] {
  const { atMs, isLive } = history[now];
  if (!isLive) {
    const lost = lastIndex(history, now, (before, after) => before.isLive && !after.isLive);
    if (lost < 0) return ['death? not_seen'];
    return [`death ${atMs - Math.max(history[lost].atMs, history[usedSince(history, now)].atMs)}`];
  }
  const next = history.findIndex((moment, i) => i > now && (moment.isUsed || !moment.isLive));
  if (next < 0 || history[next].isUsed || history[next].atMs - atMs > AHEAD_MS) return [];
  return [history[next].atMs === atMs ? 'death 0' : 'death 0 clamped'];
}

function taken(history: readonly Moment[], now: number): string[] {
  const ready = lastIndex(history, now, (before, after) => !before.isLive && after.isLive);
  if (ready < 0 || history.slice(ready, now).some(({ isUsed, isPresent }) => isUsed || !isPresent)) return [];
  return [`propagation ${history[now].atMs - history[ready].atMs}`];
}

function revived(history: readonly Moment[], now: number): string[] {
  const since = usedSince(history, now);
  const isEarly = since > 0 && history[since - 1].isPresent && !history[since].isLive;
  const waitedMs = history[now].atMs - history[since].atMs;
  const wasLive = history.slice(since, now).some(({ isLive }) => isLive);
  if (isEarly && !wasLive && waitedMs <= AHEAD_MS) return [`propagation 0${waitedMs > 0 ? ' clamped' : ''}`];
  return history.slice(0, now).some(({ isLive }) => isLive) ? ['flap'] : [];
}

function usedSince(history: readonly Moment[], now: number): number {
  return Math.max(
    0,
    lastIndex(history, now, (before, after) => !before.isUsed && after.isUsed),
  );
}

/** Of the last change up to `now`; negative when there was none. */
function lastIndex(history: readonly Moment[], now: number, is: (before: Moment, after: Moment) => boolean): number {
  for (let i = now; i > 0; i--) if (is(history[i - 1], history[i])) return i;
  return -1;
}

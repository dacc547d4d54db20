/** A state of an address, or a number of ready endpoints, from a moment on. */
export interface Phase<T> {
  readonly value: T;
  /** Milliseconds since the epoch; null: from before anybody looked. */
  readonly sinceMs: number | null;
}

/** Those that lasted into the span or began in it, the oldest first; milliseconds since the epoch. */
export function within<P extends Phase<unknown>>(phases: readonly P[], fromMs: number, untilMs: number): readonly P[] {
  if (phases.length === 1) return phases;
  return phases.filter((_, at) => isWithin(phases, at, fromMs, untilMs));
}

/** The last of them; without garbage: it is asked for every failure. */
export function lastWithin<P extends Phase<unknown>>(phases: readonly P[], fromMs: number, untilMs: number): P {
  let at = phases.length - 1;
  while (at > 0 && !isWithin(phases, at, fromMs, untilMs)) at--;
  return phases[at];
}

/** The least number of them; without end when there are none. */
export function leastWithin(phases: readonly Phase<number>[], fromMs: number, untilMs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < phases.length; at++)
    if (isWithin(phases, at, fromMs, untilMs)) least = Math.min(least, phases[at].value);
  return least;
}

/** Whether the phase at this place lasted into the span or began in it. */
export function isWithin(phases: readonly Phase<unknown>[], at: number, fromMs: number, untilMs: number): boolean {
  if (phases.length === 1) return true;
  const endMs = phases[at + 1]?.sinceMs ?? Number.POSITIVE_INFINITY;
  return endMs > fromMs && (at === 0 || phases[at].sinceMs! <= untilMs);
}

/** Milliseconds until the next one, the last until now; without end when nobody saw it begin. */
export function lastedMs<P extends Phase<unknown>>(phases: readonly P[], phase: P, nowMs: number): number {
  const endMs = phases[phases.indexOf(phase) + 1]?.sinceMs ?? nowMs;
  return phase.sinceMs === null ? Number.POSITIVE_INFINITY : endMs - phase.sinceMs;
}

/** Without those that say the same as the one before. */
export function merge<P extends Phase<unknown>>(phases: readonly P[]): P[] {
  const merged: P[] = [];
  for (const phase of phases) if (merged.at(-1)?.value !== phase.value) merged.push(phase);
  return merged;
}

/** A state of an address, or a number of ready endpoints, from a moment on. */
export interface Phase<T> {
  readonly value: T;
  /** Milliseconds since the epoch; null: from before anybody looked. */
  readonly sinceMs: number | null;
}

/** Those that lasted into the span or began in it, the oldest first; milliseconds since the epoch. */
export function within<P extends Phase<unknown>>(phases: readonly P[], fromMs: number, untilMs: number): readonly P[] {
  if (phases.length === 1) return phases;
  return phases.filter((phase, at) => {
    const endMs = phases[at + 1]?.sinceMs ?? Number.POSITIVE_INFINITY;
    return at === 0 ? endMs > fromMs : phase.sinceMs! <= untilMs && endMs > fromMs;
  });
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

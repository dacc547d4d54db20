import type { EvidenceSource } from '../contract/evidence.ts';

/** What is known, or why it is not. Nothing may be concluded from what is not known. */
export type Answer<T> = Known<T> | Unknown;

export interface Known<T> {
  readonly isKnown: true;
  readonly value: T;
}

export interface Unknown {
  readonly isKnown: false;
  /** Half a sentence: `the EndpointSlices were last heard of 40 s before`. */
  readonly why: string;
  /** It may be known within seconds: a verdict may wait for it. */
  readonly mayCome: boolean;
  /** Whoever reads that can say it; null: it comes by itself. Absent when it will not come. */
  readonly source?: EvidenceSource | null;
}

export function known<T>(value: T): Known<T> {
  return { isKnown: true, value };
}

/** It will not be known. */
export function unknown(why: string): Unknown {
  return { isKnown: false, why, mayCome: false };
}

/** It may be known soon: when the source is read, or (null) by itself. */
export function pending(why: string, source: EvidenceSource | null = null): Unknown {
  return { isKnown: false, why, mayCome: true, source };
}

import type { AppOptions } from './app.ts';

export interface PodOptions extends Partial<AppOptions> {
  readonly namespace?: string;
  /** Another than the next free address. */
  readonly lastByte?: number;
  /** False: a pod whose application does not run. */
  readonly runs?: boolean;
}

export interface WatchOptions {
  /** False: no API server is configured. */
  readonly kubernetes?: boolean;
  /** False: the fault is there from the start, so nothing is asked before it. */
  readonly healthy?: boolean;
  /** False: no upstream of it can be mapped to a Service. */
  readonly mapped?: boolean;
  readonly collectors?: object;
  /** The kernel's counters of the backends are read before it goes on: what they grew by is what the fault is about. */
  readonly counters?: boolean;
}

export interface SceneOptions {
  /** Tells the networks of faults that run at the same time apart: 0 to 110. */
  readonly number: number;
  /** Program to run, else the sources. */
  readonly main?: string | undefined;
}

/** What the HTTP side reads from the rest of the program; app.ts implements both, tests use in-memory ones. */
import type { Cause, CollectorState, ProxyKind, Symptom } from '../contract/names.ts';
import type { Target } from '../contract/unit.ts';
import type { Format } from '../metrics/registry.ts';

export interface Readiness {
  readonly ready: boolean;
  /** One sentence; shown by /-/ready. */
  readonly reason: string;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: Buffer;
  /** The body has been sent, or copied: it is used again for another page. */
  release(): void;
}

export interface MetricsSource {
  /** `scraper` (address and agent) decides when a new series leaves 0. */
  render(format: Format, scraper: string): Promise<MetricsPage>;
  /** Our configuration is loaded; nothing outside matters, so that an outage of the API server does not kill the observer. */
  ready(): Readiness;
  /** Why /metrics must not be read yet (the tail has not passed the sizes seen at start), or null. */
  catchingUp(): string | null;
}

export interface CollectorStatus {
  readonly name: string;
  readonly state: CollectorState;
  readonly detail: string;
  /** ISO time, or null when it never succeeded. */
  readonly lastSuccessAt: string | null;
  readonly durationMs: number | null;
  readonly targets: readonly Target[];
}

export interface VerdictStatus {
  /** ISO time of the last of `count`. */
  readonly at: string;
  readonly gateway: string;
  readonly proxy: ProxyKind;
  readonly cause: Cause;
  readonly symptom: Symptom;
  readonly upstream: string;
  /** `address:port`, a socket path or a block name; empty when unknown. */
  readonly peer: string;
  readonly count: number;
  /** Words that a person on call can check. */
  readonly evidence: string;
}

export interface StatusLink {
  readonly label: string;
  readonly href: string;
}

/** The answer of /api/v1/status, and all that the page shows. */
export interface StatusReport {
  readonly version: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly role: string;
  readonly config: {
    /** `defaults` or the path of the file. */
    readonly source: string;
    readonly lastReloadSuccessful: boolean;
    readonly lastReloadAt: string | null;
  };
  readonly checkpoint: { readonly state: 'ok' | 'disabled' | 'failed'; readonly detail: string };
  readonly collectors: readonly CollectorStatus[];
  /** Sentences: what was found, and what was not and why. */
  readonly discovery: readonly string[];
  /** Newest first, at most 50. */
  readonly verdicts: readonly VerdictStatus[];
  readonly totals: readonly { readonly gateway: string; readonly cause: Cause; readonly count: number }[];
  readonly links: readonly StatusLink[];
}

export interface StatusSource {
  status(): StatusReport;
}

export interface ReloadResult {
  readonly ok: boolean;
  readonly message: string;
}

import type { EvidenceSink } from '../contract/evidence.ts';
import type { Writer } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import { backendEvent, EVENT_WORDS, MOST_LETTERS } from '../parse/backend-line.ts';

export const BACKEND_LOG_LABELS = ['upstream_namespace', 'upstream_service', 'event'] as const;

/** The log of one container. */
export interface BackendLog {
  /** `namespace/name` */
  readonly pod: string;
  readonly container: string;
  /** `namespace/name` of each Service that it is behind. */
  readonly services: readonly string[];
}

export interface BackendLogContext {
  readonly metrics: { readonly events: Writer<typeof BACKEND_LOG_LABELS> };
  readonly evidence: Pick<EvidenceSink, 'changed'>;
  readonly clock: Clock;
}

interface Told {
  count: number;
  atMs: number;
}

/** The same of one container is told so often at most; its count says how often it was. */
const TELL_EVERY_MS = 60_000;
const MOST_TOLD = 1_000;
/** A stamp that is older has been on its way for too long to be believed. */
const OLDEST_MS = 3_600_000;

/** Counts what lines of backends tell, and puts it beside failures as changes of the Service. */
export class BackendLogEvents {
  readonly #context: BackendLogContext;
  /** By container and event, the latest last. */
  readonly #told = new Map<string, Told>();

  constructor(context: BackendLogContext) {
    this.#context = context;
  }

  /** @param head begin of the line with the runtime's stamp; @param content without it */
  line({ pod, container, services }: BackendLog, head: string, content: Buffer): void {
    const event = backendEvent(content.toString('latin1', 0, MOST_LETTERS));
    if (event === null) return;
    const { metrics, evidence, clock } = this.#context;
    for (const service of services) {
      const [upstream_namespace, upstream_service] = service.split('/');
      metrics.events.inc({ upstream_namespace, upstream_service, event });
    }
    const nowMs = clock.now();
    const key = `${pod} ${container} ${event}`;
    const told = this.#told.get(key) ?? { count: 0, atMs: Number.NEGATIVE_INFINITY };
    told.count++;
    this.#told.delete(key);
    this.#told.set(key, told);
    if (this.#told.size > MOST_TOLD) this.#told.delete(this.#told.keys().next().value!);
    if (Math.abs(nowMs - told.atMs) < TELL_EVERY_MS) return;
    const times = told.count > 1 ? ` (x${told.count})` : '';
    const text = `container ${container} of pod ${pod} ${EVENT_WORDS[event]}, by its log${times}`;
    told.atMs = nowMs;
    told.count = 0;
    for (const service of services)
      evidence.changed({ kind: 'warning', subject: null, service, atMs: momentOf(head, nowMs), text });
  }
}

/** As the container runtime stamps its lines; else now. */
function momentOf(head: string, nowMs: number): number {
  const atMs = Date.parse(/^\d{4}-\d{2}-\d{2}T[\d:.]{8,18}(?:Z|[+-]\d{2}:\d{2})/.exec(head)?.[0] ?? '');
  return atMs <= nowMs && nowMs - atMs < OLDEST_MS ? atMs : nowMs;
}

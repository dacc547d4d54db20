import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { counted } from '../contract/counted.ts';
import type { Subject } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import type { UpstreamInUse } from '../contract/upstream.ts';
import { BackendsReader, isWithoutBackends } from '../parse/ingress-nginx-backends.ts';
import { UPSTREAM_SKIPS, type UpstreamAnswer } from '../parse/upstream-answer.ts';
import type { Base } from '../sources/http-get.ts';
import type { IngressNginxMetrics } from './ingress-nginx.ts';
import { ownPod } from './own-pod.ts';
import { type Look, UpstreamApiCollector } from './upstream-api.ts';
import { type ApiConfig, formatPlace, subjectFoundHere, subjectOfTarget } from './upstream-api-config.ts';
import {
  describeFailure,
  failureOf,
  getBody,
  NotReadyError,
  type PollFailure,
  UpstreamApiTarget,
  type UpstreamReader,
  type UpstreamReading,
} from './upstream-api-target.ts';

/** nginx compares the whole request target with it, and takes a POST there as a new configuration. Only GET is ever sent. */
const PATH = '/configuration/backends';

/** Where the status port (`--status-port`) is by default. */
const USUAL_PLACE: Base = { host: '127.0.0.1', port: 10_246 };

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Also how long one that was found may be silent before it counts as gone. */
const LOOK_EVERY_MS = 60_000;

/** The longest stretch of parsing before other work has its turn. */
const SLICE_MS = 10;

type Context = CollectorContext<IngressNginxMetrics>;

class IngressNginxReader implements UpstreamReader {
  readonly #base: Base;
  readonly #subject: Subject;
  readonly #timeoutMs: number;
  readonly #metrics: Context['metrics'];
  /** Of the whole body: most polls find nothing new. */
  #hash = '';
  #answer: UpstreamAnswer = { upstreams: new Map(), skipped: { invalid: 0, duplicate: 0, limit: 0 } };
  #upstreams: readonly UpstreamInUse[] = [];

  constructor(
    base: Base,
    subject: Subject,
    { timeoutMs, metrics }: { timeoutMs: number; metrics: Context['metrics'] },
  ) {
    this.#base = base;
    this.#subject = subject;
    this.#timeoutMs = timeoutMs;
    this.#metrics = metrics;
  }

  async read(signal: AbortSignal): Promise<UpstreamReading> {
    const request = { base: this.#base, path: PATH, timeoutMs: this.#timeoutMs, maxBytes: MAX_BODY_BYTES, signal };
    const body = await getBody(request);
    if (isWithoutBackends(body)) throw new NotReadyError('the controller has not told nginx any backends yet');
    const digest = createHash('sha256');
    for (const chunk of body) digest.update(chunk);
    const hash = digest.digest('base64');
    if (hash !== this.#hash) {
      this.#answer = await parseInSlices(body, this.#answer.upstreams, signal);
      this.#upstreams = [...this.#answer.upstreams.values()];
      this.#hash = hash;
    }
    return { upstreams: this.#upstreams, detail: counted(this.#upstreams.length, 'backend') };
  }

  /** False for an answer that anything could give. */
  get isIngressNginx(): boolean {
    return this.#upstreams.length > 0 && this.#answer.skipped.invalid === 0;
  }

  show(): void {
    this.#metrics.backends.set(this.#subject, this.#upstreams.length);
    for (const reason of UPSTREAM_SKIPS)
      this.#metrics.skipped.set({ ...this.#subject, reason }, this.#answer.skipped[reason]);
  }

  hide(): void {
    this.#metrics.backends.remove(this.#subject);
    for (const reason of UPSTREAM_SKIPS) this.#metrics.skipped.remove({ ...this.#subject, reason });
  }

  countFailure(reason: PollFailure): void {
    this.#metrics.pollErrors.inc({ ...this.#subject, reason });
  }
}

async function parseInSlices(
  body: readonly Buffer[],
  known: ReadonlyMap<string, UpstreamInUse>,
  signal: AbortSignal,
): Promise<UpstreamAnswer> {
  const reader = new BackendsReader(known);
  let sinceMs = performance.now();
  for (const chunk of body) {
    reader.push(chunk);
    if (performance.now() - sinceMs < SLICE_MS) continue;
    await nextTurn();
    signal.throwIfAborted();
    sinceMs = performance.now();
  }
  return reader.end();
}

/** The collector with another place to look at than the usual one (tests use free ports). */
export function createIngressNginxCollector(
  config: ApiConfig,
  context: Context,
  usualPlace: Base = USUAL_PLACE,
): UpstreamApiCollector {
  const { clock, metrics, upstreams, paths } = context;
  const own = ownPod(process.env);
  const open = (base: Base, subject: Subject) => {
    const reader = new IngressNginxReader(base, subject, { timeoutMs: config.timeout, metrics });
    const name = formatPlace({ base, path: '' });
    const target = new UpstreamApiTarget({ name, subject, source: 'ingress_nginx', reader, upstreams, clock });
    return { target, reader, name };
  };

  async function look(signal: AbortSignal): Promise<Look> {
    const { target, reader, name } = open(usualPlace, subjectFoundHere(own, paths));
    try {
      await reader.read(signal);
    } catch (error) {
      const reason = failureOf(error);
      if (reason === null) throw error;
      if (reason === 'unreachable') return { target: null, note: `nothing listens on ${name}`, againMs: LOOK_EVERY_MS };
      return {
        target: null,
        note: describeFailure(name, error as Error),
        againMs: reason === 'not_ready' ? 0 : LOOK_EVERY_MS,
      };
    }
    if (reader.isIngressNginx) return { target, note: `ingress-nginx at ${name}`, againMs: LOOK_EVERY_MS };
    return { target: null, note: `${name} answers, but not as ingress-nginx`, againMs: LOOK_EVERY_MS };
  }

  return new UpstreamApiCollector({
    what: 'ingress-nginx',
    key: 'collectors.ingress_nginx.targets',
    clock,
    targets: config.targets.map((target) => open(target.url.base, subjectOfTarget(target, own)).target),
    look: config.discover ? look : null,
    isGone: ({ failingSinceMs }, nowMs) => failingSinceMs !== null && nowMs - failingSinceMs >= LOOK_EVERY_MS,
  });
}

import { counted } from '../contract/counted.ts';
import type { Subject } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import type { UpstreamInUse } from '../contract/upstream.ts';
import { PEER_STATES, type PlusAnswer, readApiVersion, readPlusUpstreams } from '../parse/nginx-plus-upstreams.ts';
import { UPSTREAM_SKIPS } from '../parse/upstream-answer.ts';
import { HttpGetError } from '../sources/http-get.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { FABRIC_SOCKET, type NginxPlusMetrics, USUAL_PATH } from './nginx-plus.ts';
import { ownPod } from './own-pod.ts';
import { type Look, UpstreamApiCollector } from './upstream-api.ts';
import {
  type ApiConfig,
  type ApiPlace,
  formatPlace,
  subjectFoundHere,
  subjectOfTarget,
} from './upstream-api-config.ts';
import {
  getBody,
  type PollFailure,
  UpstreamApiTarget,
  type UpstreamReader,
  type UpstreamReading,
} from './upstream-api-target.ts';

const MAX_VERSIONS_BYTES = 4096;

const MAX_BODY_BYTES = 32 * 1024 * 1024;

type Context = CollectorContext<NginxPlusMetrics>;

class NginxPlusReader implements UpstreamReader {
  readonly #place: ApiPlace;
  readonly #subject: Subject;
  readonly #timeoutMs: number;
  readonly #metrics: Context['metrics'];
  /** Null: to be asked for. */
  #version: number | null = null;
  #answer: PlusAnswer | null = null;
  #upstreams: readonly UpstreamInUse[] = [];

  constructor(
    place: ApiPlace,
    subject: Subject,
    { timeoutMs, metrics }: { timeoutMs: number; metrics: Context['metrics'] },
  ) {
    this.#place = place;
    this.#subject = subject;
    this.#timeoutMs = timeoutMs;
    this.#metrics = metrics;
  }

  async read(signal: AbortSignal): Promise<UpstreamReading> {
    try {
      this.#version ??= readApiVersion(await this.#get('/', MAX_VERSIONS_BYTES, signal));
      const http = await this.#get(`/${this.#version}/http/upstreams`, MAX_BODY_BYTES, signal);
      const stream = await this.#getStream(this.#version, signal);
      this.#take(readPlusUpstreams({ http, stream }, this.#answer?.upstreams ?? new Map()));
      return {
        upstreams: this.#upstreams,
        detail: `${counted(this.#upstreams.length, 'upstream')} by API ${this.#version}`,
      };
    } catch (error) {
      // Another nginx may answer next time.
      this.#version = null;
      throw error;
    }
  }

  #take(answer: PlusAnswer): void {
    const upstreams = [...answer.upstreams.values()];
    const before = this.#upstreams;
    const isSame = before.length === upstreams.length && upstreams.every((upstream, at) => upstream === before[at]);
    if (!isSame) this.#upstreams = upstreams;
    this.#answer = answer;
  }

  /** Null: nginx has no streams. */
  async #getStream(version: number, signal: AbortSignal): Promise<Buffer[] | null> {
    try {
      return await this.#get(`/${version}/stream/upstreams`, MAX_BODY_BYTES, signal);
    } catch (error) {
      if (error instanceof HttpGetError && error.status === 404) return null;
      throw error;
    }
  }

  #get(path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer[]> {
    const { base, path: root } = this.#place;
    return getBody({ base, path: root + path, timeoutMs: this.#timeoutMs, maxBytes, signal });
  }

  show(): void {
    if (this.#answer === null) return;
    const { peers, skipped } = this.#answer;
    for (const state of PEER_STATES) this.#metrics.peers.set({ ...this.#subject, state }, peers[state]);
    for (const reason of UPSTREAM_SKIPS) this.#metrics.skipped.set({ ...this.#subject, reason }, skipped[reason]);
  }

  hide(): void {
    for (const state of PEER_STATES) this.#metrics.peers.remove({ ...this.#subject, state });
    for (const reason of UPSTREAM_SKIPS) this.#metrics.skipped.remove({ ...this.#subject, reason });
  }

  countFailure(reason: PollFailure): void {
    this.#metrics.pollErrors.inc({ ...this.#subject, reason });
  }
}

/** The collector with another socket to look for than the usual one (tests make their own). */
export function createNginxPlusCollector(
  config: ApiConfig,
  context: Context,
  usualSocket = FABRIC_SOCKET,
): UpstreamApiCollector {
  const { clock, metrics, upstreams, paths } = context;
  const own = ownPod(process.env);
  const host = new HostFiles(paths.root);
  const open = (place: ApiPlace, subject: Subject) =>
    new UpstreamApiTarget({
      name: formatPlace(place),
      subject,
      source: 'nginx_plus',
      reader: new NginxPlusReader(place, subject, { timeoutMs: config.timeout, metrics }),
      upstreams,
      clock,
    });

  async function look(): Promise<Look> {
    const kind = host.kindOf(usualSocket);
    const socketPath = host.resolve(usualSocket);
    if (kind === 'denied') return { target: null, note: `${socketPath}: not permitted (its directory)`, againMs: 0 };
    if (kind !== 'other') return { target: null, note: `${socketPath} is not there`, againMs: 0 };
    const target = open({ base: { socketPath }, path: USUAL_PATH }, subjectFoundHere(own, paths));
    return { target, note: `API of NGINX Plus at ${target.name}`, againMs: 0 };
  }

  return new UpstreamApiCollector({
    what: 'API of NGINX Plus',
    key: 'collectors.nginx_plus.targets',
    clock,
    targets: config.targets.map((target) => open(target.url, subjectOfTarget(target, own))),
    look: config.discover ? look : null,
    isGone: () => host.kindOf(usualSocket) !== 'other',
  });
}

import { App } from '../app.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { ObservationSink } from '../contract/failure.ts';
import type { ListenAnswer } from '../contract/listener.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import type { Logger } from '../contract/unit.ts';
import type { CollectorStatus } from '../http/views.ts';
import { parsePeer } from '../parse/peer.ts';
import { reportStatus, statusSource } from '../status.ts';
import { VERSION } from '../version.ts';
import type { Insight } from './diagnose-case.ts';
import type { Looked } from './diagnose-report.ts';

/** Everything that polls seldom polls so often while this command looks. */
const INTERVAL = '3s';
const INTERVAL_MS = 3_000;
const BEAT_MS = 1_000;
const MOST_INCIDENTS = 1_000;
/** Its reports are what the command prints. */
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The configuration for a look of some seconds: no listener, nothing saved, the logs read back by the command itself. */
export function configToLook(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): LoadedConfig {
  const given = loadConfig({ file, flags: {}, environment });
  const slow = Object.entries(given.config.collectors).filter(([, { interval }]) => interval > INTERVAL_MS);
  const flags = {
    ...Object.fromEntries(slow.map(([name]) => [`collectors.${name}.interval`, INTERVAL])),
    'collectors.nginx_error_log.enabled': 'false',
    // Never listened at; what is configured may be refused for reasons that do not matter here.
    'listen.page': '127.0.0.1:9503',
    'listen.metrics': '127.0.0.1:9502',
    'web.config_file': '',
  };
  return loadConfig({ file, flags, environment });
}

/** The parts of the program that watch, in this process: neither listeners nor a checkpoint. */
export class Observer {
  readonly #app: App;
  readonly #polled = new Map<string, { last: object; count: number }>();
  #beating: NodeJS.Timeout | undefined;

  constructor(loaded: LoadedConfig) {
    this.#app = new App({ loaded, reload: () => loaded, log: SILENT, version: VERSION });
  }

  /** Every collector has polled once when it returns. */
  async start(): Promise<void> {
    const { units, judging, config } = this.#app;
    units.build(config, await units.load(config));
    await units.begin();
    this.#beating = setInterval(() => this.#beat(), BEAT_MS);
    await units.run();
    judging.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#beating);
    await this.#app.units.stop();
    this.#app.judging.stop();
  }

  /** Where what the logs say goes. */
  get sink(): ObservationSink {
    return this.#app.judging.sink();
  }

  /** Failures that wait for their verdict. */
  get pending(): number {
    return this.#app.judging.pending;
  }

  /** Collectors that have polled at least twice since the first call, and all of them. */
  progress(): { readonly done: number; readonly all: number } {
    const { harnesses } = this.#app.units;
    for (const [name, { status }] of harnesses) {
      const known = this.#polled.get(name);
      if (known === undefined) this.#polled.set(name, { last: status, count: 1 });
      else if (known.last !== status) Object.assign(known, { last: status, count: known.count + 1 });
    }
    return { done: [...this.#polled.values()].filter(({ count }) => count > 1).length, all: harnesses.size };
  }

  /** `logs`: what read the logs in place of their unit. */
  looked(logs: CollectorStatus | null, sinceMs: number): Looked {
    const source = statusSource(this.#app);
    this.#beat();
    this.#app.judging.stop();
    const status = reportStatus(this.#app);
    const collectors = [...(logs === null ? [] : [logs]), ...status.collectors];
    return {
      status: { ...status, collectors },
      upstreams: source.upstreams({}),
      incidents: source.incidents({ sinceMs, limit: MOST_INCIDENTS }),
    };
  }

  /** What listens at the addresses that gateways use: it is forgotten when the collectors stop. */
  insight({ upstreams: { gateways } }: Looked): Insight {
    const seen = new Map<string, Pick<ListenAnswer, 'state' | 'others'> | null>();
    for (const { subject, upstreams } of gateways)
      for (const { addresses } of upstreams)
        for (const { address } of addresses) seen.set(keyOf(subject, address), this.#listening(subject, address));
    return { listening: (subject, address) => seen.get(keyOf(subject, address)) ?? null };
  }

  #listening(subject: Subject, address: string): Pick<ListenAnswer, 'state' | 'others'> | null {
    const peer = parsePeer(address);
    // No moment: the last look counts, whenever it was.
    const answer = this.#app.truth.facts.listener({
      ...{ proxy: 'nginx', subject, symptom: 'other', failure: false, upstream: UNKNOWN_UPSTREAM, count: 1 },
      ...{ peer, sinceMs: 0, atMs: 0 },
    });
    return answer.isKnown ? answer.value : null;
  }

  #beat(): void {
    const { units, truth, incidents } = this.#app;
    units.flush();
    truth.beat();
    incidents.beat();
  }
}

function keyOf({ namespace, gateway }: Subject, address: string): string {
  return `${namespace}\xff${gateway}\xff${address}`;
}

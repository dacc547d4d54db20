import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Pod } from '../contract/cluster.ts';
import { counted } from '../contract/counted.ts';
import type { Collector, CollectorContext, Outcome } from '../contract/unit.ts';
import { suspectLines } from '../parse/backend-line.ts';
import { LineUnwrapper } from '../parse/log-prefix.ts';
import { GrowingFile } from '../sources/growing-file.ts';
import { NotPermittedError } from '../sources/procfs.ts';
import type { BackendLogConfig, BackendLogMetrics } from './backend-log.ts';
import { type BackendLog, BackendLogEvents } from './backend-log-events.ts';

const MOST_LOGS = 200;

/** Of one log at one look: those beyond say the same. */
const MOST_SUSPECTS = 1_000;

/** After so long other work gets its turn. */
const SLICE_MS = 10;

const NEWLINE = 0x0a;

/** Looks into the logs of the pods behind the gateways for a few words. No verdict rests on them; nothing of a line is shown. */
export class BackendLogCollector implements Collector {
  readonly #config: BackendLogConfig;
  readonly #context: CollectorContext<BackendLogMetrics>;
  readonly #events: BackendLogEvents;
  readonly #unwrapper = new LineUnwrapper();
  #logs = new Map<string, BackendLog & { readonly file: GrowingFile }>();
  #isFirst = true;
  #denied = '';

  constructor(config: BackendLogConfig, context: CollectorContext<BackendLogMetrics>) {
    this.#config = config;
    this.#context = context;
    this.#events = new BackendLogEvents(context);
    context.metrics.skipped.inc({}, 0);
  }

  async poll(): Promise<Outcome> {
    const proxied = this.#context.workloads.proxied();
    if (proxied === null) return this.#nothing('pods are not watched: collectors.kubernetes must be enabled');
    if (!proxied.isKnown) return this.#nothing(`which pods are behind the gateways is not known: ${proxied.why}`);
    this.#denied = '';
    const found = proxied.pods.flatMap(({ pod, services }) =>
      this.#logsOf(
        pod,
        services.map(({ key }) => key),
      ),
    );
    this.#logs = new Map(found.slice(0, MOST_LOGS).map((log) => [log.file.path, log]));
    this.#isFirst = false;
    let read = 0;
    let sliceStart = performance.now();
    for (const log of this.#logs.values()) {
      if (this.#read(log)) read++;
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await setImmediate();
      sliceStart = performance.now();
    }
    if (this.#denied !== '' && read === 0) return { state: 'not_permitted', detail: this.#denied };
    const more = found.length > MOST_LOGS ? `; ${found.length - MOST_LOGS} more are not read` : '';
    if (read === 0)
      return { state: 'absent', detail: `no log of a pod behind the gateways in ${this.#config.directory}` };
    return { state: 'ok', detail: `reads ${counted(read, 'log')} of ${counted(proxied.pods.length, 'pod')}${more}` };
  }

  #nothing(detail: string): Outcome {
    this.#logs = new Map();
    return { state: 'absent', detail };
  }

  /** The log of each container that was written last: `namespace_pod_uid/container/N.log`. */
  #logsOf({ key, uid }: Pod, services: readonly string[]): (BackendLog & { readonly file: GrowingFile })[] {
    const directory = join(this.#config.directory, `${key.replace('/', '_')}_${uid}`);
    return this.#list(directory).flatMap((container) => {
      const numbers = this.#list(join(directory, container)).flatMap(
        (name) => /^(\d{1,9})\.log$/.exec(name)?.[1] ?? [],
      );
      if (numbers.length === 0) return [];
      const path = join(directory, container, `${Math.max(...numbers.map(Number))}.log`);
      const known = this.#logs.get(path);
      const file = known?.file ?? new GrowingFile(path, this.#isFirst);
      return [{ pod: key, container, services, file }];
    });
  }

  #list(directory: string): string[] {
    try {
      return readdirSync(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') this.#denied = `not permitted to read ${directory}`;
      return [];
    }
  }

  #read(log: BackendLog & { readonly file: GrowingFile }): boolean {
    try {
      const skipped = log.file.read(this.#config.max_bytes, (lines) => this.#take(log, lines));
      this.#context.metrics.skipped.inc({}, skipped ?? 0);
      return skipped !== undefined;
    } catch (error) {
      if (!(error instanceof NotPermittedError)) throw error;
      this.#denied = error.message;
      return false;
    }
  }

  #take(log: BackendLog, lines: Buffer): void {
    for (const start of suspectLines(lines, MOST_SUSPECTS)) {
      const end = lines.indexOf(NEWLINE, start);
      this.#unwrapper.unwrapContainer(lines, start, end);
      const { buffer, start: from, end: to } = this.#unwrapper;
      this.#events.line(log, lines.toString('latin1', start, Math.min(end, start + 40)), buffer.subarray(from, to));
    }
  }
}

import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { NEWLINE } from '../parse/bytes.ts';
import { CONTROLLER_EVENTS, controllerEvent } from '../parse/controller-line.ts';
import { Glob } from '../sources/glob.ts';
import { type BlockSink, type Follow, type LossReason, Tailer } from '../sources/line-source.ts';
import { podOfLogPath, workloadOfPod } from '../sources/pod-log-path.ts';
import type { ControllerLogConfig, ControllerLogMetrics } from './controller-log.ts';

/** An agent whose token is refused tries again within a minute. */
const REJECTED_LASTS_MS = 300_000;

interface Controller {
  readonly subject: Subject;
  rejectedMs: number | null;
  updatedMs: number | null;
}

/** Follows the logs of controllers that configure gateways: all that is seen of them from outside. */
export class ControllerLogCollector implements Collector, BlockSink {
  readonly #config: ControllerLogConfig;
  readonly #context: CollectorContext<ControllerLogMetrics>;
  readonly #globs: readonly Glob[];
  readonly #controllers = new Map<string, Controller>();
  #tailer: Tailer | undefined;
  #said: readonly Subject[] = [];

  constructor(config: ControllerLogConfig, context: CollectorContext<ControllerLogMetrics>) {
    this.#config = config;
    this.#globs = config.files.map((file) => new Glob(file));
    this.#context = context;
  }

  async start(): Promise<void> {
    if (this.#isAnyThere()) await this.#follow();
  }

  async stop(): Promise<void> {
    await this.#tailer?.stop();
    this.#say([], null);
  }

  async poll(): Promise<Outcome> {
    if (this.#tailer === undefined && this.#isAnyThere()) await this.#follow();
    this.#judge();
    const status = this.#tailer?.status() ?? [];
    const refused = status.find(({ state }) => state === 'refused');
    const following = status.filter(({ state }) => state === 'following' || state === 'catching_up').length;
    if (following > 0) return { state: 'ok', detail: `following ${following} of ${status.length} files` };
    if (refused !== undefined) return { state: 'not_permitted', detail: `${refused.path}: ${refused.error}` };
    return {
      state: 'absent',
      detail: `no file matches ${this.#config.files.join(', ') || 'collectors.controller_log.files'}`,
    };
  }

  targets(): readonly Target[] {
    return (this.#tailer?.status() ?? []).map(({ path, state, error }) => ({
      name: path,
      state: state === 'refused' ? 'not_permitted' : state === 'missing' ? 'absent' : 'ok',
      detail: error ?? state.replace('_', ' '),
    }));
  }

  onOpen(file: Follow): void {
    this.#of(file);
  }

  onBlock(file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    const last = buffer.lastIndexOf(NEWLINE, end - 1);
    const stop = final ? end : last < start ? start : last + 1;
    const controller = this.#of(file);
    for (const line of buffer.toString('latin1', start, stop).split('\n')) {
      const event = controllerEvent(line);
      if (event === null) continue;
      this.#context.metrics.events.inc({ ...controller.subject, event });
      const nowMs = this.#context.clock.now();
      if (event === 'token_rejected') controller.rejectedMs = nowMs;
      if (event === 'updated') controller.updatedMs = nowMs;
    }
    return stop - start;
  }

  onSkipped(): void {}

  onLoss(file: Follow, _reason: LossReason, _bytes: number): void {
    this.#context.metrics.lost.inc(this.#of(file).subject);
  }

  /** Nobody is woken by a tailer that has nothing to follow. */
  #isAnyThere(): boolean {
    return this.#globs.some((glob) => glob.scan(1).length > 0);
  }

  async #follow(): Promise<void> {
    this.#tailer = new Tailer({
      ...{ globs: this.#config.files, startAt: 'end', sink: this, name: 'controller_log' },
      ...{ clock: this.#context.clock, checkpoint: this.#context.checkpoint, limits: { files: 32 } },
      wakeUps: this.#context.wakeUps,
    });
    await this.#tailer.start();
  }

  #judge(): void {
    const nowMs = this.#context.clock.now();
    const isRecent = ({ rejectedMs }: Controller) => rejectedMs !== null && nowMs - rejectedMs < REJECTED_LASTS_MS;
    const rejecting = [...this.#controllers.values()].filter(isRecent);
    const { updated } = this.#context.metrics;
    updated.reset();
    for (const { subject, updatedMs } of this.#controllers.values())
      if (updatedMs !== null) updated.set(subject, updatedMs / 1000);
    const gateways = this.#context.settings.all().map(({ subject }) => subject);
    const own = [...this.#controllers.values()].map(({ subject }) => subject);
    // Which gateway's agent it was the lines of new versions do not say: all that this node has are named.
    const subjects = gateways.length > 0 ? gateways : own;
    const evidence = rejecting.length === 0 ? '' : evidenceOf(rejecting[0], nowMs);
    this.#say(this.#tailer === undefined ? [] : subjects, rejecting.length > 0, evidence);
  }

  #say(subjects: readonly Subject[], isActive: boolean | null, evidence = ''): void {
    const { conditions } = this.#context;
    const keys = new Set(subjects.map(keyOf));
    for (const subject of this.#said)
      if (!keys.has(keyOf(subject)))
        conditions.condition({ condition: 'token_expired', subject, isActive: null, evidence: '' });
    for (const subject of subjects) conditions.condition({ condition: 'token_expired', subject, isActive, evidence });
    this.#said = subjects;
  }

  #of({ path }: Follow): Controller {
    const log = podOfLogPath(path);
    const subject =
      log === null
        ? { namespace: '', pod: '', container: '', gateway: 'controller' }
        : { namespace: log.namespace, pod: log.pod, container: log.container, gateway: workloadOfPod(log.pod) };
    const key = keyOf(subject);
    const known = this.#controllers.get(key);
    if (known !== undefined) return known;
    const controller = { subject, rejectedMs: null, updatedMs: null };
    this.#controllers.set(key, controller);
    for (const event of CONTROLLER_EVENTS) this.#context.metrics.events.inc({ ...subject, event }, 0);
    return controller;
  }
}

function evidenceOf({ subject, rejectedMs }: Controller, nowMs: number): string {
  const seconds = Math.round((nowMs - rejectedMs!) / 1000);
  const name = [subject.namespace, subject.pod].filter(Boolean).join('/') || subject.gateway;
  return `${name} refused the token of a gateway's agent ${seconds} s ago: changes of endpoints do not reach the gateway`;
}

function keyOf(subject: Subject): string {
  return Object.values(subject).join('\xff');
}

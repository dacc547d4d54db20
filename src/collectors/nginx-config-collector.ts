import { counted } from '../contract/counted.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { CountedSubjects } from './counted-subjects.ts';
import { isSameSubject } from './gateway-subject.ts';
import type { NginxConfigConfig } from './nginx-config.ts';
import { discoverConfigs, type FoundConfig, findConfigured } from './nginx-config-find.ts';
import type { NGINX_CONFIG_METRICS } from './nginx-config-metrics.ts';
import type { ConfigTarget, NginxConfigTarget } from './nginx-config-target.ts';
import { searchMasters } from './nginx-masters.ts';
import type { OwnPod } from './own-pod.ts';

type Context = CollectorContext<typeof NGINX_CONFIG_METRICS>;

/** Looking for masters reads every process; a new one is found after so long, a lost one is looked for at once. */
const LOOK_EVERY_MS = 30_000;

export class NginxConfigCollector implements Collector {
  readonly #config: NginxConfigConfig;
  readonly #context: Context;
  readonly #own: OwnPod;
  #targets = new Map<string, NginxConfigTarget>();
  readonly #counted = new CountedSubjects();
  #notes: readonly string[] = [];
  #nextLookMs = 0;

  constructor(config: NginxConfigConfig, context: Context, own: OwnPod) {
    this.#config = config;
    this.#context = context;
    this.#own = own;
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const nowMs = this.#context.clock.now();
    if (nowMs >= this.#nextLookMs) await this.#look(nowMs);
    const { reloads: _, loads: __, ...gauges } = this.#context.metrics;
    for (const gauge of Object.values(gauges)) gauge.reset();
    if (await this.#pollAll(signal)) return this.#conclude();
    // A master is gone: what runs now is looked for at once.
    await this.#look(nowMs);
    for (const gauge of Object.values(gauges)) gauge.reset();
    if (!(await this.#pollAll(signal))) this.#nextLookMs = 0;
    return this.#conclude();
  }

  /** False when one of the masters is gone. */
  async #pollAll(signal: AbortSignal): Promise<boolean> {
    const results = await Promise.all([...this.#targets.values()].map((target) => target.poll(signal)));
    return results.every(Boolean);
  }

  async #look(nowMs: number): Promise<void> {
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    const found = await this.#find(nowMs);
    const renamed: Subject[] = [];
    const targets = new Map<string, NginxConfigTarget>();
    for (const { target, master } of found) {
      const name = `${target.host.root}${target.main}`;
      const before = this.#targets.get(name);
      // Its logs may be others now, and with them its name; or the name of its pod has come late.
      const isSame = before !== undefined && isSameSubject(before.subject, target.subject);
      if (before !== undefined && !isSame) renamed.push(before.subject);
      const known = isSame ? before : await this.#open(target);
      known.follow(master);
      targets.set(name, known);
    }
    for (const [name, target] of this.#targets) if (targets.get(name) !== target) target.close();
    this.#targets = targets;
    const present = [...targets.values()].map(({ subject }) => subject);
    const ended = this.#counted.follow(present, renamed, nowMs);
    if (ended.length === 0) return;
    const { RELOAD_KINDS } = await import('./nginx-config-content.ts');
    for (const subject of ended)
      for (const kind of RELOAD_KINDS) this.#context.metrics.reloads.remove({ ...subject, kind });
    for (const subject of ended) this.#context.metrics.loads.remove(subject);
  }

  /** The reader of configurations, 40 KB of source, is loaded when there is one to read. */
  async #open(target: ConfigTarget): Promise<NginxConfigTarget> {
    const { NginxConfigTarget } = await import('./nginx-config-target.ts');
    return new NginxConfigTarget(target, this.#context);
  }

  async #find(nowMs: number): Promise<FoundConfig[]> {
    const { files, discover } = this.#config;
    const notes: string[] = [];
    this.#notes = notes;
    const onAwaited = () => {
      this.#nextLookMs = nowMs;
    };
    const masters = await searchMasters(this.#context);
    const search = { paths: this.#context.paths, own: this.#own, onAwaited, ...masters };
    if (files.length > 0) return findConfigured(files, search, notes);
    const found = discover ? discoverConfigs(search, notes) : [];
    if (!discover) notes.push('no files configured and discovery is off (collectors.nginx_config.discover)');
    return found;
  }

  #conclude(): Outcome {
    const targets = this.targets();
    if (targets.length === 0) return { state: 'absent', detail: `no configuration to read: ${this.#notes.join('; ')}` };
    const isRead = targets.filter(({ state }) => state === 'ok');
    const bad = targets.find(({ state }) => state !== 'ok');
    if (bad === undefined)
      return { state: 'ok', detail: `${counted(isRead.length, 'configuration')}; ${targets[0].detail}` };
    if (isRead.length > 0)
      return { state: 'ok', detail: `${isRead.length} of ${targets.length} configurations; ${bad.detail}` };
    if (targets.every(({ state }) => state === 'not_permitted')) return { state: 'not_permitted', detail: bad.detail };
    throw new Error(bad.detail);
  }

  stop(): void {
    for (const target of this.#targets.values()) target.close();
    this.#targets.clear();
  }

  targets(): readonly Target[] {
    return [...this.#targets.values()].map(({ name, state, detail }) => ({ name, state, detail }));
  }

  notes(): readonly string[] {
    return this.#notes;
  }
}

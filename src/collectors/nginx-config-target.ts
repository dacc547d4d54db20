import { counted } from '../contract/counted.ts';
import type { Subject } from '../contract/metrics.ts';
import type { CollectorState } from '../contract/names.ts';
import type { CollectorContext } from '../contract/unit.ts';
import type { Condition } from '../contract/upstream.ts';
import type { ConfContext } from '../parse/nginx-conf-tree.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';
import { type MasterProcess, readMaster } from '../sources/nginx-workers.ts';
import { ProcessClock } from '../sources/process-clock.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { type ConfigContent, RELOAD_KINDS, type ReloadKind } from './nginx-config-content.ts';
import { ConfigDisk, type DiskRead } from './nginx-config-disk.ts';
import { type Generation, WorkerGenerations } from './nginx-config-generation.ts';
import { NotLoadedHeld } from './nginx-config-held.ts';
import { LoadTimes } from './nginx-config-load-times.ts';
import { LoadedConfig, type Verdict } from './nginx-config-loaded.ts';
import type { NGINX_CONFIG_METRICS } from './nginx-config-metrics.ts';
import { NOOP_RELOADS, RELOAD_STORM, ReloadHistory } from './nginx-config-reloads.ts';
import { settingsInUse } from './nginx-config-settings.ts';
import { readRunningVersion } from './nginx-config-version.ts';
import { UpstreamsView } from './nginx-config-view.ts';

export interface ConfigTarget {
  readonly host: HostFiles;
  /** Absolute path as the host sees it. */
  readonly main: string;
  readonly kind: 'conf' | 'dump';
  readonly context: ConfContext | 'auto';
  readonly prefix?: string | undefined;
  readonly directives?: string;
  readonly subject: Subject;
}

/** The master that runs a configuration; `isWhole`: it has the same files, so that what is missing here is missing there. */
export interface TargetMaster {
  readonly pid: number;
  readonly isWhole: boolean;
}

type Context = CollectorContext<typeof NGINX_CONFIG_METRICS>;

const CONDITIONS = ['config_invalid', 'config_not_loaded', 'noop_reloads', 'reload_storm'] as const;

const RELOAD_TEXTS: Readonly<Record<ReloadKind, string>> = {
  changed: 'configuration changed',
  endpoints_only: 'endpoints only',
  reordered: 'nothing but the order changed, if anything',
};

/** One configuration of one gateway: the disk, the workers, and what follows for what runs. */
export class NginxConfigTarget {
  readonly key: string;
  readonly name: string;
  readonly subject: Subject;
  state: CollectorState = 'absent';
  detail = 'not read yet';
  readonly #target: ConfigTarget;
  readonly #context: Context;
  readonly #proc: Procfs;
  readonly #disk: ConfigDisk;
  readonly #view: UpstreamsView;
  readonly #loaded = new LoadedConfig();
  readonly #reloads = new ReloadHistory();
  readonly #notLoaded = new NotLoadedHeld();
  #master: (TargetMaster & { readonly startTicks: number; readonly generations: WorkerGenerations }) | null = null;
  #loadTimes = new LoadTimes();
  /** Its processes have been seen. */
  #hadMaster = false;
  #hash: number | null = null;
  #changedMs = 0;

  constructor(target: ConfigTarget, context: Context) {
    this.name = target.host.root + target.main;
    this.key = `nginx_config:${this.name}`;
    this.subject = target.subject;
    this.#target = target;
    this.#context = context;
    this.#proc = openProcfs(context.paths.proc);
    this.#disk = new ConfigDisk(target);
    this.#view = new UpstreamsView(target.host);
    for (const kind of RELOAD_KINDS) context.metrics.reloads.inc({ ...target.subject, kind }, 0);
    context.metrics.loads.create(target.subject);
  }

  get masterPid(): number | null {
    return this.#master?.pid ?? null;
  }

  /** The processes to look at from now on; another master is another nginx, with nothing known of what it runs. */
  follow(master: TargetMaster | null): void {
    const process = master === null ? undefined : readMaster(this.#proc, master.pid);
    const isSame = master?.pid === this.#master?.pid && process?.startTicks === this.#master?.startTicks;
    if (!isSame) {
      this.#loaded.reset();
      this.#loadTimes = new LoadTimes();
    }
    this.#hadMaster ||= master !== null;
    const generations = isSame && this.#master ? this.#master.generations : new WorkerGenerations();
    this.#master = master && process ? { ...master, startTicks: process.startTicks, generations } : null;
  }

  /** False when the master that it follows is gone. Rejects only on a defect of ours. */
  async poll(signal: AbortSignal): Promise<boolean> {
    const nowMs = this.#context.clock.now();
    if (this.#master === null && this.#hadMaster) {
      // Its files may say anything now: nobody has loaded them.
      this.close();
      this.state = 'ok';
      this.detail = 'its nginx has stopped: nothing of it is in use';
      return true;
    }
    const process = this.#readMaster();
    if (this.#master !== null && process === undefined) return false;
    // The processes first: a reload after them is seen late, not taken for one of the older files.
    const generation = process ? this.#master!.generations.observe(process, this.#clock(), nowMs) : null;
    const disk = this.#disk.read(this.#master?.isWhole === true);
    if (this.#master !== null && readProcessStat(this.#proc, this.#master.pid)?.startTicks !== this.#master.startTicks)
      return false;
    const socket = disk.config?.content.versionSocket ?? null;
    const runningVersion = socket === null ? null : await readRunningVersion(socket, this.#target.host, signal);
    // Now, not when the poll began: files may have been written since, which are none of the future.
    const evidence = { disk: disk.config, generation, runningVersion, nowMs: this.#context.clock.now() };
    this.#publish(disk, this.#loaded.settle(evidence), { generation, nowMs });
    return true;
  }

  /** The gateway is gone: nothing more is said of it. */
  close(): void {
    this.#context.upstreams.remove(this.key);
    this.#context.settings.report(this.key, null);
    for (const condition of CONDITIONS) this.#say(condition, null, 'the gateway is gone');
  }

  #clock(): ProcessClock {
    return new ProcessClock(this.#proc, () => this.#context.clock.now());
  }

  /** Undefined also when another process has its pid now. */
  #readMaster(): MasterProcess | undefined {
    if (this.#master === null) return undefined;
    const process = readMaster(this.#proc, this.#master.pid);
    return process?.startTicks === this.#master.startTicks ? process : undefined;
  }

  #publish(disk: DiskRead, verdict: Verdict, at: { generation: Generation | null; nowMs: number }): void {
    const { metrics } = this.#context;
    const { reload, running } = verdict;
    if (reload !== null) {
      metrics.reloads.inc({ ...this.subject, kind: reload });
      this.#reloads.add(reload, at.nowMs);
      this.#tellReload(reload, at);
    }
    if (disk.config !== null) {
      metrics.lastRead.set(this.subject, at.nowMs / 1000);
      metrics.files.set(this.subject, disk.files);
      metrics.bytes.set(this.subject, disk.bytes);
    }
    const tookMs = this.#loadTimes.look(verdict, at.generation, disk.config?.changedMs ?? null);
    if (tookMs !== null) metrics.loads.observe(this.subject, tookMs / 1000);
    const inUse = running === null ? null : this.#view.of(running.upstreams);
    for (const [kind, count] of disk.problems) metrics.problems.set({ ...this.subject, kind }, count);
    if (inUse === null) this.#context.upstreams.suspend(this.key);
    else {
      if (disk.config !== null)
        metrics.problems.set(
          { ...this.subject, kind: 'unreadable' },
          (disk.problems.get('unreadable') ?? 0) + inUse.unreadable,
        );
      this.#publishHash(inUse.hash, disk, at);
      const view = { proxy: 'nginx', source: 'nginx_config', subject: this.subject, readAtMs: at.nowMs } as const;
      this.#context.upstreams.report(this.key, { ...view, upstreams: inUse.upstreams });
    }
    this.#reportSettings(running);
    this.state = disk.state;
    this.detail = describe(disk, verdict, inUse?.upstreams.length ?? null);
    this.#sayAll(disk, verdict, at);
  }

  #tellReload(reload: ReloadKind, { generation, nowMs }: { generation: Generation | null; nowMs: number }): void {
    const atMs = Math.min(nowMs, Math.round(generation?.startMs ?? nowMs));
    const text = `nginx reloaded: ${RELOAD_TEXTS[reload]}`;
    this.#context.evidence.changed({ kind: 'reload', atMs, subject: this.subject, service: '', text });
  }

  #reportSettings(running: ConfigContent | null): void {
    const { pid, startTicks } = this.#master ?? { pid: 0, startTicks: 0 };
    const process = { proc: this.#proc, master: this.#master === null ? null : { pid, startTicks } };
    const settings = running === null ? null : settingsInUse(running.settings, this.subject, process);
    this.#context.settings.report(this.key, settings);
  }

  #publishHash(hash: number, disk: DiskRead, at: { generation: Generation | null; nowMs: number }): void {
    if (this.#hash !== hash) {
      const isFirst = this.#hash === null;
      this.#changedMs = isFirst ? (at.generation?.startMs ?? disk.config?.modifiedMs ?? at.nowMs) : at.nowMs;
      this.#hash = hash;
    }
    this.#context.metrics.hash.set(this.subject, hash);
    this.#context.metrics.lastChange.set(this.subject, this.#changedMs / 1000);
  }

  #sayAll(disk: DiskRead, verdict: Verdict, at: { generation: Generation | null; nowMs: number }): void {
    const { isLoaded, isAccepted } = verdict;
    const isInvalid = disk.config?.isInvalid ? (isAccepted ? null : true) : isLoaded === true ? false : null;
    this.#say('config_invalid', isInvalid, disk.firstProblem);
    const isNotLoaded = this.#notLoaded.look(isLoaded, at.generation?.id ?? null, at.nowMs);
    if (isNotLoaded !== undefined) this.#say('config_not_loaded', isNotLoaded, this.detail);
    const { all, noops } = this.#reloads.recent(at.nowMs);
    const isBlind = at.generation === null;
    // Without processes only reloads that change something are seen.
    const told = (count: number, least: number) => (count >= least ? true : isBlind ? null : false);
    this.#say('noop_reloads', told(noops, NOOP_RELOADS.count), `${noops} reloads in 10 minutes changed nothing`);
    this.#say('reload_storm', told(all, RELOAD_STORM.count), `${all} reloads in 5 minutes`);
  }

  #say(condition: Condition, isActive: boolean | null, evidence: string): void {
    this.#context.conditions.condition({ condition, subject: this.subject, isActive, evidence });
  }
}

function describe(disk: DiskRead, { isLoaded, running, isAccepted }: Verdict, upstreams: number | null): string {
  const known = upstreams === null ? 'what runs is not known' : `${counted(upstreams, 'upstream')} in use`;
  if (disk.config === null) return `${disk.firstProblem}; ${known}`;
  const unknown = running?.unknown ? `, ${running.unknown} addresses only nginx knows` : '';
  const state =
    disk.config.isInvalid && !isAccepted
      ? 'the configuration on disk is broken'
      : isLoaded === null
        ? 'whether the configuration on disk runs is not known'
        : isLoaded
          ? 'the configuration on disk runs'
          : 'the configuration on disk is not loaded';
  return `${state}; ${known}${unknown}`;
}

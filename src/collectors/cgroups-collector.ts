import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { Slices } from '../sources/node/slices.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { CgroupEnds } from './cgroups-ends.ts';
import type { CGROUPS_METRICS, CgroupState } from './cgroups-metrics.ts';
import { LostKills, OomKills } from './cgroups-oom.ts';
import { PodCgroups } from './cgroups-pods.ts';
import { isSeen, readCgroup, readOomKills, readPressure, unlessDenied } from './cgroups-read.ts';
import { CgroupSeries } from './cgroups-series.ts';
import {
  type CgroupGroup,
  type CgroupReadings,
  CgroupWatch,
  type FoundCgroups,
  keyOf,
  MOST_CGROUPS,
  type WatchedCgroup,
} from './cgroups-watch.ts';
import { lookAgeMs } from './network-series.ts';

const SENTENCES: Readonly<Record<CgroupState, string>> = {
  read: 'read',
  not_visible:
    "its cgroup is not visible: mount the node's /sys/fs/cgroup (hostPath, read-only) at any path of the container",
  not_permitted: 'not permitted to read its cgroup',
  root: 'it is in no cgroup of its own, and the root cgroup is the whole machine',
  shared:
    'it shares its cgroup with other programs, as what is started from a shell does: start it as a unit or in a container',
  same_labels: 'another cgroup has the same labels',
  over_limit: `more than ${MOST_CGROUPS} cgroups: the rest is not read`,
};

type Context = CollectorContext<typeof CGROUPS_METRICS>;

interface Readings extends CgroupReadings {
  readonly conditions: Map<
    string,
    { readonly subject: Subject; readonly isActive: boolean; readonly evidence: string }
  >;
}

export class CgroupsCollector implements Collector {
  readonly answersDoubts = 'containers';
  readonly #context: Context;
  readonly #proc: Procfs;
  readonly #watch: CgroupWatch;
  readonly #series: CgroupSeries;
  readonly #maxAgeMs: number;
  readonly #kills = new OomKills();
  readonly #lostKills = new LostKills();
  readonly #pods = new PodCgroups();
  readonly #ends: CgroupEnds;
  #last: Readings = emptyReadings();
  #notes: readonly string[] = [];

  constructor({ interval }: { readonly interval: number }, context: Context) {
    const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
    this.#context = context;
    this.#maxAgeMs = lookAgeMs(interval);
    this.#proc = openProcfs(context.paths.proc);
    this.#ends = new CgroupEnds(this.#proc, context.evidence);
    this.#watch = new CgroupWatch(this.#proc, context, { namespace, pod });
    this.#series = new CgroupSeries(context.metrics);
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const readings = emptyReadings();
    try {
      const look = await this.#context.node.look(this.#maxAgeMs);
      this.#notes = look.notes;
      const found = await this.#watch.find(look, this.#context, signal);
      await this.#readAll(found, readings, signal);
      await this.#series.publish(readings, this.#readMachine(), signal);
    } catch (error) {
      this.stop();
      throw error;
    }
    this.#tell(readings);
    return this.#conclude(readings);
  }

  async #readAll({ groups, unread }: FoundCgroups, readings: Readings, signal: AbortSignal): Promise<void> {
    const slices = new Slices();
    const nowMs = this.#context.clock.now();
    readings.states.push(...unread);
    const { empty, lost } = this.#pods.follow(groups, nowMs);
    this.#forget(groups);
    for (const group of groups) {
      const { pod, members } = group;
      // Before its members: a kill between the two reads is then missing here, not too much.
      const kills = pod === null ? undefined : unlessDenied(() => readOomKills(pod));
      let counted = 0;
      for (const member of members) {
        counted += this.#read(member, readings, nowMs);
        if (slices.isOver()) await slices.next();
        signal.throwIfAborted();
      }
      if (pod === null || typeof kills !== 'number') continue;
      const isActive = this.#judgePod(group, { kills, counted, names: lost.get(pod.identity) ?? [] }, nowMs);
      this.#publishPod(group, { kills, isActive }, readings);
    }
    for (const group of empty) {
      const kills = unlessDenied(() => readOomKills(group.pod));
      if (typeof kills !== 'number') continue;
      const names = lost.get(group.pod.identity) ?? [];
      // Nothing else of a pod without containers is shown.
      if (this.#judgePod(group, { kills, counted: 0, names }, nowMs))
        this.#publishPod(group, { kills, isActive: true }, readings);
    }
    this.#ends.looked(nowMs);
  }

  /** Whether containers that are gone now had kills of late. `names`: of those that are gone since the last look. */
  #judgePod(
    group: CgroupGroup,
    { names, ...counts }: { readonly kills: number; readonly counted: number; readonly names: readonly string[] },
    nowMs: number,
  ): boolean {
    if (group.pod === null) return false;
    const { lost, isActive } = this.#lostKills.observe(group.pod.identity, counts, nowMs);
    if (lost > 0) this.#ends.ofGone(group, names, nowMs);
    return isActive;
  }

  #publishPod(
    { members: [{ subject }] }: CgroupGroup,
    { kills, isActive }: { readonly kills: number; readonly isActive: boolean },
    readings: Readings,
  ): void {
    const { container: _, ...labels } = subject;
    readings.pods.push({ ...labels, kills });
    const evidence = 'a process of a container that is gone was killed for want of memory';
    const ofPod = { ...subject, container: '' };
    readings.conditions.set(keyOf(ofPod), { subject: ofPod, isActive, evidence });
  }

  /** The number of kills since the last look. */
  #read(member: WatchedCgroup, readings: Readings, nowMs: number): number {
    const { subject, places, cpuLimit } = member;
    const values = unlessDenied(() => readCgroup(places));
    readings.states.push({ subject, state: values === null ? 'not_permitted' : 'read' });
    if (values === null) return 0;
    readings.values.push({ subject, values, cpuLimit });
    this.#ends.read(member, values);
    const kills = values.single.get('oomKills');
    if (kills === undefined || !isSeen(places.memory)) return 0;
    const { isActive, delta, isFirst } = this.#kills.observe(places.memory.identity, kills, nowMs);
    if (delta > 0) this.#ends.ofMember(member, { isFirst, nowMs, values });
    const evidence = `${kills} processes of it were killed for want of memory`;
    if (isActive !== null) readings.conditions.set(keyOf(subject), { subject, isActive, evidence });
    return delta;
  }

  #forget(groups: readonly CgroupGroup[]): void {
    const memories = groups.flatMap(({ members }) => members.map(({ places }) => places.memory));
    this.#kills.keep(new Set(memories.filter(isSeen).map(({ identity }) => identity)));
    this.#lostKills.keep(this.#pods.identities());
  }

  /** The machine's own; nothing where PSI is switched off. */
  #readMachine() {
    return unlessDenied(() => readPressure((name) => this.#proc.read(`pressure/${name}`))) ?? [];
  }

  #tell(readings: Readings): void {
    const { conditions } = this.#context;
    const condition = 'oom_killed';
    for (const [key, { subject }] of this.#last.conditions) {
      if (readings.conditions.has(key)) continue;
      conditions.condition({ condition, subject, isActive: null, evidence: 'its cgroup is not read any more' });
    }
    for (const told of readings.conditions.values()) conditions.condition({ condition, ...told });
    this.#last = readings;
  }

  #conclude({ states }: Readings): Outcome {
    const read = states.filter(({ state }) => state === 'read').length;
    const bad = states.find(({ state }) => state !== 'read');
    if (bad === undefined && read > 0) return { state: 'ok', detail: `${read} cgroups` };
    if (bad === undefined) {
      const detail = ['no gateway and no backend in a container is visible', ...this.#notes].join('; ');
      return { state: 'absent', detail };
    }
    const sentence = SENTENCES[bad.state];
    if (read > 0) return { state: 'ok', detail: `${read} of ${states.length} cgroups; ${sentence}` };
    return { state: shown(bad.state), detail: `none of ${states.length} cgroups: ${sentence}` };
  }

  stop(): void {
    this.#series.clear();
    this.#tell(emptyReadings());
  }

  targets(): readonly Target[] {
    return this.#last.states.map(({ subject, state }) => {
      const { namespace, pod, container, gateway } = subject;
      const name = [namespace, pod, container].filter(Boolean).join('/') || gateway;
      return { name, state: shown(state), detail: SENTENCES[state] };
    });
  }

  notes(): readonly string[] {
    return this.#notes;
  }
}

function emptyReadings(): Readings {
  return { states: [], values: [], pods: [], conditions: new Map() };
}

function shown(state: CgroupState): Outcome['state'] {
  if (state === 'read') return 'ok';
  return state === 'not_permitted' ? state : 'absent';
}

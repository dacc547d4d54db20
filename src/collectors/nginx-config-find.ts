import { posix } from 'node:path';
import type { Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { nginxSubjectOf, subjectOf } from './gateway-subject.ts';
import { placeOf } from './nginx-config-place.ts';
import type { ConfigTarget, TargetMaster } from './nginx-config-target.ts';
import type { MasterSearch } from './nginx-masters.ts';
import { awaitedNote, NginxPods } from './nginx-pods.ts';
import type { OwnPod } from './own-pod.ts';

export interface FoundConfig {
  readonly target: ConfigTarget;
  readonly master: TargetMaster | null;
}

/** A configured file, as the schema has it. */
export interface ConfiguredFile {
  readonly path: string;
  readonly kind: 'conf' | 'dump';
  readonly context: ConfigTarget['context'];
  readonly prefix?: string | undefined;
  readonly gateway?: string | undefined;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface ConfigSearch extends MasterSearch {
  readonly paths: Paths;
  readonly own: OwnPod;
}

const DEFAULT_GATEWAY = 'nginx';
const USUAL_CONFIG = '/etc/nginx/nginx.conf';
const UNPLACED = 'its configuration is at none of the usual places or relative to an unknown directory';

/** Configured files with the master that runs each, as far as one is visible. */
export function findConfigured(files: readonly ConfiguredFile[], search: ConfigSearch, notes: string[]): FoundConfig[] {
  const { paths, own, pids, names } = search;
  const masters = findMasters(paths.proc, notes, pids);
  const pods = new NginxPods(masters, search);
  // In the agent our own pod is not the gateway's.
  const usual = paths.root === '' ? own : { namespace: '', pod: '' };
  return files.flatMap((file) => {
    const { path, kind, context, prefix, container } = file;
    const namespace = file.namespace || (file.pod === '' ? usual.namespace : '');
    const pod = file.pod || usual.pod;
    const { root, main } = splitRoot(path, paths);
    const host = new HostFiles(root);
    const runner = kind === 'dump' ? null : masterOf(host, main, { masters, paths });
    const given = pod === '' && runner !== null ? nameOf(runner.of.pid, names, notes) : undefined;
    // Two of one name would be mixed in one series.
    const isFree = files.every(({ gateway }) => gateway !== given);
    const gateway = file.gateway || (isFree && given) || (pod === '' ? undefined : workloadOfPod(pod));
    const isNamed = gateway !== undefined || namespace !== '' || runner === null;
    const found = isNamed ? null : podOf(runner.of, pods, { ...search, notes });
    if (found === undefined) return [];
    const subject =
      found === null
        ? { namespace, pod, container, gateway: gateway ?? DEFAULT_GATEWAY }
        : { ...subjectOf(found, DEFAULT_GATEWAY), container };
    const master = runner === null ? null : { pid: runner.of.pid, isWhole: runner.isWhole };
    if (master === null)
      notes.push(`${path}: the nginx that runs it is not visible, so what it has loaded is not known`);
    return [{ target: { host, main, kind, context, prefix, subject }, master }];
  });
}

/** Undefined: it is left out until the name of its pod has come. */
function podOf(
  master: Master,
  pods: NginxPods,
  { onAwaited, notes }: Pick<ConfigSearch, 'onAwaited'> & { readonly notes: string[] },
): OwnPod | null | undefined {
  const pod = pods.of(master);
  if (pod !== undefined) return pod;
  notes.push(awaitedNote(master));
  onAwaited?.(master.pid);
  return undefined;
}

/** The configurations of the masters that run here, one of each gateway: two of one name would be mixed in one series. */
export function discoverConfigs(search: ConfigSearch, notes: string[]): FoundConfig[] {
  const found = new Map<string, FoundConfig>();
  for (const { pid, target } of discoverMasters(search, notes)) {
    if (target === null) {
      notes.push(`nginx master ${pid}: ${UNPLACED}`);
      continue;
    }
    const { gateway } = target.subject;
    const key = Object.values(target.subject).join('\xff');
    const known = found.get(key);
    if (known !== undefined && placeKey(known.target) !== placeKey(target)) {
      notes.push(
        `nginx master ${pid}: another nginx is gateway ${gateway} already; give each a gateway, by its log in collectors.nginx_error_log.files or in collectors.nginx_config.files`,
      );
      continue;
    }
    addYounger(found, key, { target, master: { pid, isWhole: true } });
    notes.push(noteOf(pid, target));
  }
  return [...found.values()];
}

/** All of them, also those of one name, for who does not tell them apart by labels; and the masters whose configuration is not found. */
export function discoverAllConfigs(
  paths: Paths,
  own: OwnPod,
  notes: string[],
): {
  readonly found: readonly FoundConfig[];
  readonly lost: readonly { readonly pid: number; readonly why: string }[];
} {
  const found = new Map<string, FoundConfig>();
  const lost: { pid: number; why: string }[] = [];
  for (const { pid, target } of discoverMasters({ paths, own }, notes)) {
    if (target === null) lost.push({ pid, why: UNPLACED });
    else {
      addYounger(found, placeKey(target), { target, master: { pid, isWhole: true } });
      notes.push(noteOf(pid, target));
    }
  }
  return { found: [...found.values()], lost };
}

/** Each running master; `target` null: its configuration is not found. */
function* discoverMasters(
  search: ConfigSearch,
  notes: string[],
): Generator<{ readonly pid: number; readonly target: ConfigTarget | null }> {
  const { paths, pids, names } = search;
  const masters = findMasters(paths.proc, notes, pids);
  if (masters.length === 0) notes.push('no running nginx master is visible');
  // A name that was given goes before the same one of a file.
  const pods = new NginxPods(masters, search);
  const rank = ({ pid }: Master) => (names?.has(pid) ? 0 : 1);
  for (const master of masters.sort((one, other) => rank(one) - rank(other))) {
    const { pid, directives } = master;
    const host = hostOf(master, paths);
    const place = placeOf(master, host);
    if (place === undefined) {
      yield { pid, target: null };
      continue;
    }
    const given = nameOf(pid, names, notes);
    const pod = given === undefined ? podOf(master, pods, { ...search, notes }) : null;
    if (pod === undefined) continue;
    const subject = nginxSubjectOf({ pod, given, config: place.gateway });
    yield { pid, target: { host, main: place.config, kind: 'conf', context: 'main', directives, subject } };
  }
}

/** Two masters of one configuration: nginx is being upgraded, and the younger one takes over. */
function addYounger(found: Map<string, FoundConfig>, key: string, one: FoundConfig & { master: TargetMaster }): void {
  const known = found.get(key);
  if (known === undefined || (known.master?.pid ?? 0) < one.master.pid) found.set(key, one);
}

/** The one that a user gave it. */
function nameOf(pid: number, names: MasterSearch['names'], notes: string[]): string | undefined {
  const given = names?.get(pid);
  if (given !== undefined) notes.push(`nginx master ${pid}: ${given.why}`);
  return given?.gateway;
}

function noteOf(pid: number, { host, main }: ConfigTarget): string {
  return `nginx master ${pid}: configuration ${host.root}${main}`;
}

function placeKey({ host, main }: ConfigTarget): string {
  return `${host.root}\n${main}`;
}

/** A container's files are seen through its process: with its user or CAP_SYS_PTRACE. */
export function hostOf({ files, pid }: Master, { proc, root }: Paths): HostFiles {
  if (files === 'ours') return new HostFiles('');
  return new HostFiles(files === 'host' && root !== '' ? root : posix.join(proc, String(pid), 'root'));
}

/** A path through another root, the host's or that of a process, is the path inside it: links must not lead out. */
function splitRoot(path: string, { proc, root }: Paths): { readonly root: string; readonly main: string } {
  if (root !== '' && path.startsWith(`${root.replace(/\/+$/, '')}/`))
    return { root, main: path.slice(root.replace(/\/+$/, '').length) };
  const inside = path.startsWith(`${proc}/`) ? /^\/\d+\/root(?=\/)/.exec(path.slice(proc.length)) : null;
  if (inside === null) return { root: '', main: path };
  const length = proc.length + inside[0].length;
  return { root: path.slice(0, length), main: path.slice(length) };
}

/** The master that was started with the file, else the only one of another container whose configuration is around it. */
function masterOf(
  host: HostFiles,
  main: string,
  { masters, paths }: { masters: readonly Master[]; paths: Paths },
): { readonly of: Master; readonly isWhole: boolean } | null {
  const real = host.resolve(main);
  for (const master of masters) {
    const theirs = hostOf(master, paths);
    const place = placeOf(master, theirs);
    if (place !== undefined && theirs.root === host.root && theirs.resolve(place.config) === real)
      return { of: master, isWhole: true };
  }
  const around = masters.filter(({ files, config }) => {
    const directory = posix.dirname(config ?? USUAL_CONFIG);
    return files === 'other' && main.startsWith(`${directory}/`);
  });
  return around.length === 1 && host.root === '' ? { of: around[0], isWhole: false } : null;
}

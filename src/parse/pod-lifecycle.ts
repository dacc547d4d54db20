import type { ContainerLifecycle, PodLifecycle, PreStop } from '../contract/cluster.ts';
import { type Fields, fieldsOf, listOf, textOf } from './api-object.ts';

const MOST_CONTAINERS = 20;
const MOST_PORTS = 20;
const MOST_VOLUMES = 200;
const MOST_SOURCES = 20;
const MOST_WORDS = 50;
/** What sleeps is short. */
const LONGEST_SCRIPT = 1_000;
/** Of a name in the API. */
const LONGEST_NAME = 63;
/** Different ones; pods of one workload share theirs. */
const MOST_KEPT = 2_000;
/** Of Kubernetes, when the spec says nothing. */
const DEFAULT_GRACE_S = 30;
const DAY_S = 86_400;
const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: DAY_S };
const SLEEP = /^(?:\/(?:usr\/)?bin\/)?sleep\s+["']?(\d{1,6}(?:\.\d{1,3})?)([smhd]?)["']?$/;
const LAST_EXIT = /[;\s]\s*exit\s+0\s*;?\s*$/;
const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|ash|dash)$/;

/** Those that were read lately, by their content. */
const kept = new Map<string, PodLifecycle>();

/**
 * Reads the spec of a pod or of a pod template. Only what PodLifecycle names is kept: commands, environment values and volumes
 * never are. Equal ones are one object.
 */
export function readPodLifecycle(value: unknown): PodLifecycle {
  const spec = fieldsOf(value);
  const tokens = tokenVolumes(spec);
  const sidecars = listOf(spec.initContainers, MOST_CONTAINERS).filter(
    (container) => fieldsOf(container).restartPolicy === 'Always',
  );
  const { terminationGracePeriodSeconds: grace, automountServiceAccountToken: automount } = spec;
  return shared({
    graceSeconds: isSeconds(grace) ? grace : DEFAULT_GRACE_S,
    serviceAccount: nameOf(spec.serviceAccountName) || nameOf(spec.serviceAccount) || 'default',
    automountsToken: typeof automount === 'boolean' ? automount : null,
    containers: [...listOf(spec.containers, MOST_CONTAINERS), ...sidecars].map((one) => readContainer(one, tokens)),
  });
}

function shared(lifecycle: PodLifecycle): PodLifecycle {
  const content = JSON.stringify(lifecycle);
  const known = kept.get(content) ?? lifecycle;
  kept.delete(content);
  kept.set(content, known);
  const [oldest] = kept.size > MOST_KEPT ? kept.keys() : [];
  if (oldest !== undefined) kept.delete(oldest);
  return known;
}

/** Names of volumes with a token of the service account. */
function tokenVolumes({ volumes }: Fields): ReadonlySet<string> {
  const names = new Set<string>();
  for (const volume of listOf(volumes, MOST_VOLUMES)) {
    const { name, projected } = fieldsOf(volume);
    const sources = listOf(fieldsOf(projected).sources, MOST_SOURCES);
    if (sources.some((source) => fieldsOf(source).serviceAccountToken != null)) names.add(textOf(name));
  }
  return names;
}

function readContainer(value: unknown, tokens: ReadonlySet<string>): ContainerLifecycle {
  const container = fieldsOf(value);
  return {
    name: nameOf(container.name),
    preStop: readPreStop(fieldsOf(container.lifecycle).preStop),
    hasReadinessProbe: typeof container.readinessProbe === 'object' && container.readinessProbe !== null,
    hasToken: listOf(container.volumeMounts, MOST_VOLUMES).some((mount) => tokens.has(textOf(fieldsOf(mount).name))),
    ports: listOf(container.ports, MOST_PORTS).flatMap(readPort),
  };
}

function readPort(value: unknown): ContainerLifecycle['ports'] {
  const { name, containerPort } = fieldsOf(value);
  return typeof containerPort === 'number' ? [{ name: nameOf(name), port: containerPort }] : [];
}

function readPreStop(value: unknown): PreStop | null {
  if (typeof value !== 'object' || value === null) return null;
  const { sleep, exec } = fieldsOf(value);
  const { seconds } = fieldsOf(sleep);
  if (isSeconds(seconds)) return { sleepSeconds: seconds, isOnlySleep: true };
  const words = listOf(fieldsOf(exec).command, MOST_WORDS).map(textOf);
  return readCommand(words);
}

/** `sleep 15`, or a script of single steps (`sh -c 'nginx -s quit; sleep 5'`); of anything with a branch or a loop nothing is known. */
function readCommand(words: readonly string[]): PreStop {
  if (words.some(({ length }) => length > LONGEST_SCRIPT)) return { sleepSeconds: null, isOnlySleep: false };
  const isScript = SHELL.test(words[0] ?? '') && /^-\w*c$/.test(words[1] ?? '');
  const script = isScript ? (words[2] ?? '').replace(LAST_EXIT, '') : words.join(' ');
  if (isScript && /[|`$(){}]|(?<!&)&(?!&)|\b(if|while|for|until|case|exit|exec|trap)\b/.test(script))
    return { sleepSeconds: null, isOnlySleep: false };
  const steps = (isScript ? script.split(/;|&&|\n/) : [script]).map((step) => step.trim()).filter(Boolean);
  const sleeps = steps.map((step) => SLEEP.exec(step)).filter((sleep) => sleep !== null);
  if (sleeps.length === 0) return { sleepSeconds: null, isOnlySleep: false };
  const sleepSeconds = sleeps.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit], 0);
  return { sleepSeconds, isOnlySleep: sleeps.length === steps.length };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 365 * DAY_S;
}

function nameOf(value: unknown): string {
  return textOf(value).slice(0, LONGEST_NAME);
}

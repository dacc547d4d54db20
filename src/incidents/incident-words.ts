import { explanationOf } from '../causes/index.ts';
import type { Cause } from '../contract/names.ts';
import { REASONS } from './condition-reasons.ts';
import type { Incident } from './incident.ts';
import { isOfTheGateway } from './incident-key.ts';

export interface Told extends Omit<Incident, 'title' | 'next'> {
  /** Of all that are affected, also those that are not listed. */
  readonly affectedCount: number;
  readonly failedMs: number;
}

/** The endpoints of the Service are the place to look. */
const OF_THE_ENDPOINTS: ReadonlySet<Cause> = new Set([
  'stale_endpoint',
  'foreign_endpoint',
  'terminating_endpoint',
  'not_ready_endpoint',
  'no_endpoints',
  'port_mismatch',
]);
const LOOK_AT_ENDPOINTS = 'kubectl get endpointslices -l kubernetes.io/service-name=SERVICE';
/** A root cause with less is not the whole story. */
const NEARLY_ALL = 0.8;
const LONGEST_EVIDENCE = 160;

/** One sentence: `shop/cart: 214 failures in 5 min at gateway edge: stale endpoint, 10.2.71.14:8080; the token … has expired`. */
export function titleOf(incident: Told): string {
  const { conditions, causes, failures, failedMs, startedMs } = incident;
  const shown = conditions.filter(({ isActive }) => isActive || !incident.isOpen);
  const [root] = causes;
  const isReason = ({ condition }: Incident['conditions'][number]) =>
    root !== undefined && REASONS[condition].explains.includes(root.cause);
  const reasons = (shown.length > 0 ? shown : conditions)
    .toSorted((a, b) => Number(isReason(b)) - Number(isReason(a)))
    .map(reasonText);
  if (causes.length === 0) return `${gatewayText(incident)}: ${reasons.join('; ')}${overflowText(incident)}`;
  const many = `${failures} ${failures === 1 ? 'failure' : 'failures'} in ${duration(failedMs - startedMs)}`;
  const where = whoText(incident);
  const start = where === '' ? `${many} at ${gatewayText(incident)}` : `${where}: ${many} at ${gatewayText(incident)}`;
  const words = reasons.map((reason) => `; ${reason}`).join('');
  return `${start}: ${causeText(incident)}${words}${overflowText(incident)}`;
}

/** What to do about the state that explains it, else about the cause. */
export function nextOf(incident: Told): string {
  const [root] = incident.causes;
  const reason = incident.conditions.find(
    ({ condition, isActive }) => isActive && (root === undefined || REASONS[condition].explains.includes(root.cause)),
  );
  if (reason !== undefined) return filled(REASONS[reason.condition].next, incident);
  if (root === undefined) {
    const [last] = incident.conditions;
    return last === undefined ? '' : filled(REASONS[last.condition].next, incident);
  }
  const words = explanationOf(root.cause).next;
  const { upstream, peer } = root.upstreams[0] ?? {};
  const address = peer?.includes(':') && !peer.startsWith('unix:') ? peer : '';
  const next = address === '' ? words : words.replaceAll('ADDRESS:PORT', address).replaceAll('PEER', address);
  if (!OF_THE_ENDPOINTS.has(root.cause) || !upstream || upstream.upstream_service === '') return next;
  const { upstream_namespace: namespace, upstream_service: service } = upstream;
  const of = (words: string) =>
    words.replaceAll('SERVICE', service).replaceAll('kubectl get', `kubectl -n ${namespace} get`);
  const look = of(LOOK_AT_ENDPOINTS);
  return next.startsWith(LOOK_AT_ENDPOINTS)
    ? `${look} -o wide${next.slice(LOOK_AT_ENDPOINTS.length)}`
    : `${look} -o wide. ${of(next)}`;
}

/** `45 s`, `5 min`, `3 h` */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function gatewayText({ gateway, namespace }: Told): string {
  return `gateway ${namespace === '' ? gateway : `${namespace}/${gateway}`}`;
}

/** Who suffers: the Service without its port, as it is called. */
function whoText({ affected, affectedCount, cause }: Told): string {
  const name = affected[0]?.replace(/:\d*$/, '') ?? '';
  if (affectedCount <= 1) return name;
  return cause !== null && isOfTheGateway(cause)
    ? `${affectedCount} upstreams`
    : `${name} and ${affectedCount - 1} more`;
}

function causeText({ causes, failures, affected }: Told): string {
  const [root, second] = causes;
  const place = root.upstreams[0];
  const isOnePlace = place !== undefined && place.peer !== '' && place.count * 2 > root.count;
  // Where nginx tried no address, the block's name stands for it, which is who suffers.
  const peer = isOnePlace && place.peer !== affected[0] ? `, ${place.peer}` : '';
  const text = `${nameOf(root.cause)}${peer}`;
  if (second === undefined || root.count >= failures * NEARLY_ALL) return text;
  const percent = (count: number) => `${Math.round((count / failures) * 100)} %`;
  return `${text} (${percent(root.count)}), ${nameOf(second.cause)} (${percent(second.count)})`;
}

/** The title of the explanation as a part of a sentence; `TLS …` stays as it is. */
function nameOf(cause: Cause): string {
  const { title } = explanationOf(cause);
  return /^[A-Z][a-z]/.test(title) ? `${title[0].toLowerCase()}${title.slice(1)}` : title;
}

function reasonText({ condition, evidence }: Incident['conditions'][number]): string {
  const { words } = REASONS[condition];
  return evidence === '' ? words : `${words} (${evidence.slice(0, LONGEST_EVIDENCE)})`;
}

/** Probes fail while the queue is full, the kubelet restarts, and whoever is left gets the rest. */
function overflowText({ causes, conditions, timeline }: Told): string {
  const isOverflow =
    causes[0]?.cause === 'listen_queue_overflow' ||
    conditions.some(({ condition }) => condition === 'listen_queue_overflow');
  return isOverflow && timeline.some(({ kind }) => kind === 'restart') ? '; restarts make it worse' : '';
}

function filled(next: string, { subjects, namespace, gateway }: Told): string {
  const [subject] = subjects;
  const pod = subject?.pod ?? '';
  const container = subject?.container ? ` -c ${subject.container}` : '';
  return next
    .replaceAll('$EXEC ', pod === '' ? '' : `kubectl -n ${namespace} exec ${pod}${container} -- `)
    .replaceAll('$NAMESPACE', namespace)
    .replaceAll('$GATEWAY', gateway)
    .replaceAll('$POD', pod);
}

/** The last word of the timeline. */
export function overWords(failures: number, quietMs: number): string {
  const time = `${Math.round(quietMs / 60_000)} min`;
  return failures > 0
    ? `over: ${time} without a failure and without a bad state`
    : `over: ${time} without a bad state, and no request had failed`;
}

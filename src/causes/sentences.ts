import type { ContainerEnd, MemoryAtEnd } from '../contract/evidence.ts';
import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { EndpointFact, Growth } from '../facts/facts.ts';
import { peerText } from './peer-text.ts';

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const UNITS: readonly (readonly [bytes: number, unit: string])[] = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/**
 * `12:00:01 UTC`, with the date when that is not the day of `nowMs`. Moments instead of ages: what is said again of the next failures is
 * the same sentence.
 */
export function clockText(ms: number, nowMs: number): string {
  const day = Math.floor(ms / DAY_MS);
  const seconds = Math.floor(ms / 1000) - day * (DAY_MS / 1000);
  const hour = TWO_DIGITS[Math.floor(seconds / 3600)];
  const minute = TWO_DIGITS[Math.floor(seconds / 60) % 60];
  const time = `${hour}:${minute}:${TWO_DIGITS[seconds % 60]} UTC`;
  const isToday = day === Math.floor(nowMs / DAY_MS);
  return isToday ? time : `${new Date(ms).toISOString().slice(0, 10)} ${time}`;
}

/** `between 12:00:01 and 12:00:06 UTC`, `at 12:00:01 UTC`; to the second. */
export function spanText(fromMs: number, toMs: number, nowMs: number): string {
  const [from, to] = [clockText(fromMs, nowMs), clockText(toMs, nowMs)];
  return from === to ? `at ${to}` : `between ${from.replace(' UTC', '')} and ${to}`;
}

/** The peer as the proxy names it. */
export function peerOf({ peer }: Observation): string {
  return peer === null ? 'the peer' : peerText(peer);
}

const STATES: Readonly<Record<EndpointFact['state'], string>> = {
  live: 'a ready endpoint',
  terminating: 'a terminating endpoint',
  not_ready: 'an endpoint that is not ready',
  stale: 'no endpoint',
  foreign: 'no endpoint',
  port_drift: 'an endpoint with another port',
};

interface Said {
  readonly peer: PeerAddress | null;
  readonly day: number;
  readonly sentence: string;
}

/** Of a fact that is known of the next failures, too, the same is said. */
const said = new WeakMap<EndpointFact, Said>();

/** What the address was to its Service, since when, whose it is, where the proxy has it from, and what else there is. */
export function endpointSentence(of: Observation, fact: EndpointFact): string {
  const { peer } = of;
  const day = Math.floor(of.atMs / DAY_MS);
  const before = said.get(fact);
  if (before?.peer === peer && before?.day === day) return before.sentence;
  const sentence = sentenceOf(of, fact);
  said.set(fact, { peer, day, sentence });
  return sentence;
}

function sentenceOf(of: Observation, fact: EndpointFact): string {
  const { state, service, sinceMs, pod, place, ready, unready = '', isOver = false } = fact;
  const since = isOver ? 'was' : sinceMs === null ? 'is' : 'has been';
  const when = sinceMs === null ? '' : ` since ${clockText(sinceMs, of.atMs)}`;
  const isGone = state === 'stale' || state === 'foreign';
  let sentence = `${peerOf(of)} ${since} ${STATES[state]} of ${service}${isOver ? ' when the attempts began' : ''}${when}`;
  if (state !== 'live') sentence += `; the gateway still has it${place === '' ? '' : ` (${place})`}`;
  if (pod !== '') sentence += `; ${podWords(state, pod)}`;
  if (unready !== '') sentence += `; ${unready}`;
  if (state !== 'live') sentence += `; ${readyWords(ready, isGone)}`;
  return sentence;
}

function podWords(state: EndpointFact['state'], pod: string): string {
  if (state === 'foreign') return `pod ${pod} has the address now`;
  return state === 'stale' ? `the pod was ${pod}` : `the pod is ${pod}`;
}

function readyWords(ready: number, isGone: boolean): string {
  if (ready === 0) return 'the Service has no ready endpoint';
  return `${ready} ready ${ready === 1 ? 'endpoint' : 'endpoints'}${isGone ? ` ${ready === 1 ? 'remains' : 'remain'}` : ' beside it'}`;
}

/** `ListenOverflows of pod shop/cart-7d9 grew from 1033 to 1090 between 12:00:01 and 12:00:06 UTC`. */
export function growthSentence(counter: string, { before, after, where, fromMs, toMs }: Growth, nowMs: number): string {
  return `${counter} of ${where} grew from ${before} to ${after} ${spanText(fromMs, toMs, nowMs)}`;
}

/** `container app of pod shop/cart-7d9 ended at 12:00:03 UTC: Error, exit code 137`. */
export function endSentence(
  { pod, container, isOomKill, reason, exitCode, fromMs, atMs, memory }: ContainerEnd,
  nowMs: number,
) {
  const name = container === '' ? 'a container' : `container ${container}`;
  const of = pod === '' ? '' : ` of pod ${pod}`;
  const when = spanText(fromMs, atMs, nowMs);
  if (isOomKill) return `the kernel killed a process of ${name}${of} for want of memory ${when}${memoryWords(memory)}`;
  const how = [reason, exitCode === null ? '' : `exit code ${exitCode}`].filter((part) => part !== '').join(', ');
  return `${name}${of} ended ${when}${how === '' ? '' : `: ${how}`}`;
}

function memoryWords(memory: MemoryAtEnd | undefined): string {
  const limit = memory?.limitBytes == null ? '' : `its limit is ${bytesText(memory.limitBytes)}`;
  const peak = memory?.peakBytes == null ? '' : `its peak was ${bytesText(memory.peakBytes)}`;
  const words = [limit, peak].filter((part) => part !== '').join(', ');
  return words === '' ? '' : `: ${words}`;
}

/** `64 MiB`, `1.5 GiB`, `4 KiB`, `100 bytes`. */
export function bytesText(bytes: number): string {
  const [power, unit] = UNITS.find(([most]) => bytes >= most) ?? [1, 'bytes'];
  return `${Number((bytes / power).toFixed(1))} ${unit}`;
}

import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { Cause, Symptom } from '../contract/names.ts';
import type { Charge, Facts } from '../facts/facts.ts';
import { unproved } from './judging.ts';
import { peerText } from './peer-text.ts';
import type { CauseRule, Judgement } from './rule.ts';
import { boundToLoopback } from './rules/bound-to-loopback.ts';
import { foreignEndpoint } from './rules/foreign-endpoint.ts';
import { notListening } from './rules/not-listening.ts';
import { notReadyEndpoint } from './rules/not-ready-endpoint.ts';
import { oomKilled } from './rules/oom-killed.ts';
import { portMismatch } from './rules/port-mismatch.ts';
import { sidecarDown } from './rules/sidecar-down.ts';
import { staleEndpoint } from './rules/stale-endpoint.ts';
import { terminatingEndpoint } from './rules/terminating-endpoint.ts';

/**
 * What proves by itself that a server answers no check, and as which failed request it would. Not what rests on how a request failed, which
 * nobody has seen. An application that answers its checks with 5xx is not ready a moment later: that is no reason for them.
 */
const PROOFS: readonly (readonly [rule: CauseRule, as: Symptom])[] = [
  [sidecarDown, 'connect_refused'],
  [foreignEndpoint, 'connect_refused'],
  [staleEndpoint, 'connect_refused'],
  [oomKilled, 'connect_refused'],
  [boundToLoopback, 'connect_refused'],
  [terminatingEndpoint, 'connect_refused'],
  [portMismatch, 'connect_refused'],
  [notReadyEndpoint, 'upstream_5xx'],
  [notListening, 'connect_refused'],
];
/** So many servers are asked about; the others are taken to be like them. */
const MOST_SERVERS = 32;
const MOST_NAMED = 3;

interface Found {
  readonly peers: string[];
  readonly evidence: readonly string[];
}

/**
 * Charges a storm for want of healthy hosts to what is known of those whose health checks fail, each host one share. Hosts of which nothing
 * is proved keep theirs: mixtures stay mixtures.
 */
export function chargeFailedChecks(of: Observation, facts: Facts): Judgement {
  const unhealthy = facts.unhealthy(of);
  if (!unhealthy.isKnown) return unproved(unhealthy);
  const { failing, total } = unhealthy.value;
  const asked = failing.slice(0, MOST_SERVERS);
  const found = new Map<Cause, Found>();
  let [isWaiting, proved] = [false, 0];
  for (const peer of asked) {
    const said = judgeServer(of, peer, facts);
    if (said === 'wait') isWaiting = true;
    if (said === 'wait' || said === null) continue;
    proved++;
    const known = found.get(said.cause);
    if (known === undefined) found.set(said.cause, { peers: [peerText(peer)], evidence: said.evidence });
    else known.peers.push(peerText(peer));
  }
  if (isWaiting) return 'wait';
  if (found.size === 0) return null;
  const upstream = facts.upstream(of);
  const charges: Charge[] = [...found].map(([cause, { peers, evidence }]) => {
    return { cause, upstream, weight: peers.length, evidence: [failSentence(peers), ...evidence] };
  });
  const left = failing.length > asked.length ? asked.length - proved : total - proved;
  if (left > 0) charges.push({ cause: 'no_healthy_upstream', upstream, weight: left, evidence: [LEFT] });
  return { charges };
}

const LEFT = 'why the other hosts of the cluster are not healthy is not known';

function judgeServer(of: Observation, peer: PeerAddress, facts: Facts) {
  const { said: _, sample: __, ...asked } = of;
  const refused: Observation = { ...asked, symptom: 'connect_refused', peer, count: 1 };
  const answered: Observation = { ...refused, symptom: 'upstream_5xx' };
  for (const [rule, as] of PROOFS) {
    const judgement = rule.judge(as === 'upstream_5xx' ? answered : refused, facts);
    if (judgement === 'wait') return 'wait';
    if (judgement !== null && 'evidence' in judgement) return { cause: rule.cause, evidence: judgement.evidence };
  }
  return null;
}

function failSentence(peers: readonly string[]): string {
  const more = peers.length > MOST_NAMED ? ` and ${peers.length - MOST_NAMED} more` : '';
  return `Envoy’s health checks of ${peers.slice(0, MOST_NAMED).join(', ')}${more} fail`;
}

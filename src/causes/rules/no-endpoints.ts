import type { Observation } from '../../contract/failure.ts';
import type { Symptom } from '../../contract/names.ts';
import type { Facts } from '../../facts/facts.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { peerOf } from '../sentences.ts';
import { CONNECT_SYMPTOMS } from '../symptom-groups.ts';

/**
 * Who sends where when there is no endpoint: ingress-nginx's balancer found no peer and nginx went on with the server of the template;
 * the others write a server of their own into the upstream, which answers 503 or 502.
 */
const PLACEHOLDERS = [
  { address: /^0\.0\.0\.1$/, who: 'ingress-nginx', what: 'its balancer has' },
  { address: /\/nginx-503-server\.sock$/, who: 'NGINX Gateway Fabric', what: 'it has' },
  { address: /\/nginx-502-server\.sock$/, who: "F5's ingress controller", what: 'it has' },
] as const;

const CONNECT: ReadonlySet<Symptom> = new Set(CONNECT_SYMPTOMS);

/** The Service has no ready endpoint: nobody was there to ask. */
export const noEndpoints: CauseRule = {
  cause: 'no_endpoints',
  symptoms: new Set([
    'no_live_upstreams',
    'no_healthy_upstream',
    // kube-proxy refuses for a Service without endpoints; other implementations drop or answer that there is no way.
    'connect_refused',
    'connect_timeout',
    'host_unreachable',
    // To the placeholder, by kernel and routes: 101, 110 or 22.
    'network_unreachable',
    'other',
  ]),
  judge(of, facts) {
    const placeholder = placeholderOf(of);
    if (placeholder !== undefined) return judgePlaceholder(of, facts, placeholder);
    if (of.symptom === 'network_unreachable' || of.symptom === 'other') return null;
    const pod = CONNECT.has(of.symptom) ? isPodsAddress(of, facts) : false;
    if (pod !== false) return pod === 'wait' ? 'wait' : null;
    const ready = facts.readyEndpoints(of);
    if (!ready.isKnown) return unproved(ready);
    if (ready.value.ready > 0) return null;
    return proof(`${ready.value.service} had no ready endpoint`);
  },
};

function placeholderOf({ peer }: Observation): (typeof PLACEHOLDERS)[number] | undefined {
  if (peer === null) return undefined;
  return PLACEHOLDERS.find(({ address }) => address.test(peer.address));
}

/**
 * Somebody was there to ask. That no pod is ready may follow from why it did not answer, and what its address was to the Service is for
 * other rules.
 */
function isPodsAddress(of: Observation, facts: Facts): boolean | 'wait' {
  if (of.peer === null || of.peer.port === null) return true;
  const endpoint = facts.endpoint(of);
  return endpoint.isKnown || (endpoint.mayCome && 'wait');
}

function judgePlaceholder(of: Observation, facts: Facts, { who, what }: (typeof PLACEHOLDERS)[number]): Judgement {
  if (of.proxy !== 'nginx') return null;
  const ready = facts.readyEndpoints(of);
  if (ready.isKnown && ready.value.ready > 0) return null;
  if (!ready.isKnown && ready.mayCome) return 'wait';
  return proof(
    `${peerOf(of)} is where ${who} sends a request for which ${what} no endpoint`,
    ...(ready.isKnown ? [`${ready.value.service} had no ready endpoint`] : []),
  );
}

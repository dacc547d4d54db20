import type { Cause } from '../contract/names.ts';
import { countOf } from '../http/page-words.ts';
import { servicesIn } from '../incidents/condition-reasons.ts';
import type { UpstreamCase } from './diagnose-case.ts';
import { type Check, conditionChecks, fail, failureChecks, pass, unknown, whyNot } from './diagnose-check.ts';

const MOST_NAMED = 5;

/** Step 1. A pod that does not run comes before everything else. */
export function podsRun(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  return [...endpointChecks(of), ...crashChecks(of), ...podChecks(of), ...failureChecks(of, causes)];
}

function readyCount(of: UpstreamCase): number {
  return of.count('live', 'missing', 'port_drift');
}

function endpointChecks(of: UpstreamCase): Check[] {
  const { services, matches, freshness } = of;
  if (matches.length === 0)
    return [unknown('no gateway is known to have it as an upstream: it is known from failed requests only')];
  if (freshness === 'unwatched')
    return [unknown(`which pods are behind it is not known: ${whyNot(of, ['kubernetes'])}`)];
  if (services.length === 0) return [unknown(`no Service is known for it: ${matches[0].upstream.mapping.reason}`)];
  if (freshness !== 'fresh') return [unknown(`the EndpointSlices are ${freshness}: ${whyNot(of, ['kubernetes'])}`)];
  const name = services.join(', ');
  const ready = readyCount(of);
  const rest = of.count('not_ready', 'terminating');
  const others = rest === 0 ? '' : `, ${rest} more not ready or terminating`;
  if (ready > 0) return [pass(`${name} has ${countOf(ready, 'ready endpoint')}${others}`)];
  const [namespace, service] = services[0].split('/');
  const next = `kubectl -n ${namespace} get endpointslices,pods -l kubernetes.io/service-name=${service} -o wide; kubectl -n ${namespace} describe pod`;
  if (of.addresses.every(({ state }) => state === '' || state === 'unknown') && !isEmpty(of))
    return [unknown(`${name}: its addresses are not compared with endpoints (${of.addresses[0]?.why || 'unknown'})`)];
  return [fail(`${name} has no ready endpoint${others}`, next)];
}

/** The condition names the Services that it is about. */
function isEmpty(of: UpstreamCase): boolean {
  const said = of.condition('no_endpoints');
  return said?.isActive === true && of.services.some((service) => servicesIn(said.evidence).includes(service));
}

/** The condition is the gateway's, about all pods behind it. */
function crashChecks(of: UpstreamCase): Check[] {
  const said = of.condition('crash_looping');
  if (said === undefined) return [];
  const mine = loopingTexts(of);
  if (!said.isActive || mine.length === 0) return [pass('no container of its pods is in CrashLoopBackOff')];
  const [namespace, pod] = mine[0].split(' ')[0].split('/');
  return [fail(`in CrashLoopBackOff: ${mine.join('; ')}`, `kubectl -n ${namespace} logs ${pod} --previous`)];
}

function loopingTexts(of: UpstreamCase): readonly string[] {
  const texts = of.condition('crash_looping')?.evidence.split('; ') ?? [];
  return texts.filter((text) => of.pods.some((pod) => text.startsWith(`${pod} `)));
}

/** Pods that are Pending stand in no slice. One that merely starts fails nothing where others are ready. */
function podChecks(of: UpstreamCase): Check[] {
  const hasReady = readyCount(of) > 0;
  const told = loopingTexts(of);
  return of.servicePods.flatMap(({ service, total, isWhole, notReady }) => {
    const [namespace, name] = service.split('/');
    if (total === 0 && !hasReady)
      return [
        fail(
          `no pod has the labels that ${service} selects`,
          `kubectl -n ${namespace} get service ${name} -o jsonpath='{.spec.selector}'; kubectl -n ${namespace} get pods --show-labels: scaled to 0, or a typo in the labels`,
        ),
      ];
    const mine = notReady
      .filter(({ isStuck }) => isStuck || !hasReady)
      .filter(({ pod }) => !told.some((text) => text.startsWith(`${pod} `)));
    if (mine.length === 0) return [];
    const share = total === null ? '' : ` of ${isWhole ? '' : 'more than '}${total}`;
    const named = mine.slice(0, MOST_NAMED).map(({ pod, phase, text }) => {
      return `${pod} (${phase === 'Running' ? '' : `${phase}, `}${text})`;
    });
    const [, first] = mine[0].pod.split('/');
    return [
      fail(
        `${mine.length}${share} pods not ready: ${named.join('; ')}`,
        `kubectl -n ${namespace} describe pod ${first}`,
      ),
    ];
  });
}

/** Step 2. */
export function containersRun(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  const waiting = of.addresses.filter(({ state }) => state === 'not_ready');
  const named = waiting
    .slice(0, MOST_NAMED)
    .map(({ address, owner }) => `${address}${owner === null ? '' : ` (${podText(of, owner.pod)})`}`);
  const readiness =
    waiting.length > 0
      ? [fail(`${countOf(waiting.length, 'address', 'addresses')} not ready: ${named.join(', ')}`, describeNext(of))]
      : of.freshness === 'fresh' && of.count('live') > 0
        ? [pass('every endpoint that the gateway uses is ready: all containers of its pods are')]
        : [];
  return [
    ...readiness,
    ...conditionChecks(of, ['sidecar_down', 'oom_killed'], readiness.length > 0),
    ...failureChecks(of, causes),
  ];
}

/** With the container that is not ready, where that is known. */
function podText(of: UpstreamCase, pod: string): string {
  const unready = of.unready(pod);
  return unready === undefined ? pod : `${pod}: ${unready.text}`;
}

function describeNext({ pods }: UpstreamCase): string {
  const [namespace, pod] = pods[0]?.split('/') ?? [];
  return pod === undefined ? 'kubectl describe pod' : `kubectl -n ${namespace} describe pod ${pod}`;
}

/** Step 3. */
export function listens(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  const drifted = of.addresses.filter(({ state }) => state === 'port_drift');
  const ports =
    drifted.length > 0
      ? [
          fail(
            `endpoints have another port than ${drifted
              .slice(0, MOST_NAMED)
              .map(({ address }) => address)
              .join(', ')}`,
            'the targetPort of the Service against containerPort; then reload the gateway',
          ),
        ]
      : of.count('live') > 0
        ? [pass(`the ports that the gateway uses are those of ${of.services.join(', ')}’s endpoints`)]
        : [];
  return [...ports, ...socketChecks(of), ...failureChecks(of, causes)];
}

/** Sockets in the pods' namespaces: of those on this node, when /proc shows them. */
function socketChecks(of: UpstreamCase): Check[] {
  const sockets = of.addresses
    .filter(({ address, state }) => /^(\[[0-9a-f:.]+\]|[0-9.]+):\d+$/i.test(address) && state !== 'stale')
    .map(({ address }) => address);
  const { listening, probed } = of.insight;
  const subject = of.matches[0]?.gateway.subject;
  const taken = sockets.filter((address) => probed?.get(address) === null);
  const said = sockets
    .filter((address) => !taken.includes(address))
    .map((address) => ({ address, answer: (subject && listening?.(subject, address)) ?? null }));
  const heard = said.filter(({ answer }) => answer?.state === 'listening').map(({ address }) => address);
  const wrong = said.filter(
    ({ answer }) => answer !== null && answer.state !== 'listening' && answer.state !== 'unknown',
  );
  const unseen = sockets.length - taken.length - heard.length - wrong.length;
  const good = [...taken, ...heard];
  return [
    ...wrong
      .slice(0, MOST_NAMED)
      .map(({ address, answer }) =>
        fail(
          `${address}: ${answer!.state.replaceAll('_', ' ')}${portsText(answer!.others)}`,
          'ss -ltnp where it runs, in its pod: the address and port that the application binds',
        ),
      ),
    ...(good.length > 0 ? [pass(`listening: ${good.slice(0, MOST_NAMED).join(', ')}`)] : []),
    ...(unseen > 0 ? [unknown(unseenText(of, unseen))] : []),
  ];
}

function portsText(others: readonly number[]): string {
  return others.length === 0 ? '' : `, but ${others.join(', ')} ${others.length === 1 ? 'does' : 'do'}`;
}

function unseenText(of: UpstreamCase, unseen: number): string {
  const why =
    of.insight.listening === undefined
      ? 'a running badgateway does not tell the sockets of single addresses: give --no-server on the node of its pods'
      : `their network namespaces are not seen here: run it on their node (${whyNot(of, ['listeners'])})`;
  return `what listens at ${countOf(unseen, 'address', 'addresses')} is not known: ${why}, or --probe connects to them`;
}

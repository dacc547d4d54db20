import { CAUSES, type Cause } from '../contract/names.ts';
import { proxyText } from '../http/upstream-words.ts';
import { type CaseOptions, knownUpstreams, UpstreamCase } from './diagnose-case.ts';
import { type Check, type Step, stepOf, unknown } from './diagnose-check.ts';
import { containersRun, listens, podsRun } from './diagnose-steps-backend.ts';
import { isAllowed, isControlled, isReached, namesResolve } from './diagnose-steps-path.ts';

/** One upstream, looked at in the order in which a person would. */
export interface UpstreamAnswer {
  readonly asked: string;
  readonly gateways: readonly { readonly gateway: string; readonly upstream: string; readonly service: string }[];
  /** All seven. */
  readonly steps: readonly Step[];
}

interface StepPlan {
  readonly question: string;
  readonly checks: (of: UpstreamCase, causes: readonly Cause[]) => Check[];
}

/** The usual order of debugging a connection failure: what makes later questions pointless comes first. */
const STEPS: readonly StepPlan[] = [
  { question: 'Do its pods run?', checks: podsRun },
  { question: 'Do all their containers run, the sidecar too?', checks: containersRun },
  { question: 'Does the application listen at the right port?', checks: listens },
  { question: 'Can it be reached?', checks: isReached },
  { question: 'Does DNS work?', checks: namesResolve },
  { question: 'Is the connection allowed?', checks: isAllowed },
  { question: 'Is the control plane healthy?', checks: isControlled },
];

/** The step that a failure of this cause fails; what is not named is of the fourth. */
const STEP_OF: Readonly<Partial<Record<Cause, number>>> = {
  no_endpoints: 1,
  not_ready_endpoint: 2,
  sidecar_down: 2,
  oom_killed: 2,
  port_mismatch: 3,
  bound_to_loopback: 3,
  not_listening: 3,
  connection_refused: 3,
  dns_failure: 5,
  rbac_denied: 6,
  permission_denied: 6,
  upstream_tls: 6,
  no_cluster: 7,
};
const REACHED = 4;
const MOST_SUGGESTED = 8;

/** @throws Error when nothing is known of such an upstream. */
export function askUpstream(options: CaseOptions): UpstreamAnswer {
  const of = new UpstreamCase(options);
  if (!of.isKnown) throw new Error(notKnown(options));
  const steps: Step[] = [];
  for (const [at, { question, checks }] of STEPS.entries()) {
    const number = at + 1;
    const isPointless = number > 1 && steps[0].outcome === 'fail' && !hasReady(of);
    const found = isPointless
      ? [unknown('not looked at: no pod of it is ready, so step 1 comes first')]
      : checks(
          of,
          CAUSES.filter((cause) => (STEP_OF[cause] ?? REACHED) === number),
        );
    steps.push(stepOf(number, question, found));
  }
  return {
    asked: options.asked,
    gateways: of.matches.map(({ gateway, upstream: { name, service } }) => ({
      gateway: proxyText(gateway),
      upstream: name,
      service: service === null ? '' : `${service.namespace}/${service.name}:${service.port}`,
    })),
    steps,
  };
}

function hasReady(of: UpstreamCase): boolean {
  return of.count('live', 'missing', 'port_drift') > 0;
}

function notKnown({ looked, asked }: CaseOptions): string {
  const names = knownUpstreams(looked, asked);
  if (names.length === 0)
    return `no upstream of any gateway is known, so nothing can be told of ${JSON.stringify(asked)}: nginx_config or envoy must be able to read it`;
  const shown = names.slice(0, MOST_SUGGESTED).join(', ');
  const more = names.length > MOST_SUGGESTED ? ` and ${names.length - MOST_SUGGESTED} more` : '';
  return `no upstream ${JSON.stringify(asked)} is known; there are ${shown}${more}: badgateway upstreams lists them`;
}

import { known, notKnown } from '../../src/audit/fact.ts';
import { placeText } from '../../src/audit/rule.ts';
import { WORKLOAD_RULES } from '../../src/audit/rules/index.ts';
import type { Workload } from '../../src/audit/workload.ts';
import type { ListenState } from '../../src/contract/listener.ts';
import { readPodLifecycle } from '../../src/parse/pod-lifecycle.ts';

/** A pod's spec that no rule finds anything in. */
export const SOUND_SPEC = {
  terminationGracePeriodSeconds: 45,
  serviceAccountName: 'cart',
  containers: [
    {
      name: 'app',
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
      lifecycle: { preStop: { exec: { command: ['sleep', '15'] } } },
    },
  ],
};

/** The only container of the sound spec with other parts. */
export function withContainer(parts: object): object {
  return { ...SOUND_SPEC, containers: [{ ...SOUND_SPEC.containers[0], ...parts }] };
}

/** Sound, behind Service shop/cart that sends port 80 to `http`; gateways need 7 s. */
export function workload(spec: object = SOUND_SPEC, parts: Partial<Workload> = {}): Workload {
  return {
    key: 'shop/cart',
    lifecycle: readPodLifecycle(spec),
    services: known([{ key: 'shop/cart', ports: known([{ name: '', port: 80, targetPort: 'http' }]) }]),
    recommendedPreStopSeconds: known(7),
    abruptExits: known([]),
    isTemplate: false,
    listens: () => [],
    accounts: notKnown('ServiceAccounts are not read'),
    ...parts,
  };
}

/** What looks at the pods' ports say, all of the same. */
export function listening(...states: readonly (readonly [state: ListenState, ...others: number[]])[]) {
  return () => states.map(([state, ...others]) => ({ state, others, atMs: state === 'unknown' ? null : 1 }));
}

/** What one rule says: `severity place: message`, and `unchecked: why`. */
export function workloadSays(name: string, of: Workload): string[] {
  return [...ruleOf(name).check(of)].map((said) => {
    if ('unchecked' in said) return `unchecked: ${said.unchecked}`;
    return `${said.severity ?? ruleOf(name).severity} ${placeText(said.place)}: ${said.message}`;
  });
}

export function workloadFixes(name: string, of: Workload): string[] {
  return [...ruleOf(name).check(of)].flatMap((said) => ('fix' in said ? said.fix : []));
}

function ruleOf(name: string) {
  const rule = WORKLOAD_RULES.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

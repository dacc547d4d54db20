import { explanationOf } from '../causes/index.ts';
import type { Cause } from '../contract/names.ts';
import type { Condition } from '../contract/upstream.ts';
import { countOf } from '../http/page-words.ts';
import type { UpstreamCase } from './diagnose-case.ts';

/** `unknown`: it cannot be seen, which is no good news. */
export type StepOutcome = 'pass' | 'fail' | 'unknown';

export interface Check {
  readonly outcome: StepOutcome;
  /** What it rests on, or why it cannot be told and the right that is missing. */
  readonly text: string;
  /** Of one that fails: what to do. */
  readonly next?: string;
}

export interface Step {
  /** 1 to 7. */
  readonly number: number;
  readonly question: string;
  readonly outcome: StepOutcome;
  readonly checks: readonly Check[];
}

/** Who says the state. */
const SOURCES: Readonly<Partial<Record<Condition, string>>> = {
  oom_killed: 'cgroups',
  sidecar_down: 'listeners',
  gateway_not_listening: 'listeners',
  listen_queue_overflow: 'netstat',
  syn_queue_full: 'netstat',
  conntrack_full: 'conntrack',
  config_invalid: 'nginx_config',
  config_not_loaded: 'nginx_config',
};

export const pass = (text: string): Check => ({ outcome: 'pass', text });
export const unknown = (text: string): Check => ({ outcome: 'unknown', text });
export const fail = (text: string, next = ''): Check => ({ outcome: 'fail', text, ...(next === '' ? {} : { next }) });

/** One that fails fails the step; else one that cannot be told leaves it open. */
export function stepOf(number: number, question: string, checks: readonly Check[]): Step {
  const has = (outcome: StepOutcome) => checks.some((check) => check.outcome === outcome);
  return {
    number,
    question,
    checks,
    outcome: has('fail') ? 'fail' : has('unknown') || !has('pass') ? 'unknown' : 'pass',
  };
}

/** Failed requests of these causes. */
export function failureChecks(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  return causes.flatMap((cause) => {
    const failed = of.failures.get(cause);
    if (failed === undefined) return [];
    const proof = failed.evidence.length === 0 ? '' : `: ${failed.evidence.join('; ')}`;
    const next = failed.next === '' ? explanationOf(cause).next : failed.next;
    return [fail(`${countOf(failed.count, 'failure')} by ${cause}${proof}`, next)];
  });
}

/**
 * States that are known to hold, and not to. What is not known is one unknown, but nothing where another one of them is known and
 * `isAside` says that it does not matter then.
 */
export function conditionChecks(of: UpstreamCase, conditions: readonly Condition[], isAside = false): Check[] {
  const known = conditions.map((name) => ({ name, said: of.condition(name) }));
  const active = known.filter(({ said }) => said?.isActive);
  const quiet = known.filter(({ said }) => said !== undefined && !said.isActive);
  const missing = known.filter(({ said }) => said === undefined).map(({ name }) => name);
  const isKnown = active.length + quiet.length > 0;
  const aside = isAside && missing.length > 0 ? ` (not known: ${missing.join(', ')})` : '';
  return [
    ...active.map(({ name, said }) => fail(`${name} since ${said!.since.slice(11, 19)}Z: ${said!.evidence}`)),
    ...(quiet.length > 0 ? [pass(`not so: ${quiet.map(({ name }) => name).join(', ')}${aside}`)] : []),
    ...(missing.length > 0 && !(isAside && isKnown)
      ? [unknown(`${missing.join(', ')}: ${whyNot(of, sourcesOf(missing))}`)]
      : []),
  ];
}

/** What its collectors say of themselves, and where the rights stand that they need. */
export function whyNot(of: UpstreamCase, collectors: readonly string[]): string {
  return collectors
    .map((name) => {
      const collector = of.collector(name);
      if (collector === undefined) return `collector ${name} is switched off (collectors.${name}.enabled)`;
      const { state, detail } = collector;
      if (state === 'ok') return `collector ${name} says nothing of it`;
      return `collector ${name} is ${state.replace('_', ' ')} (${detail}); the rights it needs: docs/collectors/${name}.md`;
    })
    .join('; ');
}

function sourcesOf(conditions: readonly Condition[]): string[] {
  return [...new Set(conditions.map((name) => SOURCES[name] ?? 'kubernetes'))];
}

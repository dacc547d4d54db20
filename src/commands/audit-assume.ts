import { type Fact, known, notKnown } from '../audit/fact.ts';
import type { AuditFacts } from '../audit/input.ts';
import { parseSeconds } from '../parse/nginx-conf-units.ts';

/** Facts of configurations, and the one of workloads. */
export interface AssumedFacts extends AuditFacts {
  /** badgateway_recommended_prestop_seconds */
  readonly recommendedPreStopSeconds: Fact<number>;
}

type Take = (value: string) => Partial<AssumedFacts> | null;

const count = (value: string): number | null => (/^\d{1,15}$/.test(value) ? Number(value) : null);

function number(name: keyof AssumedFacts, read: (value: string) => number | null = count): Take {
  return (value) => {
    const parsed = read(value);
    return parsed === null ? null : { [name]: known(parsed) };
  };
}

function cores(value: string): Partial<AuditFacts> | null {
  if (value === 'none') return { cpuLimit: known(null) };
  return /^\d{1,4}(\.\d{1,6})?$/.test(value) && Number(value) > 0 ? { cpuLimit: known(Number(value)) } : null;
}

function ports(value: string): Partial<AuditFacts> | null {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value);
  return match === null ? null : { localPorts: known({ low: Number(match[1]), high: Number(match[2]) }) };
}

function version(value: string): Partial<AuditFacts> | null {
  return /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(value) ? { nginxVersion: known(value) } : null;
}

/** What `--assume` takes, each with an example. */
const ASSUMABLE: Readonly<Record<string, readonly [example: string, take: Take]>> = {
  somaxconn: ['4096', number('somaxconn')],
  cpus: ['8', number('autoWorkers')],
  cpu_limit: ['2 or none', cores],
  open_files: ['1024', number('openFiles')],
  nginx_version: ['1.28.0', version],
  backend_timeout: ['60s', number('backendTimeoutSeconds', parseSeconds)],
  local_ports: ['32768-60999', ports],
  conntrack_max: ['262144', number('conntrackMax')],
  conntrack_buckets: ['65536', number('conntrackBuckets')],
  conntrack_established: ['86400s', number('conntrackEstablishedSeconds', parseSeconds)],
  recommended_prestop: ['8s', number('recommendedPreStopSeconds', parseSeconds)],
};

/** `somaxconn=4096, cpus=8 …`, for the help. */
export function assumableText(): string {
  return Object.entries(ASSUMABLE)
    .map(([name, [example]]) => `${name}=${example}`)
    .join(', ');
}

/** Facts given by hand take the place of what was read. @throws Error that names what is wrong. */
export function assume<T extends AuditFacts>(facts: T, pairs: readonly string[]): T {
  let all = facts;
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals));
    const known = Object.hasOwn(ASSUMABLE, name) ? ASSUMABLE[name] : undefined;
    if (known === undefined) {
      const hint = equals < 0 ? '; files stand before --assume' : '';
      throw new Error(`--assume ${JSON.stringify(pair)}: write one of ${assumableText()}${hint}`);
    }
    const taken = known[1](pair.slice(equals + 1));
    if (taken === null) throw new Error(`--assume ${JSON.stringify(pair)}: write for example ${name}=${known[0]}`);
    all = { ...all, ...taken };
  }
  return all;
}

/** Nothing is known but the configuration itself. */
export function unknownFacts(unknown: Fact<never>): AssumedFacts {
  return {
    ...{ somaxconn: unknown, localPorts: unknown, conntrackMax: unknown, conntrackBuckets: unknown },
    ...{ conntrackEstablishedSeconds: unknown, autoWorkers: unknown, cpuLimit: unknown, openFiles: unknown },
    ...{ nginxVersion: unknown, backendTimeoutSeconds: unknown },
    recommendedPreStopSeconds: notKnown(
      'no death gap was measured here: give --assume recommended_prestop=8s, from badgateway_recommended_prestop_seconds',
    ),
    mounts: notKnown('what the cache is on is known only of an nginx that runs here'),
  };
}

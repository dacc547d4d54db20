import { canonicalConf, hash48 } from '../parse/nginx-conf-canonical.ts';
import type { ConfProblem } from '../parse/nginx-conf-problem.ts';
import type { ConfContext, NginxConf } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import { readUpstreams } from '../parse/nginx-conf-upstreams.ts';
import { type RuntimeSettings, runtimeSettings } from './nginx-config-settings.ts';
import { findVersionSocket, type VersionSocket, withoutVersion } from './nginx-config-version.ts';
import { type UpstreamsInUse, upstreamsInUse } from './nginx-config-view.ts';

/** What is compared of a configuration: its meaning, not its bytes. */
export interface ConfigContent {
  /** As the proxy uses them, which takes half the memory; as they stand there when the servers of one are in a `state` file. */
  readonly upstreams: UpstreamsInUse | readonly Upstream[];
  /** Places that only the running proxy can resolve. */
  readonly unknown: number;
  /** 48 bits each; order does not count. */
  readonly confHash: number;
  readonly upstreamsHash: number;
  /** Errors for nginx too, so that it has not loaded this. */
  readonly problems: readonly ConfProblem[];
  readonly versionSocket: VersionSocket | null;
  readonly settings: RuntimeSettings;
}

export const RELOAD_KINDS = ['changed', 'endpoints_only', 'reordered'] as const;
export type ReloadKind = (typeof RELOAD_KINDS)[number];

export function contentOf(conf: NginxConf, context: ConfContext): ConfigContent {
  const { upstreams, unknown, problems } = readUpstreams(conf, context);
  const inUse = upstreamsInUse(upstreams);
  return {
    upstreams: upstreams.every(({ stateFile }) => stateFile === null) ? inUse : upstreams,
    unknown: unknown.length,
    confHash: hash48(canonicalConf(withoutVersion(conf, context), 'set')),
    upstreamsHash: inUse.hash,
    problems: [...conf.problems, ...problems],
    versionSocket: findVersionSocket(conf, context),
    settings: runtimeSettings(conf, context, upstreams),
  };
}

/** Nothing that decides where requests go or how differs; the order may. */
export function isSameContent(one: ConfigContent, other: ConfigContent): boolean {
  return one.confHash === other.confHash && one.upstreamsHash === other.upstreamsHash;
}

/** `reordered` also when nothing changed at all. */
export function kindOfChange(from: ConfigContent, to: ConfigContent): ReloadKind {
  if (from.confHash !== to.confHash) return 'changed';
  return from.upstreamsHash !== to.upstreamsHash ? 'endpoints_only' : 'reordered';
}

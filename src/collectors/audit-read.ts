import { type AuditedConf, guessContext } from '../audit/input.ts';
import type { ConfContext, NginxConf } from '../parse/nginx-conf-tree.ts';
import type { ConfigTarget } from './nginx-config-target.ts';
import { ConfigTree } from './nginx-config-tree.ts';

/** Files of every nginx that hold nothing that a rule asks for. */
const HARMLESS = /(^|\/)(mime\.types|(fastcgi|uwsgi|scgi)(_params|\.conf))$/;
const LIMIT_WORDS = 'what is beyond the limits of the reader';

/**
 * Reads a configuration with its includes for the audit, and lets go of it afterwards.
 * @throws TornReadError, and what makes the main file unreadable (system errors).
 */
export function readAudited({ host, main, kind, context, prefix, directives }: ConfigTarget): AuditedConf {
  const place = { host, main, kind, prefix, ...(directives === undefined ? {} : { directives }) };
  const { conf, unreadable } = new ConfigTree(place).read();
  const lost = unreadable.filter(({ path }) => !isHarmless(path)).map(({ path, reason }) => `${path} (${reason})`);
  return toAudited(conf, { context, unreadable: kind === 'dump' ? null : lost });
}

/** Whether it does not matter to the audit that the file of this path is not there. */
export function isHarmless(path: string): boolean {
  return HARMLESS.test(path);
}

/**
 * @param unreadable of what is included, for people; null: only the reader of the text can say
 * @throws Error when there is nothing of a configuration in it, such as the output of a command that failed
 */
export function toAudited(
  conf: NginxConf,
  { context, unreadable }: { readonly context: ConfContext | 'auto'; readonly unreadable: readonly string[] | null },
): AuditedConf {
  const broken = conf.problems.filter(({ kind }) => kind !== 'limit' && kind !== 'include_failed');
  const failed = conf.problems.filter(({ kind }) => kind === 'include_failed');
  if (conf.directives.length === 0) throw new Error(broken[0]?.message ?? 'it has no directive');
  const isCut = Object.values(conf.limits).some((count) => count > 0);
  return {
    conf,
    context: context === 'auto' ? guessContext(conf) : context,
    missing: [
      ...(unreadable ?? failed.map(({ file, line }) => `the include of ${file}:${line}`)),
      ...broken.map(({ message, file, line }) => `what follows ${file}:${line} (${message})`),
      ...(isCut ? [LIMIT_WORDS] : []),
    ],
  };
}

import { known, notKnown } from '../../src/audit/fact.ts';
import type { AuditResult } from '../../src/audit/findings.ts';
import { audit } from '../../src/audit/index.ts';
import { type AuditFacts, type AuditInput, guessContext, readAuditInput } from '../../src/audit/input.ts';
import { placeText } from '../../src/audit/rule.ts';
import { AUDIT_RULES } from '../../src/audit/rules/index.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';

/** A machine that is tuned to the usual values, with nginx 1.28. */
export const TUNED_FACTS: AuditFacts = {
  somaxconn: known(4096),
  localPorts: known({ low: 32_768, high: 60_999 }),
  conntrackMax: known(262_144),
  conntrackBuckets: known(65_536),
  conntrackEstablishedSeconds: known(86_400),
  autoWorkers: known(8),
  cpuLimit: known(null),
  openFiles: known(1_048_576),
  nginxVersion: known('1.28.0'),
  mounts: known([{ path: '/', root: '/', type: 'ext4' }]),
  backendTimeoutSeconds: notKnown('not given'),
};

export function auditInput(text: string, facts: Partial<AuditFacts> = {}, missing: readonly string[] = []): AuditInput {
  const conf = readNginxConf({ path: '/nginx.conf', text });
  return readAuditInput({ conf, context: guessContext(conf), missing }, { ...TUNED_FACTS, ...facts });
}

export function auditText(text: string, facts: Partial<AuditFacts> = {}, missing: readonly string[] = []): AuditResult {
  return audit(auditInput(text, facts, missing));
}

/** What one rule says: `severity place: message`, and `unchecked: why`. */
export function ruleSays(name: string, text: string, facts: Partial<AuditFacts> = {}): string[] {
  const rule = AUDIT_RULES.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return [...rule.check(auditInput(text, facts))].map((said) => {
    if ('unchecked' in said) return `unchecked: ${said.unchecked}`;
    return `${said.severity ?? rule.severity} ${placeText(said.place)}: ${said.message}`;
  });
}

/** The concrete texts that the rule proposes. */
export function ruleFixes(name: string, text: string, facts: Partial<AuditFacts> = {}): string[] {
  const rule = AUDIT_RULES.find((one) => one.name === name)!;
  return [...rule.check(auditInput(text, facts))].flatMap((said) => ('fix' in said ? said.fix : []));
}

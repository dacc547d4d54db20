import { type Fact, notKnown } from '../audit/fact.ts';
import { type AuditResult, isWarning } from '../audit/findings.ts';
import { audit } from '../audit/index.ts';
import { readAuditInput } from '../audit/input.ts';
import { type Inventory, readInventory } from '../audit/inventory.ts';
import { showInvisible } from '../http/html.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import { assume, unknownFacts } from './audit-assume.ts';
import type { AuditedWorkloads } from './audit-kubernetes.ts';
import { type AuditSource, readAuditSources, type SourceOptions, type SourceTerminal } from './audit-sources.ts';
import { auditText, pageOf, workloadsText } from './audit-text.ts';
import { tellOfTerminal } from './standard-input.ts';

export interface AuditOptions extends SourceOptions {
  readonly json?: boolean;
  /** A manifest (`-`: standard input) or a kubeconfig: the workloads behind gateways. */
  readonly kubernetes?: string;
  /** `name=value`, as in audit-assume.ts. */
  readonly assume?: readonly string[];
}

export interface AuditTerminal extends SourceTerminal {
  readonly out: (text: string) => void;
}

/** One configuration with what was found. */
export interface Audited {
  readonly name: string;
  readonly gateway: string;
  readonly result: AuditResult;
  readonly inventory: Inventory;
  /** Parts that could not be read. */
  readonly missing: readonly string[];
}

const NO_SOURCE =
  'nothing to audit: give a file (badgateway audit /etc/nginx/nginx.conf) or the text of nginx -T (nginx -T | badgateway audit -)';

/** The command: returns the exit code. 0: no warnings, 1: warnings, 2: a configuration cannot be read, or a part of one without warnings. */
export async function runAudit(options: AuditOptions, terminal: AuditTerminal = ownTerminal()): Promise<number> {
  const audited: Audited[] = [];
  const { kubernetes, assume: assumed = [] } = options;
  let workloads: AuditedWorkloads | null = null;
  let isBlind = false;
  try {
    // A mistake in it is said before anything is read.
    const { recommendedPreStopSeconds } = assume(unknownFacts(notKnown('')), assumed);
    if (kubernetes !== undefined) workloads = await readWorkloads(kubernetes, terminal, recommendedPreStopSeconds);
    // Who asks for workloads only does not mean what runs here.
    const isAsked = kubernetes === undefined || options.files.length > 0;
    if (isAsked && options.here === true && options.files.length === 0)
      throw new Error('--here is for files: without one the nginx that run here are audited');
    const sources = isAsked ? await readAuditSources(options, terminal) : [];
    if (isAsked && sources.length === 0) terminal.note(NO_SOURCE);
    isBlind = kubernetes === undefined ? sources.length === 0 : workloads === null;
    for (const source of sources) {
      const one = auditSource(source, assumed);
      if (typeof one === 'string') {
        terminal.note(showInvisible(one));
        isBlind = true;
      } else audited.push(one);
    }
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
  if (options.json === true) terminal.out(auditJson(audited, workloads));
  else terminal.out(audited.map(auditText).join('') + (workloads === null ? '' : workloadsText(workloads)));
  if (isBlind) return 2;
  const results = [...audited.map(({ result }) => result), ...(workloads === null ? [] : [workloads.result])];
  if (results.some(({ findings }) => findings.some(isWarning))) return 1;
  // No news of a part that nobody read is no good news.
  return audited.some(({ missing }) => missing.length > 0) ? 2 : 0;
}

/** Null, and why on the terminal, when they cannot be read. */
async function readWorkloads(
  path: string,
  { note, stdin }: AuditTerminal,
  recommended: Fact<number>,
): Promise<AuditedWorkloads | null> {
  try {
    if (path === '-') tellOfTerminal('manifests', stdin, note);
    const { auditKubernetes } = await import('./audit-kubernetes-sources.ts');
    return await auditKubernetes(path, stdin, recommended);
  } catch (error) {
    note(showInvisible(`cannot read ${path === '-' ? 'standard input' : path}: ${whyUnreadable(error)}`));
    return null;
  }
}

/** A sentence when it cannot be read. */
function auditSource({ name, gateway, read }: AuditSource, assumed: readonly string[]): Audited | string {
  if ('problem' in read) return `cannot read ${name}: ${read.problem}`;
  const input = readAuditInput(read.conf, assume(read.facts, assumed));
  return { name, gateway, result: audit(input), inventory: readInventory(input), missing: read.conf.missing };
}

/** Names as in the text; `findings[].place` has file and line, sysctl, or workload. */
function auditJson(audited: readonly Audited[], workloads: AuditedWorkloads | null): string {
  const configurations = audited.map(({ name, gateway, result, inventory, missing }) => ({
    ...{ name, gateway, ...resultJson(result) },
    not_read: missing,
    settings: inventory,
  }));
  if (workloads === null) return `${showInvisible(JSON.stringify({ configurations }))}\n`;
  const { name, result, withoutService } = workloads;
  const counts = { workloads: workloads.workloads, without_service: withoutService };
  const kubernetes = { name, ...resultJson(result), ...counts };
  return `${showInvisible(JSON.stringify({ configurations, kubernetes }))}\n`;
}

function resultJson({ findings, omitted, counts, unchecked }: AuditResult) {
  return {
    findings: findings.map((finding) => ({ ...finding, page: pageOf(finding.rule) })),
    omitted,
    clean: [...counts].filter(([, { info, warning }]) => info + warning === 0).map(([rule]) => rule),
    not_checked: unchecked,
  };
}

function ownTerminal(): AuditTerminal {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    note: (sentence) => void stderr.write(`badgateway: ${sentence}\n`),
    stdin,
  };
}

import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { notKnown } from '../audit/fact.ts';
import type { AuditedConf, AuditFacts } from '../audit/input.ts';
import { readFacts } from '../collectors/audit-facts.ts';
import { isHarmless, readAudited, toAudited } from '../collectors/audit-read.ts';
import { discoverAllConfigs } from '../collectors/nginx-config-find.ts';
import type { Paths } from '../contract/unit.ts';
import { showInvisible } from '../http/html.ts';
import { readNginxDump, splitNginxDump } from '../parse/nginx-conf-dump.ts';
import { readNginxConf } from '../parse/nginx-conf-reader.ts';
import { walkConf } from '../parse/nginx-conf-tree.ts';
import { CgroupTree } from '../sources/cgroup.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { openProcfs } from '../sources/procfs.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import { unknownFacts } from './audit-assume.ts';
import { readAll, tellOfTerminal } from './standard-input.ts';

/** A configuration to audit, or why it cannot be read. */
export interface AuditSource {
  /** Path as it was given, or of a running gateway. */
  readonly name: string;
  /** '' for a file. */
  readonly gateway: string;
  readonly read: { readonly conf: AuditedConf; readonly facts: AuditFacts } | { readonly problem: string };
}

/** As commander gives them. */
export interface SourceOptions {
  /** Configurations or texts of `nginx -T`; none: those of the nginx that run here. */
  readonly files: readonly string[];
  /** The files are of an nginx of this machine and of our own namespaces. */
  readonly here?: boolean;
  readonly 'path.procfs'?: string;
  readonly 'path.rootfs'?: string;
}

export interface SourceTerminal {
  readonly note: (sentence: string) => void;
  readonly stdin: AsyncIterable<Buffer | string>;
}

const LONGEST_INPUT = 64 << 20;
const ELSEWHERE =
  'it is not known where the file is used: give --here when on this machine, or the value with --assume';

/** The configurations of the files, or of what runs here when none is given. */
export async function readAuditSources(
  options: SourceOptions,
  { note, stdin }: SourceTerminal,
): Promise<AuditSource[]> {
  const { files, here = false } = options;
  const paths = { proc: options['path.procfs'] ?? '/proc', root: options['path.rootfs'] ?? '' };
  const sources: AuditSource[] = [];
  if (files.includes('-')) tellOfTerminal('the text of nginx -T', stdin, note);
  for (const file of files) sources.push(await fileSource(file, { stdin, procOfHere: here ? paths.proc : null }));
  if (files.length > 0) return sources;
  if (!existsSync(paths.proc))
    throw new Error(`--path.procfs ${JSON.stringify(paths.proc)}: there is no such directory`);
  const notes: string[] = [];
  sources.push(...(await runningSources(paths, notes)));
  for (const sentence of notes) note(showInvisible(sentence));
  return sources;
}

/** The configurations of the nginx that run here, each with what is known of its process. */
async function runningSources(paths: Paths, notes: string[]): Promise<AuditSource[]> {
  const proc = openProcfs(paths.proc);
  const cgroups = new CgroupTree(proc);
  await cgroups.refresh(new AbortController().signal);
  const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
  const { found, lost } = discoverAllConfigs(paths, { namespace, pod }, notes);
  const sources: AuditSource[] = lost.map(({ pid, why }) => ({
    ...{ name: `the configuration of nginx master ${pid}`, gateway: '' },
    read: { problem: why },
  }));
  for (const { target, master } of found) {
    const isInOurPod = paths.root === '' && pod !== '' && target.subject.pod === pod;
    const runner = { pid: master?.pid ?? null, host: target.host, isInOurPod };
    const read = await attempt(async () => ({
      conf: readAudited(target),
      facts: await readFacts(proc, cgroups, runner),
    }));
    sources.push({ name: target.host.root + target.main, gateway: target.subject.gateway, read });
  }
  return sources;
}

/** A configuration file with its includes, or the text of `nginx -T`; `-` is standard input. */
async function fileSource(
  path: string,
  { stdin, procOfHere }: { stdin: SourceTerminal['stdin']; procOfHere: string | null },
): Promise<AuditSource> {
  const read = await attempt(async () => ({
    conf: path === '-' ? readText(await readAll(stdin, LONGEST_INPUT)) : readFile(path),
    facts: procOfHere !== null ? await factsHere(procOfHere) : unknownFacts(notKnown(ELSEWHERE)),
  }));
  return { name: path === '-' ? 'standard input' : path, gateway: '', read };
}

async function attempt<T>(read: () => Promise<T>): Promise<T | { readonly problem: string }> {
  try {
    return await read();
  } catch (error) {
    return { problem: whyUnreadable(error) };
  }
}

async function factsHere(root: string): Promise<AuditFacts> {
  const proc = openProcfs(root);
  const cgroups = new CgroupTree(proc);
  await cgroups.refresh(new AbortController().signal);
  return readFacts(proc, cgroups, { pid: 'self', host: new HostFiles(''), isInOurPod: false });
}

function readFile(path: string): AuditedConf {
  const main = isAbsolute(path) ? path : resolve(path);
  const host = new HostFiles('');
  if (host.kindOf(main) === 'directory') throw Object.assign(new Error(), { code: 'EISDIR' });
  const { text } = host.read(main, LONGEST_INPUT);
  const kind = splitNginxDump(text).length > 0 ? 'dump' : 'conf';
  const subject = { namespace: '', pod: '', container: '', gateway: '' };
  return readAudited({ host, main, kind, context: 'auto', subject });
}

function readText(text: string): AuditedConf {
  const dump = readNginxDump(text);
  if (dump !== null) return toAudited(dump, { context: 'auto', unreadable: null });
  // What it includes is beside a file that we do not know.
  const conf = readNginxConf({ path: 'stdin', text });
  const includes: string[] = [];
  for (const { directive } of walkConf(conf.directives))
    if (directive.name === 'include' && !isHarmless(directive.args[0] ?? ''))
      includes.push(`the include of stdin:${directive.line}`);
  return toAudited(conf, { context: 'auto', unreadable: includes });
}

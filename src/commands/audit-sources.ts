import { isAbsolute, resolve } from 'node:path';
import { notKnown } from '../audit/fact.ts';
import type { AuditedConf, AuditFacts } from '../audit/input.ts';
import { readFacts } from '../collectors/audit-facts.ts';
import { isHarmless, readAudited, toAudited } from '../collectors/audit-read.ts';
import { discoverAllConfigs } from '../collectors/nginx-config-find.ts';
import type { Paths } from '../contract/unit.ts';
import { readNginxDump, splitNginxDump } from '../parse/nginx-conf-dump.ts';
import { readNginxConf } from '../parse/nginx-conf-reader.ts';
import { walkConf } from '../parse/nginx-conf-tree.ts';
import { CgroupTree } from '../sources/cgroup.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { openProcfs } from '../sources/procfs.ts';
import { unknownFacts } from './audit-assume.ts';

/** A configuration to audit, or why it cannot be read. */
export interface AuditSource {
  /** Path as it was given, or of a running gateway. */
  readonly name: string;
  /** '' for a file. */
  readonly gateway: string;
  readonly read: { readonly conf: AuditedConf; readonly facts: AuditFacts } | { readonly problem: string };
}

export interface SourceOptions {
  readonly paths: Paths;
  /** The files are of an nginx of this machine and of our own namespaces. */
  readonly here: boolean;
  readonly stdin: AsyncIterable<Buffer | string>;
}

const LONGEST_INPUT = 64 << 20;
const ELSEWHERE =
  'it is not known where the file is used: give --here when on this machine, or the value with --assume';

/** The configurations of the nginx that run here, each with what is known of its process. */
export async function runningSources({ paths }: SourceOptions, notes: string[]): Promise<AuditSource[]> {
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
export async function fileSource(path: string, options: SourceOptions): Promise<AuditSource> {
  const read = await attempt(async () => ({
    conf: path === '-' ? readText(await readAll(options.stdin)) : readFile(path),
    facts: options.here ? await factsHere(options.paths) : unknownFacts(notKnown(ELSEWHERE)),
  }));
  return { name: path === '-' ? 'standard input' : path, gateway: '', read };
}

async function attempt<T>(read: () => Promise<T>): Promise<T | { readonly problem: string }> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { problem: code ?? message };
  }
}

async function factsHere({ proc: root }: Paths): Promise<AuditFacts> {
  const proc = openProcfs(root);
  const cgroups = new CgroupTree(proc);
  await cgroups.refresh(new AbortController().signal);
  return readFacts(proc, cgroups, { pid: 'self', host: new HostFiles(''), isInOurPod: false });
}

function readFile(path: string): AuditedConf {
  const main = isAbsolute(path) ? path : resolve(path);
  const host = new HostFiles('');
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

async function readAll(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > LONGEST_INPUT) throw new Error(`longer than ${LONGEST_INPUT} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

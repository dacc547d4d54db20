import { type BlastRadius, readBlastRadius } from '../audit/blast-radius.ts';
import { notKnown } from '../audit/fact.ts';
import { readAuditInput } from '../audit/input.ts';
import { showInvisible } from '../http/html.ts';
import { unknownFacts } from './audit-assume.ts';
import { readAuditSources, type SourceOptions, type SourceTerminal } from './audit-sources.ts';
import { readUpstreams } from './diagnose-answer.ts';
import type { ServerAccess } from './diagnose-ask.ts';
import { reportText } from './report-text.ts';
import { askUpstreams } from './upstreams-ask.ts';

export interface ReportOptions extends Omit<ServerAccess, 'url'>, Omit<SourceOptions, 'here'> {
  readonly json?: boolean;
  /** A badgateway that knows the Services of the upstreams, and proxies that have no file here. */
  readonly server?: string;
}

export interface ReportTerminal extends SourceTerminal {
  readonly out: (text: string) => void;
}

/** One proxy with what goes down with it. */
export interface ProxyReport extends Omit<BlastRadius, 'hosts'> {
  /** Path of the configuration, or what the badgateway calls the proxy. */
  readonly name: string;
  readonly gateway: string;
  /** Null: its configuration was not read, only its upstreams are known. */
  readonly hosts: BlastRadius['hosts'] | null;
  /** Parts that could not be read. */
  readonly missing: readonly string[];
}

/** The command `report blast-radius`: returns the exit code. 0: all was read; 2: a part could not, or nothing is there. */
export async function runBlastRadius(
  options: ReportOptions,
  terminal: ReportTerminal = ownTerminal(),
): Promise<number> {
  try {
    const asked = options.server === undefined ? [] : await askServices({ ...options, server: options.server });
    const { reports: read, isBlind } = await readHere(options, asked, terminal);
    const gateways = new Set(read.map(({ gateway }) => gateway));
    const reports = [...read, ...asked.filter(({ gateway }) => !gateways.has(gateway))];
    if (options.json === true) terminal.out(`${showInvisible(JSON.stringify({ proxies: reports }))}\n`);
    else terminal.out(reports.map(reportText).join('\n'));
    if (reports.length === 0 && options.files.length === 0)
      terminal.note('no nginx runs here that can be read: give a file, or --server');
    return isBlind || reports.length === 0 || reports.some(({ missing }) => missing.length > 0) ? 2 : 0;
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
}

async function readHere(options: ReportOptions, asked: readonly ProxyReport[], terminal: ReportTerminal) {
  const sources = await readAuditSources(options, terminal);
  const reports: ProxyReport[] = [];
  for (const { name, gateway, read } of sources) {
    if ('problem' in read) terminal.note(showInvisible(`cannot read ${name}: ${read.problem}`));
    else {
      const radius = readBlastRadius(readAuditInput(read.conf, unknownFacts(notKnown(''))));
      reports.push(withServices({ name, gateway, missing: read.conf.missing, ...radius }, asked));
    }
  }
  return { reports, isBlind: reports.length < sources.length };
}

/** What the badgateway found out counts more than a name. */
function withServices(report: ProxyReport, asked: readonly ProxyReport[]): ProxyReport {
  const known = new Map(
    asked
      .filter(({ gateway }) => report.gateway === '' || gateway === report.gateway)
      .flatMap(({ upstreams }) => upstreams.map(({ name, service }) => [name, service] as const)),
  );
  const upstreams = report.upstreams.map((one) => ({ ...one, service: known.get(one.name) || one.service }));
  return { ...report, upstreams, services: servicesOf(upstreams) };
}

/** All proxies that the badgateway knows, each workload once. */
async function askServices(options: ReportOptions & { readonly server: string }): Promise<ProxyReport[]> {
  const { server: url } = options;
  const report = readUpstreams(await askUpstreams({ ...options, url, query: {}, flag: '--server' }));
  if (report === null)
    throw new Error(`${url}: the answer is not that of /api/v1/upstreams: is this badgateway, of this version?`);
  const missing = report.truncated > 0 ? [`${report.truncated} addresses beyond what ${url} lists`] : [];
  const found = new Map<string, ProxyReport>();
  for (const { proxy, subject, upstreams: used } of report.gateways) {
    const upstreams = used.map(({ name, service, addresses }) => ({
      ...{ name, hosts: [], servers: addresses.filter(({ state }) => state !== 'missing').length },
      service: service === null ? '' : `${service.namespace}/${service.name}`,
    }));
    const name = `${proxy} ${subject.namespace === '' ? '' : `${subject.namespace}/`}${subject.gateway}`;
    if (!found.has(name))
      found.set(name, {
        name,
        gateway: subject.gateway,
        hosts: null,
        upstreams,
        services: servicesOf(upstreams),
        missing,
      });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function servicesOf(upstreams: BlastRadius['upstreams']): string[] {
  return [...new Set(upstreams.flatMap(({ service }) => service || []))].sort();
}

/** Standard output, standard error and standard input. */
export function ownTerminal(): ReportTerminal {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    note: (sentence) => void stderr.write(`badgateway: ${sentence}\n`),
    stdin,
  };
}

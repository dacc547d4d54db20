import { showInvisible } from '../http/html.ts';
import type { UpstreamsReport } from '../http/views.ts';
import { readUpstreams } from './diagnose-answer.ts';
import { DEFAULT_SERVER, isNobody, type ServerAccess } from './diagnose-ask.ts';
import { readWorkload, stepsText, type Workload } from './remedy-steps.ts';
import { ownTerminal } from './report.ts';
import type { Terminal } from './upstreams.ts';
import { askUpstreams } from './upstreams-ask.ts';

export interface RemedyOptions extends Omit<ServerAccess, 'url'> {
  /** `namespace/name` of the gateway's Deployment; without it those that use stale addresses. */
  readonly gateway?: string | undefined;
  /** `namespace/name` of the controller's Deployment. */
  readonly controller?: string;
  /** Instead of the steps: whether stale addresses are left. */
  readonly verify?: boolean;
  readonly server?: string;
}

type RemedyTerminal = Pick<Terminal, 'out' | 'note'>;

/**
 * The command: returns the exit code. Without `verify` 0 when steps were printed or none are needed; with it 0: nothing is stale, 1: something
 * is. 2: it cannot be told, and `note` says why. It runs no kubectl.
 */
export async function runRemedy(options: RemedyOptions, terminal: RemedyTerminal = ownTerminal()): Promise<number> {
  try {
    const gateway = workloadOf(options.gateway, 'the gateway');
    const controller = workloadOf(options.controller, '--controller');
    if (options.verify === true) return verify(await ask(options, gateway), gateway, terminal);
    const gateways = gateway === null ? await staleGateways(options, terminal) : [gateway];
    if (gateways === null) return 0;
    terminal.out(stepsText(controller, gateways, options.server ?? null));
    if (controller === null)
      terminal.note(
        'the controller: kubectl get deployments -A -l app.kubernetes.io/name=nginx-gateway-fabric, then --controller',
      );
    terminal.note('nothing was run; a gateway that is a DaemonSet is daemonset/NAME');
    return 0;
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
}

function workloadOf(text: string | undefined, what: string): Workload | null {
  if (text === undefined) return null;
  const workload = readWorkload(text);
  if (workload === null) throw new Error(`${what} ${JSON.stringify(text)}: write NAMESPACE/NAME`);
  return workload;
}

async function ask(options: RemedyOptions, gateway: Workload | null): Promise<UpstreamsReport> {
  const { server: url = DEFAULT_SERVER } = options;
  const query = gateway === null ? {} : { gateway: gateway.name };
  const report = readUpstreams(await askUpstreams({ ...options, url, query, flag: '--server' }));
  if (report === null)
    throw new Error(`${url}: the answer is not that of /api/v1/upstreams: is this badgateway, of this version?`);
  return report;
}

/** Those that use addresses that are gone; null: none does. Empty: nobody is there to be asked. */
async function staleGateways(options: RemedyOptions, { note }: RemedyTerminal): Promise<Workload[] | null> {
  try {
    const { gateways, counts } = await ask(options, null);
    const found = new Map<string, Workload>();
    for (const { subject, upstreams } of gateways) {
      const workload = readWorkload(`${subject.namespace}/${subject.gateway}`);
      if (workload !== null && goneOf(upstreams.map((one) => one.counts)) > 0)
        found.set(`${subject.namespace}/${subject.gateway}`, workload);
    }
    if (goneOf([counts]) > 0) return [...found.values()];
    note('no gateway is known to use a stale address: nothing to restart (name one to see the steps all the same)');
    return null;
  } catch (error) {
    if (options.server !== undefined || !isNobody(error)) throw error;
    note('no badgateway runs here: fill in the names, or ask one with --server');
    return [];
  }
}

function verify(report: UpstreamsReport, gateway: Workload | null, { out, note }: RemedyTerminal): number {
  const { cluster, truncated } = report;
  const isIts = ({ subject }: UpstreamsReport['gateways'][number]) =>
    gateway === null || subject.namespace === gateway.namespace;
  const gateways = report.gateways.filter(isIts);
  const counts = gateways.flatMap(({ upstreams }) => upstreams.map((one) => one.counts));
  // Of a list that is cut only the whole is known.
  const gone = gateway === null ? goneOf([report.counts]) : goneOf(counts);
  if (gone > 0) {
    out(`${gone} stale ${gone === 1 ? 'address is' : 'addresses are'} left\n`);
    note('badgateway upstreams --state stale lists them');
    return 1;
  }
  const slices = cluster.find(({ resource }) => resource === 'endpointslices');
  const why =
    gateways.length === 0
      ? 'no such gateway is known'
      : gateways.some(({ isOld }) => isOld)
        ? 'a gateway was read too long ago'
        : slices?.freshness !== 'fresh'
          ? `EndpointSlices are ${slices?.freshness ?? 'unwatched'}`
          : gateway !== null && truncated > 0
            ? 'the list of addresses is cut'
            : null;
  if (why !== null) {
    note(`whether an address is stale cannot be told: ${why}`);
    return 2;
  }
  const unknown = counts.reduce((sum, one) => sum + one.unknown, 0);
  out('0 stale addresses\n');
  if (unknown > 0) note(`${unknown} addresses are unknown`);
  return 0;
}

/** Addresses that are nobody's, or another Service's. */
function goneOf(counts: readonly UpstreamsReport['counts'][]): number {
  return counts.reduce((sum, { stale, foreign }) => sum + stale + foreign, 0);
}

import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { listeners } from '../../src/collectors/listeners.ts';
import type { GatewaySettings, ListenInUse } from '../../src/contract/gateway-settings.ts';
import type { ListenersSeen } from '../../src/contract/listener.ts';
import type { NodeNetwork, NodeProcess } from '../../src/contract/node.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TCP_ESTABLISHED, TCP_LISTEN } from '../../src/parse/tcp-sockets.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { testContext } from '../support/context.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, processOf } from '../support/node-look.ts';
import { HEADER, row } from '../support/tcp-rows.ts';

export const createListeners = await listeners.load();

export const NOW = 1_000_000;
export const INTERVAL_MS = 15_000;
export const SUBJECT = { namespace: 'edge', pod: 'gw-0', container: '', gateway: 'gw' };

/** `ip:port` each. */
export function table(...listening: string[]): string {
  const rows = listening.map((text) => {
    const [local, port] = text.split(':');
    return row({ local, localPort: Number(port), remote: '0.0.0.0', remotePort: 0, state: TCP_LISTEN });
  });
  const other = { local: '10.0.0.1', localPort: 80, remote: '10.0.0.9', remotePort: 4000, state: TCP_ESTABLISHED };
  return `${[HEADER, ...rows, row(other)].join('\n')}\n`;
}

/** The collector with a /proc and a node that the test makes up; what cannot be provoked with real ones. */
export class Rig {
  readonly fake: FakeProc;
  networks: NodeNetwork[] = [];
  /** What a look that may be old shows, when it is not the same. */
  known: NodeNetwork[] | undefined;
  wanted: ReadonlySet<string> = new Set();
  nowMs = NOW - INTERVAL_MS;
  /** How old the look may be, of each that was asked for. */
  readonly looks: number[] = [];
  settings: GatewaySettings[] = [];
  readonly reported = new Map<string, ListenersSeen | null>();
  readonly conditions = new Map<string, ConditionReport>();
  heard: (report: ConditionReport) => unknown = () => {};
  readonly collector;
  readonly #registry = new MetricRegistry({ now: () => NOW });

  constructor(t: TestContext, config: object = {}, root = '') {
    this.fake = new FakeProc(t);
    chmodSync(dirname(this.fake.root), 0o755);
    const context = testContext(this.#registry.writers(listeners.metrics), {
      node: { look: (maxAgeMs) => this.#look(maxAgeMs), markMoved: () => {} },
      settings: { report: () => {}, all: () => this.settings },
      listeners: { listening: (key, seen) => void this.reported.set(key, seen), wanted: () => this.wanted },
      conditions: {
        condition: (report) => {
          this.heard(report);
          this.conditions.set(report.condition, report);
        },
      },
      clock: { now: () => this.nowMs },
      paths: { proc: this.fake.root, root },
    });
    this.collector = createListeners(listeners.schema.parse(config), context);
  }

  /** A process with a network of its own. */
  process(pid: number, tcp: string, parts: Partial<NodeProcess> = {}): NodeProcess {
    this.fake.namespace(String(pid)).write(`${pid}/net/tcp`, tcp);
    this.fake.write(`${pid}/stat`, `${pid} (x) S 1 ${'0 '.repeat(17)}1000 0`);
    const network = openProcfs(this.fake.root).identity(`${pid}/net/netstat`)!;
    return processOf({ pid, network, ...parts });
  }

  /** An interval after the last one. */
  async poll() {
    this.nowMs += INTERVAL_MS;
    return await this.pollSoon();
  }

  async pollSoon() {
    return await this.collector.poll(new AbortController().signal);
  }

  /** Of now when it may not be older, else as old as may be. */
  #look(maxAgeMs: number) {
    this.looks.push(maxAgeMs);
    const networks = maxAgeMs === 0 ? this.networks : (this.known ?? this.networks);
    return Promise.resolve(lookOf({ networks, atMs: this.nowMs - maxAgeMs }));
  }

  async samples(name: string): Promise<string[]> {
    const text = (await this.#registry.render('text', 'test')).toString();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    return lines.map((line) =>
      line
        .slice(name.length)
        .replace(/\w+="([^"]*)",?/g, '$1 ')
        .replace(/ ?[{}]/g, ''),
    );
  }
}

export const listen = (port: number, parts: Partial<ListenInUse> = {}): ListenInUse => ({
  ...{ kind: 'tcp', host: '0.0.0.0', port, lastPort: null, backlog: null, place: `n.conf:${port}` },
  ...parts,
});

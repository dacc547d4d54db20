import type { TestContext } from 'node:test';
import type { NodeLook, PodName } from '../../../src/contract/node.ts';
import { NodeWatch } from '../../../src/sources/node/node-watch.ts';
import { FakeProc } from '../../support/fake-proc.ts';

export const UID = '3b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f';
export const ID = '0123456789abcdef'.repeat(4);
export const POD = `0::/kubepods/burstable/pod${UID}/${ID}\n`;

export interface Made {
  readonly comm?: string;
  readonly ticks?: number;
  readonly cgroup?: string;
  /** A pid whose network it shares; none: a new one. */
  readonly in?: string;
}

/** A /proc whose processes and clock the test moves. */
export function setting(t: TestContext, upstreams: readonly string[] = []) {
  const proc = new FakeProc(t);
  const host = new FakeProc(t, 'root');
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const paths = { proc: proc.root, root: host.root };
  const names = new Map<string, PodName>();
  const node = new NodeWatch({
    ...{ paths: () => paths, clock, upstreamAddresses: () => new Set(upstreams) },
    podByUid: (uid) => names.get(uid),
  });
  const add = (pid: string, made: Made = {}) => {
    const { comm = 'app', ticks = 100, cgroup = '0::/\n' } = made;
    proc.write(`${pid}/stat`, `${pid} (${comm}) S 1 ${'0 '.repeat(17)}${ticks} 1 1\n`).write(`${pid}/cgroup`, cgroup);
    if (made.in === undefined) proc.write(`${pid}/net/netstat`, '');
    else proc.shareNetwork(pid, made.in);
    return pid;
  };
  const look = () => {
    clock.nowMs += 5_000;
    return node.look(0);
  };
  return { proc, host, clock, node, names, add, look };
}

export const short = ({ networks }: NodeLook) =>
  networks.map(({ labels, processes }) => {
    const { namespace, pod, netns } = labels;
    return `${[namespace, pod, netns].filter(Boolean).join('/')} ${processes.map(({ pid }) => pid).join()}`;
  });

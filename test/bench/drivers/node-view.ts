import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { readListeners } from '../../../src/collectors/listeners-read.ts';
import { NodeWatch } from '../../../src/sources/node/node-watch.ts';
import { openProcfs } from '../../../src/sources/procfs.ts';
import { median } from '../measure.ts';

/**
 * Looks at all processes and networks of /proc, and at the listening sockets of the network of process BUSY.
 * Prints one JSON line: CPU milliseconds, and the longest stall of the event loop.
 */
const LOOKS = 20;
/** The first of them are not compiled yet, as in an exporter that has just started; the last half counts. */
const LISTEN_LOOKS = 200;
const busy = Number(process.argv[2]);
const clock = { now: () => Date.now() };
const node = new NodeWatch({ paths: () => ({ proc: '/proc', root: '' }), clock, upstreamAddresses: () => new Set() });

async function cpuMs(action: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const delay = monitorEventLoopDelay({ resolution: 1 });
await wait(200);
delay.enable();
const firstMs = await cpuMs(() => node.look(0));
await wait(50);
const firstStallMs = delay.max / 1e6;
delay.reset();
const again: number[] = [];
for (let i = 0; i < LOOKS; i++) {
  again.push(await cpuMs(() => node.look(-1)));
  await wait(20);
}
const { processes, networks } = await node.look(60_000);
const network = networks.find((one) => one.processes.some(({ pid }) => pid === busy));
if (network === undefined) throw new Error(`no network of process ${busy}`);
const proc = openProcfs('/proc');
const { signal } = new AbortController();
const listens: number[] = [];
for (let i = 0; i < LISTEN_LOOKS; i++) {
  listens.push(
    await cpuMs(async () => {
      const read = await readListeners(proc, network, { signal, known: null });
      if (read.state !== 'read' || read.tables.tcp.sockets.length !== 1) throw new Error(`${JSON.stringify(read)}`);
    }),
  );
  await wait(2);
}
const stallMs = delay.max / 1e6;
const counts = { processes: processes.size, networks: networks.length };
console.log(
  JSON.stringify({
    ...counts,
    firstMs,
    firstStallMs,
    againMs: median(again),
    listenMs: median(listens.slice(LISTEN_LOOKS / 2)),
    stallMs,
  }),
);

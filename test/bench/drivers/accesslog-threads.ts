import { setTimeout as wait } from 'node:timers/promises';
import { nginxAccessLog } from '../../../src/collectors/nginx-access-log.ts';
import type { PeerAddress } from '../../../src/contract/failure.ts';
import type { TrafficSink } from '../../../src/contract/traffic.ts';
import { MetricRegistry } from '../../../src/metrics/registry.ts';
import { testContext } from '../../support/context.ts';
import { ACCESS_FORMAT } from '../corpus/access-layouts.ts';
import { type AccessAnswer, BUCKETS, classOf, emptyAnswer } from '../corpus/access-truth.ts';
import { add } from '../corpus/truth.ts';

const createNginxAccessLog = await nginxAccessLog.load();

/** The unit itself on several files, with so many worker threads: node accesslog-threads.mjs THREADS FILE... */

const POLL_MS = 5;

export interface ThreadsAnswer extends AccessAnswer {
  /** From the first look at the files to the last count. */
  readonly seconds: number;
  /** CPU seconds of the main thread, and of all together. */
  readonly mainSeconds: number;
  readonly cpuSeconds: number;
  /** That ran at the end. */
  readonly threads: number;
}

function addAll(to: number[], from: ArrayLike<number>): void {
  for (let i = 0; i < from.length; i++) to[i] += from[i];
}

/** As nginx writes it. */
function nameOf({ address, port }: PeerAddress): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === null ? host : `${host}:${port}`;
}

/** Adds up what is reported. */
function sinkOf(answer: AccessAnswer): TrafficSink {
  return {
    ...{ buckets: BUCKETS, follows() {}, leaves() {}, isFollowed: () => true },
    gateway(_, __, { durations, responseBytes }) {
      addAll(answer.duration.counts, durations.counts);
      answer.duration.sumMs += durations.sum * 1000;
      answer.bytes += responseBytes;
    },
    upstream(_, __, { peer, answers, attempts, durations }) {
      for (const [code, count] of answers) {
        add(answer.codes, code, count);
        answer.requests += count;
      }
      const name = peer === null ? '' : nameOf(peer);
      for (const [code, count] of attempts) add(answer.attempts, `${name} ${classOf(Number(code) || 0)}`, count);
      addAll(answer.upstreamDuration.counts, durations.counts);
      answer.upstreamDuration.sumMs += durations.sum * 1000;
    },
  };
}

async function follow(threads: number, files: readonly string[]): Promise<ThreadsAnswer> {
  const answer = emptyAnswer();
  const registry = new MetricRegistry({ now: Date.now });
  const metrics = registry.writers(nginxAccessLog.metrics);
  const config = nginxAccessLog.schema.parse({
    ...{ files: files.map((path) => ({ path, gateway: path, format: 'bench' })), formats: { bench: ACCESS_FORMAT } },
    ...{ start_at: 'beginning', threads, thread_above: '1MiB', peer_limit: 16_384 },
  });
  const collector = createNginxAccessLog(config, testContext(metrics, { traffic: sinkOf(answer) }));
  const [startMs, cpu, own] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()];
  await collector.start?.();
  while (collector.caughtUp?.() === false) await wait(POLL_MS);
  collector.flush?.();
  const seconds = (performance.now() - startMs) / 1000;
  const secondsOf = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
  const result = {
    ...{ ...answer, seconds, threads: registry.get(nginxAccessLog.metrics.threads.name)?.value({}) ?? 0 },
    ...{ mainSeconds: secondsOf(process.threadCpuUsage(own)), cpuSeconds: secondsOf(process.cpuUsage(cpu)) },
  };
  await collector.stop?.();
  return result;
}

const [threads, ...files] = process.argv.slice(2);
console.log(JSON.stringify(await follow(Number(threads), files)));

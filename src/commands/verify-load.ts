import { setTimeout as delay, setImmediate as others } from 'node:timers/promises';
import { Sender, type SenderOptions } from './verify-request.ts';
import { Tally } from './verify-tally.ts';

export interface LoadOptions extends Omit<SenderOptions, 'mostSockets'> {
  /** Requests in a second. */
  readonly qps: number;
  readonly durationMs: number;
  /** So many may be under way; what would be more is not sent and counted. */
  readonly mostUnderWay: number;
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

export interface LoadResult {
  readonly tally: Tally;
  /** Requests of a whole run. */
  readonly planned: number;
  /** Cut off by `signal` before they were answered; they count as nothing. */
  readonly cutOff: number;
  readonly reopened: number;
  readonly seconds: number;
}

/**
 * Sends requests at a fixed rate, whether earlier ones are answered or not (an open loop): slow answers do not lower the rate.
 * Latencies are from the moment when each was due.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { qps, durationMs, mostUnderWay, signal } = options;
  const planned = Math.max(1, Math.round((qps * durationMs) / 1000));
  const tally = new Tally(planned);
  const sender = new Sender({ ...options, mostSockets: mostUnderWay });
  const underWay = new Set<Promise<void>>();
  const startMs = performance.now();
  const begin = async (dueMs: number): Promise<void> => {
    const outcome = await sender.send();
    if (!signal.aborted) tally.add(outcome, performance.now() - dueMs);
  };
  try {
    for (let sent = 0; sent < planned && !signal.aborted; sent++) {
      const dueMs = startMs + (sent * 1000) / qps;
      await sleepUntil(dueMs, signal);
      if (signal.aborted) break;
      if (underWay.size >= mostUnderWay) {
        tally.add({ error: 'not_sent', detail: `${mostUnderWay} requests were under way` }, 0);
        continue;
      }
      const one = begin(dueMs).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await Promise.race([Promise.all(underWay), abortOf(signal)]);
    const seconds = (performance.now() - startMs) / 1000;
    return { tally, planned, cutOff: signal.aborted ? underWay.size : 0, reopened: sender.reopened, seconds };
  } finally {
    sender.close();
  }
}

async function sleepUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await delay(leftMs, undefined, { signal }).catch(() => {});
  // Who is late lets answers in between two requests.
  else await others();
}

function abortOf(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

import type { Verdict } from '../../src/causes/verdict.ts';
import type { Change } from '../../src/contract/evidence.ts';
import { type Subject, UNKNOWN_UPSTREAM, type UpstreamIdentity } from '../../src/contract/metrics.ts';
import type { Cause, Symptom } from '../../src/contract/names.ts';
import type { Condition, ConditionReport } from '../../src/contract/upstream.ts';
import { IncidentBook, type IncidentBookOptions } from '../../src/incidents/incident-book.ts';

export const START = Date.parse('2026-11-21T03:00:00Z');
export const EDGE: Subject = { namespace: 'gw', pod: 'edge-1', container: 'nginx', gateway: 'edge' };
export const CART: UpstreamIdentity = {
  upstream: 'shop_cart_80',
  upstream_namespace: 'shop',
  upstream_service: 'cart',
  upstream_port: '80',
};
export const API: UpstreamIdentity = {
  ...CART,
  upstream: 'pay_api_80',
  upstream_namespace: 'pay',
  upstream_service: 'api',
};

/** A book with its own time. */
export class Staged {
  now = START;
  requests: number | null = null;
  readonly book: IncidentBook;
  /** The causes of incidents as they began. */
  readonly opened: (Cause | null)[] = [];
  droppedCount = 0;

  constructor(options: Partial<IncidentBookOptions> = {}) {
    this.book = new IncidentBook({
      clock: { now: () => this.now },
      requestsOf: () => this.requests,
      onOpened: ({ cause }) => void this.opened.push(cause),
      onDropped: () => void this.droppedCount++,
      ...options,
    });
  }

  /** Lets time pass, a look each second. */
  pass(seconds: number): this {
    for (let second = 0; second < seconds; second++) {
      this.now += 1000;
      this.book.look();
    }
    return this;
  }

  fail(cause: Cause, count = 1, parts: Partial<Parts> = {}): this {
    this.book.verdict(verdict(cause, count, { atMs: this.now, ...parts }));
    return this;
  }

  state(condition: Condition, isActive: boolean | null = true, parts: Partial<ConditionReport> = {}): this {
    this.book.condition({ condition, isActive, subject: EDGE, evidence: '', ...parts });
    return this;
  }

  done(kind: Change['kind'], text: string, parts: Partial<Change> = {}): this {
    this.book.change({ kind, text, atMs: this.now, subject: EDGE, service: '', ...parts });
    return this;
  }

  all() {
    return this.book.list({ limit: 1000 }).incidents;
  }

  /** The only incident. */
  one() {
    const [incident, ...others] = this.all();
    if (incident === undefined || others.length > 0) throw new Error(`${others.length + (incident ? 1 : 0)} incidents`);
    return incident;
  }
}

interface Parts {
  readonly upstream: UpstreamIdentity;
  readonly symptom: Symptom;
  readonly peer: string | null;
  /** Null: what nginx says is the name of the block. */
  readonly port: number | null;
  readonly subject: Subject;
  readonly evidence: readonly string[];
  readonly sample: string;
  readonly atMs: number;
}

export function verdict(cause: Cause, count: number, parts: Partial<Parts> = {}): Verdict {
  const {
    upstream = CART,
    symptom = 'connect_refused',
    peer = '10.2.71.14',
    port = 8080,
    subject = EDGE,
    atMs = START,
  } = parts;
  const { evidence = [], sample } = parts;
  return {
    observation: {
      ...{ proxy: 'nginx', subject, symptom, failure: true, upstream: UNKNOWN_UPSTREAM, count },
      peer: peer === null ? null : { scheme: 'http', address: peer, port },
      ...{ sinceMs: atMs - 5000, atMs },
      ...(sample === undefined ? {} : { sample }),
    },
    ...{ count, cause, upstream, evidence, decidedMs: atMs },
  };
}

/** The fault switches of the fake API server: each holds for the next n matching requests or until it is switched off. */
import type { CutKind, Shape } from './body.ts';
import { PLAIN, pieces } from './body.ts';
import type { RequestInfo, Verb } from './resources.ts';

export type FaultAction =
  /** `text`: no Status but plain text, as the real server's own 429 and what load balancers say. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly retryAfterSeconds?: number;
      readonly body?: 'status' | 'text';
      readonly message?: string;
    }
  /** 410 as an ERROR event in a 200 stream, as an HTTP status, or for a continue token (with a fresh one). */
  | { readonly kind: 'expired'; readonly shape: 'event' | 'http' | 'continue' }
  /** Takes the request and never answers. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'cut'; readonly how: CutKind; readonly afterBytes: number }
  | { readonly kind: 'drip'; readonly bytes: number; readonly pauseMs?: number }
  | { readonly kind: 'chunks'; readonly split: (bytes: Buffer) => readonly Buffer[]; readonly pauseMs?: number }
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultMatch {
  readonly verb?: Verb;
  /** Plural name, such as `endpointslices`. */
  readonly resource?: string;
  readonly namespace?: string;
}

export interface FaultSpec extends FaultMatch {
  /** How many requests it hits; without it, until `off()`. */
  readonly times?: number;
}

export interface SwitchedOn {
  readonly hits: number;
  off(): void;
}

interface Fault {
  readonly match: FaultMatch;
  readonly action: FaultAction;
  left: number;
  hits: number;
}

export class Faults {
  #faults: Fault[] = [];

  on(action: FaultAction, { times = Number.POSITIVE_INFINITY, ...match }: FaultSpec = {}): SwitchedOn {
    const fault: Fault = { match, action, left: times, hits: 0 };
    // A server that hangs hangs, whatever else it would have said.
    if (action.kind === 'stall') this.#faults.unshift(fault);
    else this.#faults.push(fault);
    return {
      get hits() {
        return fault.hits;
      },
      off: () => {
        this.#faults = this.#faults.filter((other) => other !== fault);
      },
    };
  }

  allOff(): void {
    this.#faults = [];
  }

  /** What hits this request. Only what decides about the request uses up a turn; two answers to one request make no sense. */
  take(info: RequestInfo): FaultAction[] {
    const hit: Fault[] = [];
    for (const fault of this.#faults) {
      if (fault.left <= 0 || !matches(fault.match, info) || !possible(fault.action, info)) continue;
      if (answers(fault.action) && hit.some(({ action }) => answers(action))) continue;
      hit.push(fault);
    }
    for (const fault of hit) {
      fault.left -= 1;
      fault.hits += 1;
    }
    return hit.map(({ action }) => action);
  }
}

export function shapeOf(actions: readonly FaultAction[]): Shape {
  let shape = PLAIN;
  for (const action of actions) {
    if (action.kind === 'cut') shape = { ...shape, cut: action };
    if (action.kind === 'drip') shape = { ...shape, split: pieces(action.bytes), pauseMs: action.pauseMs ?? 0 };
    if (action.kind === 'chunks') shape = { ...shape, split: action.split, pauseMs: action.pauseMs ?? 0 };
  }
  return shape;
}

const answers = ({ kind }: FaultAction): boolean => kind === 'status' || kind === 'expired' || kind === 'stall';

const matches = (match: FaultMatch, info: RequestInfo): boolean =>
  (match.verb ?? info.verb) === info.verb &&
  (match.resource ?? info.resource) === info.resource &&
  (match.namespace ?? info.namespace) === info.namespace;

function possible(action: FaultAction, { verb, query }: RequestInfo): boolean {
  if (action.kind !== 'expired' || action.shape === 'http') return true;
  return action.shape === 'event' ? verb === 'watch' : verb === 'list' && query.has('continue');
}

import type { Persistent } from '../contract/unit.ts';
import { RETENTION_MS } from './endpoint-history.ts';
import type { ServicePort } from './endpoint-states.ts';
import { MAPPING_METHODS, type MappingMethod } from './tracked-upstream.ts';

/** Which Service an upstream was found to stand for. */
export interface RememberedMapping {
  readonly service: ServicePort;
  readonly portNumber: number | null;
  readonly method: MappingMethod;
  /** Fingerprint of the servers with which it was last found. */
  readonly servers: number;
  /** Since when the Service or its port is gone; null: it is there, as far as is known. */
  readonly goneSinceMs: number | null;
  /** Since when no proxy has the upstream; null: it is in use. */
  readonly unusedSinceMs: number | null;
}

const MOST_MAPPINGS = 20_000;

/** Mappings by upstream, so that one survives that all its addresses are stale, and a restart. */
export class MappingMemory implements Persistent {
  readonly #mappings = new Map<string, RememberedMapping>();
  readonly #mostMappings: number;
  readonly #now: () => number;
  #dropped = 0;

  constructor(now: () => number, mostMappings = MOST_MAPPINGS) {
    this.#now = now;
    this.#mostMappings = mostMappings;
  }

  get size(): number {
    return this.#mappings.size;
  }

  /** Mappings that were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  get(key: string): RememberedMapping | undefined {
    return this.#mappings.get(key);
  }

  /** The one that was not set for longest goes when there are too many. */
  set(key: string, mapping: RememberedMapping): void {
    this.#mappings.delete(key);
    this.#mappings.set(key, mapping);
    if (this.#mappings.size <= this.#mostMappings) return;
    for (const oldest of this.#mappings.keys()) {
      this.#mappings.delete(oldest);
      this.#dropped++;
      return;
    }
  }

  delete(key: string): void {
    this.#mappings.delete(key);
  }

  /** The upstream is gone: a reload may bring it back within the hour. */
  forget(key: string): void {
    const mapping = this.#mappings.get(key);
    if (mapping) this.#mappings.set(key, { ...mapping, unusedSinceMs: this.#now() });
  }

  save(): unknown {
    this.#prune();
    return [...this.#mappings].map(([key, mapping]) => ({ key, ...mapping }));
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const value of saved.slice(0, this.#mostMappings)) {
      const read = readSaved(value);
      if (read !== null) this.set(read.key, { ...read.mapping, unusedSinceMs: this.#now() });
    }
  }

  #prune(): void {
    const nowMs = this.#now();
    for (const [key, { unusedSinceMs }] of this.#mappings)
      if (unusedSinceMs !== null && nowMs - unusedSinceMs > RETENTION_MS) this.#mappings.delete(key);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readSaved(value: unknown): { readonly key: string; readonly mapping: RememberedMapping } | null {
  const { key, service, portNumber, method, servers, goneSinceMs } = fieldsOf(value);
  const { service: name, portName } = fieldsOf(service);
  const known = MAPPING_METHODS.find((one) => one === method);
  if (typeof key !== 'string' || typeof name !== 'string' || typeof portName !== 'string') return null;
  if (known === undefined || known === 'none' || known === 'override') return null;
  return {
    key,
    mapping: {
      service: { service: name, portName },
      portNumber: numberOf(portNumber),
      method: known,
      servers: numberOf(servers) ?? 0,
      goneSinceMs: numberOf(goneSinceMs),
      unusedSinceMs: null,
    },
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

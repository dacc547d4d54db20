const MOST_SERVICES = 20_000;

/** What is known of a Service. Who asks again and again keeps it, until nothing is known of it any more. */
export interface FollowedService {
  /** When its first slice was seen, milliseconds since the epoch; null: nothing is known of it, or another object is about it by now. */
  knownMs: number | null;
  /** Of the log at its last change. */
  version: number;
}

/** Services whose slices were seen, those known for longest first. */
export class FollowedServices {
  readonly #known = new Map<string, FollowedService>();

  /** `namespace/name` */
  of(service: string): Readonly<FollowedService> | undefined {
    return this.#known.get(service);
  }

  /** A slice of it has changed. */
  touch(service: string, version: number): void {
    const known = this.#known.get(service);
    if (known !== undefined) known.version = version;
  }

  /** True when another one had to be forgotten for it. */
  know(service: string, nowMs: number, version: number): boolean {
    if (this.#known.has(service)) return false;
    this.#known.set(service, { knownMs: nowMs, version });
    if (this.#known.size <= MOST_SERVICES) return false;
    for (const oldest of this.#known.keys()) {
      this.drop(oldest);
      return true;
    }
    return false;
  }

  drop(service: string): void {
    const known = this.#known.get(service);
    if (known !== undefined) known.knownMs = null;
    this.#known.delete(service);
  }

  clear(): void {
    for (const known of this.#known.values()) known.knownMs = null;
    this.#known.clear();
  }
}

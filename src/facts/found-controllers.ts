import type { ControllerSink } from '../contract/cluster.ts';

/** The Services of controllers by their label, as they were last found. */
export class FoundControllers implements ControllerSink {
  #services: readonly string[] | null = null;
  #namespace = '';

  found(services: readonly string[] | null, namespace: string): void {
    this.#services = services;
    this.#namespace = namespace;
  }

  /** None also while it is not known. */
  get services(): readonly string[] {
    return this.#services ?? [];
  }

  /** Why there is none for sure; null: there is, or it is not known. */
  get absence(): string | null {
    if (this.#services === null || this.#services.length > 0) return null;
    return `no Service in namespace ${this.#namespace} has a label of a controller`;
  }
}

import type { GatewaySettings, GatewaySettingsBoard } from '../contract/gateway-settings.ts';

/** The latest word of every configuration that runs. */
export class GatewaySettingsMemory implements GatewaySettingsBoard {
  readonly #byKey = new Map<string, GatewaySettings>();
  /** As asked for last; undefined: it has changed since. */
  #all: readonly GatewaySettings[] | undefined;

  report(key: string, settings: GatewaySettings | null): void {
    if (settings === null) this.#byKey.delete(key);
    else this.#byKey.set(key, settings);
    this.#all = undefined;
  }

  all(): readonly GatewaySettings[] {
    this.#all ??= [...this.#byKey.values()];
    return this.#all;
  }
}

import type { GatewaySettings, GatewaySettingsBoard } from '../contract/gateway-settings.ts';

/** The latest word of every configuration that runs. */
export class GatewaySettingsMemory implements GatewaySettingsBoard {
  readonly #byKey = new Map<string, GatewaySettings>();

  report(key: string, settings: GatewaySettings | null): void {
    if (settings === null) this.#byKey.delete(key);
    else this.#byKey.set(key, settings);
  }

  all(): readonly GatewaySettings[] {
    return [...this.#byKey.values()];
  }
}

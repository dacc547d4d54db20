import type { ControllerSink, Service } from '../contract/cluster.ts';
import { CONTROLLER_SELECTOR } from './kubernetes-plan.ts';
import type { ResourceWatches, WatchSink } from './kubernetes-watches.ts';

/** The Services of one namespace that say by their label that they are of a controller. */
export class ControllerServices {
  readonly #namespace: string;
  readonly #sink: ControllerSink;
  readonly #known = new Set<string>();

  /** @param namespace '' for nowhere */
  constructor(namespace: string, sink: ControllerSink) {
    this.#namespace = namespace;
    this.#sink = sink;
  }

  /** Hears of what goes into `sink`. */
  beside(sink: WatchSink<Service>): WatchSink<Service> {
    if (this.#namespace === '') return sink;
    return {
      ...sink,
      set: (service, isNews) => {
        const isOurs = service.isController === true && service.key.startsWith(`${this.#namespace}/`);
        if (isOurs) this.#known.add(service.key);
        else this.#known.delete(service.key);
        sink.set(service, isNews);
      },
      delete: (key) => {
        this.#known.delete(key);
        sink.delete(key);
      },
      forget: () => {
        this.#known.clear();
        sink.forget();
      },
    };
  }

  /** None is an answer only when all that have the label were read. */
  tell(watches: readonly ResourceWatches<never>[]): void {
    if (this.#namespace === '') return;
    const services = watches.find(({ resource }) => resource === 'services');
    const isRead =
      services?.isSynced === true &&
      services.states().some(({ watch }) => watch.selection.labelSelector === CONTROLLER_SELECTOR);
    this.#sink.found(isRead ? [...this.#known].sort() : null, this.#namespace);
  }
}

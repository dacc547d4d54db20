import type { Random } from './random.ts';
import type { AddressPool, SimulatedPod, SimulatedService } from './simulated-service.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface OperationsOptions {
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly pool: AddressPool;
  readonly services: readonly SimulatedService[];
  /** From then on pods go from one Service to another. */
  readonly labelsFromMs: number;
  /** Its pods are others now. */
  readonly podsChanged: (service: SimulatedService) => void;
  /** The Service itself is another now, or gone. */
  readonly serviceChanged: (service: SimulatedService) => void;
}

/** What people and controllers do to Services in a minute. */
export class RolloutOperations {
  readonly #options: OperationsOptions;
  readonly #places = new Map<SimulatedPod, number>();
  #pods = 0;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  start(service: SimulatedService, count: number): void {
    for (let at = 0; at < count; at++) this.#add(service, true);
  }

  /** One operation, by chance; what it sets in motion comes later. */
  any(): void {
    const { random, services } = this.#options;
    const there = services.filter(({ isDeleted }) => !isDeleted);
    if (there.length === 0) return;
    const service = random.pick(there);
    const operations: ((service: SimulatedService) => void)[] = [
      ...[this.#roll, this.#roll, this.#roll, this.#crash, this.#crash, this.#flap, this.#scaleToZero],
      ...[this.#scaleUp, this.#scaleUp, this.#changePort, this.#renamePort, this.#relabel, this.#delete],
    ];
    random.pick(operations).call(this, service);
  }

  #roll(service: SimulatedService): void {
    const { time, random } = this.#options;
    let waitMs = 0;
    for (const old of service.pods) {
      time.after(waitMs, () => {
        this.#add(service, false);
        time.after(random.int(0, 3_000), () => this.#terminate(service, old));
      });
      waitMs += random.int(0, 2_000);
    }
  }

  /** Gone at once, its address free for the next pod. */
  #crash(service: SimulatedService): void {
    const pods = [...service.pods];
    if (pods.length > 0) this.#remove(service, this.#options.random.pick(pods));
    if (this.#options.random.chance(0.7)) this.#add(this.#options.random.pick(this.#options.services), false);
  }

  #flap(service: SimulatedService): void {
    const { time, random, podsChanged } = this.#options;
    const pods = [...service.pods];
    if (pods.length === 0) return;
    const pod = random.pick(pods);
    for (const ready of [false, true]) {
      time.after(ready ? random.int(100, 12_000) : 0, () => {
        if (!service.pods.has(pod)) return;
        pod.ready = ready;
        podsChanged(service);
      });
    }
  }

  #scaleToZero(service: SimulatedService): void {
    for (const pod of service.pods) this.#terminate(service, pod);
    this.#options.time.after(this.#options.random.int(1_000, 25_000), () => this.#scaleUp(service));
  }

  #scaleUp(service: SimulatedService): void {
    const count = this.#options.random.int(1, 5);
    for (let at = 0; at < count; at++) this.#add(service, false);
  }

  #changePort(service: SimulatedService): void {
    const { random } = this.#options;
    const port = random.pick(service.ports);
    if (port.target === 'app') this.#roll(service);
    else port.target = random.int(8_000, 8_003);
    this.#options.serviceChanged(service);
    this.#options.podsChanged(service);
  }

  #renamePort(service: SimulatedService): void {
    const { random } = this.#options;
    random.pick(service.ports).name = `port-${random.int(1, 1_000)}`;
    this.#options.serviceChanged(service);
    this.#options.podsChanged(service);
  }

  /** The pod with its address goes to another Service. */
  #relabel(service: SimulatedService): void {
    const { random, services, podsChanged, time, labelsFromMs } = this.#options;
    if (time.now() < labelsFromMs) return;
    const [other] = random.shuffled(services.filter((one) => one !== service && !one.isDeleted));
    const pods = [...service.pods];
    if (other === undefined || pods.length === 0) return;
    const pod = random.pick(pods);
    service.pods.delete(pod);
    other.pods.add(pod);
    podsChanged(service);
    podsChanged(other);
  }

  #delete(service: SimulatedService): void {
    if (this.#options.random.chance(0.5)) return;
    for (const pod of service.pods) this.#remove(service, pod);
    service.goneMs = this.#options.time.now();
    this.#options.serviceChanged(service);
    this.#options.podsChanged(service);
  }

  #add(service: SimulatedService, isReady: boolean): void {
    const { time, random, pool, podsChanged } = this.#options;
    const at = pool.take();
    if (at === undefined || service.isDeleted) return;
    const ips = [`10.0.0.${at}`, ...(service.traits.isDualStack ? [`fd00::${at.toString(16)}`] : [])];
    const namedPort = random.int(8_000, 8_003);
    const pod = { uid: `uid-${++this.#pods}`, ips, namedPort, ready: isReady, terminating: false };
    this.#places.set(pod, at);
    service.pods.add(pod);
    podsChanged(service);
    if (isReady) return;
    time.after(random.int(200, 6_000), () => {
      pod.ready = true;
      podsChanged(service);
    });
  }

  #terminate(service: SimulatedService, pod: SimulatedPod): void {
    if (!service.pods.has(pod)) return;
    pod.terminating = true;
    this.#options.podsChanged(service);
    this.#options.time.after(this.#options.random.int(0, 10_000), () => this.#remove(service, pod));
  }

  #remove(service: SimulatedService, pod: SimulatedPod): void {
    if (!service.pods.delete(pod)) return;
    this.#options.pool.giveBack(this.#places.get(pod)!);
    this.#options.podsChanged(service);
  }
}

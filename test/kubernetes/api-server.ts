/**
 * A fake Kubernetes API server: the protocol that clients of lists and watches see, as measured at a real one, with a
 * switch for each way it can fail. What it does not have stands in docs/testing-kubernetes.md.
 */
import { Access, serviceAccountToken } from './access.ts';
import type { Certificates } from './certificates.ts';
import { makeCertificates, sharedCertificates } from './certificates.ts';
import { Counters } from './counters.ts';
import type { SwitchedOn } from './faults.ts';
import { Faults } from './faults.ts';
import { Listener } from './listener.ts';
import type { Parts } from './request-handler.ts';
import { handle } from './request-handler.ts';
import type { ResourceType } from './resources.ts';
import { DEFAULT_RESOURCES } from './resources.ts';
import { ServiceAccountDirectory } from './service-account.ts';
import { ObjectStore } from './store.ts';
import { WatchHub } from './watch.ts';

export interface FakeApiServerOptions {
  readonly resources?: readonly ResourceType[];
  readonly eventWindow?: number;
  readonly resourceVersion?: number;
  /** How long one of the server's seconds takes: timeoutSeconds, grace periods, bookmarks, waiting for a version. */
  readonly secondMs?: number;
  readonly bookmarkIntervalSeconds?: number;
  readonly resourceVersionWaitSeconds?: number;
  readonly gzipFromBytes?: number;
}

export interface RestartOptions {
  /** `lose`: no objects, and resourceVersions begin again. */
  readonly store?: 'keep' | 'lose';
  /** By how much the resourceVersion grows while the server is away; where it begins when the store is lost. */
  readonly jump?: number;
}

export class FakeApiServer {
  readonly counters = new Counters();
  readonly faults = new Faults();
  readonly access: Access;
  readonly store: ObjectStore;
  readonly watches: WatchHub;
  /** What the server's clock is ahead of ours: its Date header, its timestamps, its idea of a token's expiry. */
  clockSkewMs = 0;
  /** The token that is accepted from the start. */
  token: string;
  readonly #listener: Listener;
  #certificates: Certificates = sharedCertificates();
  #serviceAccount: ServiceAccountDirectory | undefined;
  #frozen: SwitchedOn | undefined;

  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    const server = new FakeApiServer(options);
    await server.#listener.listen();
    return server;
  }

  private constructor(options: FakeApiServerOptions) {
    const { secondMs = 1000, resources = DEFAULT_RESOURCES, eventWindow = 1000, resourceVersion = 100 } = options;
    const now = () => Date.now() + this.clockSkewMs;
    this.access = new Access(now);
    this.token = serviceAccountToken(Date.now());
    this.access.accept(this.token);
    this.store = new ObjectStore({ resources, eventWindow, resourceVersion, now, secondMs });
    this.watches = new WatchHub(this.store, {
      secondMs,
      bookmarkIntervalSeconds: options.bookmarkIntervalSeconds ?? 60,
    });
    this.#listener = new Listener(this.#certificates, this.counters, (request, response) => {
      void handle(parts, request, response);
    });
    const parts: Parts = {
      ...{ resources, now, listener: this.#listener, store: this.store, watches: this.watches },
      ...{ faults: this.faults, access: this.access, counters: this.counters },
      freshnessMs: (options.resourceVersionWaitSeconds ?? 3) * secondMs,
      gzipFromBytes: options.gzipFromBytes ?? 128 * 1024,
    };
  }

  get url(): string {
    return `https://127.0.0.1:${this.#listener.port}`;
  }

  /** PEM of what signs the server now, and client certificates that it signs. */
  get certificates(): Certificates {
    return this.#certificates;
  }

  get serviceAccount(): ServiceAccountDirectory {
    this.#serviceAccount ??= new ServiceAccountDirectory({
      token: this.token,
      ca: this.#certificates.ca,
      namespace: 'badgateway',
    });
    return this.#serviceAccount;
  }

  /** A kubeconfig whose user has the token file of the service account, or a client certificate. */
  kubeconfig(user: 'token' | 'certificate' = 'token'): string {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { ca, client } = this.#certificates;
    const certificate = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: this.url, 'certificate-authority-data': base64(ca) } }],
      users: [{ name: 'fake', user: user === 'token' ? { tokenFile: this.serviceAccount.tokenFile } : certificate }],
    });
  }

  /** The old token is worth nothing, the new one waits in the file if a test uses it (unless `file` is false). */
  swapToken({ file = true, lifeSeconds = 3600 } = {}): string {
    this.access.revokeAll();
    this.token = serviceAccountToken(Date.now(), lifeSeconds);
    this.access.accept(this.token, lifeSeconds * 1000);
    if (file) this.#serviceAccount?.swap({ token: this.token });
    return this.token;
  }

  /** Another authority and certificate for new handshakes; ca.crt of the service account follows unless `file` is false. */
  rotateCertificates({ file = true, dropConnections = false } = {}): Certificates {
    this.#certificates = makeCertificates();
    this.#listener.use(this.#certificates);
    if (file) this.#serviceAccount?.swap({ ca: this.#certificates.ca });
    if (dropConnections) this.#listener.resetAll();
    return this.#certificates;
  }

  /** Half-open from now on: open watches fall silent, new connections and requests are taken and never answered. */
  freeze(): void {
    if (this.#frozen !== undefined) return;
    this.#frozen = this.faults.on({ kind: 'stall' });
    this.#listener.holdHandshakes = true;
    this.watches.cut('silence');
  }

  /** New connections and requests are answered again; what was held is never. */
  thaw(): void {
    this.#frozen?.off();
    this.#frozen = undefined;
    this.#listener.holdHandshakes = false;
  }

  /** Takes connections and leaves the TLS handshake unanswered. */
  holdHandshakes(hold: boolean): void {
    this.#listener.holdHandshakes = hold;
  }

  /** RST for all connections; the port stays open. */
  resetConnections(): void {
    this.#listener.resetAll();
  }

  /** Like kill -9: RST for all, nobody listens. */
  kill(): Promise<void> {
    return this.#listener.kill();
  }

  /** A new process on the same port: its watch cache knows nothing older than now. */
  async restart({ store = 'keep', jump = 0 }: RestartOptions = {}): Promise<void> {
    await this.kill();
    if (store === 'lose') this.store.lose(Math.max(1, jump));
    else {
      this.store.skipVersions(jump);
      this.store.forgetWindow();
    }
    await this.#listener.listen();
  }

  async stop(): Promise<void> {
    this.store.stopTimers();
    await this.kill();
    this.#serviceAccount?.remove();
  }
}

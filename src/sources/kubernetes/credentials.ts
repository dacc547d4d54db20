import { readFileSync, statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { load as parseYaml } from 'js-yaml';
import { ApiError } from './api-error.ts';

/** Where kubelet puts the files of a pod's service account. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface CredentialsOptions {
  /** Path of a kubeconfig; '' for the service account of the pod. */
  readonly kubeconfig: string;
  /** Context of the kubeconfig; '' for its current one. */
  readonly context: string;
  readonly serviceAccount?: string;
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as kubelet sets them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface TlsOptions {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What one request needs. Never logged. */
export interface Access {
  readonly server: URL;
  readonly tls: TlsOptions;
  readonly headers: Readonly<Record<string, string>>;
}

/** True in a pod whose service account is mounted. */
export function isInCluster({ environment, serviceAccount = SERVICE_ACCOUNT }: CredentialsOptions): boolean {
  if ((environment.KUBERNETES_SERVICE_HOST ?? '') === '') return false;
  return statSync(join(serviceAccount, 'token'), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Where the API server is and who we are there. Files are read again for every request (tokens at most 60 s later): kubelet
 * swaps them. @kubernetes/client-node is loaded at the first use, and used for nothing else.
 */
export class Credentials {
  readonly #options: CredentialsOptions;
  #config: Promise<KubeConfig> | undefined;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  /** Throws ApiError `credentials`, also when a file is missing for a moment. */
  async access(): Promise<Access> {
    try {
      this.#config ??= this.#load();
      const config = await this.#config;
      const server = serverOf(config);
      const found: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
      await config.applyToHTTPSOptions(found);
      const { ca, cert, key, servername, rejectUnauthorized, auth, headers } = found as Access['tls'] & {
        readonly auth?: string;
        readonly headers?: Readonly<Record<string, unknown>>;
      };
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      return {
        server,
        tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
        headers: headersOf(headers ?? {}, auth),
      };
    } catch (error) {
      this.refresh();
      throw error instanceof ApiError ? error : unreadable(error as NodeJS.ErrnoException);
    }
  }

  /** What was read is of no worth any more: the next request reads all anew. */
  refresh(): void {
    this.#config = undefined;
  }

  /** Namespace of the service account or of the context; '' when there is none. */
  async namespace(): Promise<string> {
    const { kubeconfig, serviceAccount = SERVICE_ACCOUNT } = this.#options;
    try {
      if (kubeconfig === '') return readFileSync(join(serviceAccount, 'namespace'), 'utf8').trim();
      this.#config ??= this.#load();
      const config = await this.#config;
      return config.getContextObject(config.getCurrentContext())?.namespace ?? '';
    } catch {
      this.refresh();
      return '';
    }
  }

  async #load(): Promise<KubeConfig> {
    const { kubeconfig, context, environment, serviceAccount = SERVICE_ACCOUNT } = this.#options;
    // Not the package's own entry: that is the typed client of every API, twice as much.
    const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
    const config = new KubeConfig();
    if (kubeconfig !== '') {
      config.loadFromFile(kubeconfig);
      addTokenFiles(config, kubeconfig);
      if (context !== '') config.setCurrentContext(context);
      return config;
    }
    const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment;
    config.loadFromClusterAndUser(
      {
        name: 'pod',
        caFile: join(serviceAccount, 'ca.crt'),
        server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
        skipTLSVerify: false,
      },
      { name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: join(serviceAccount, 'token') } } },
    );
    return config;
  }
}

function serverOf(config: KubeConfig): URL {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new ApiError('credentials', 'the kubeconfig has no such context or cluster');
  if (!URL.canParse(cluster.server)) throw new ApiError('credentials', 'the cluster has no usable server URL');
  if (cluster.proxyUrl) throw new ApiError('credentials', 'proxy-url of a kubeconfig is not supported');
  const server = new URL(cluster.server);
  if (server.protocol === 'https:') return server;
  if (server.protocol !== 'http:' || !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(server.hostname)) {
    throw new ApiError('credentials', 'the API server must be https, or http on loopback');
  }
  // Nothing is encrypted there; the library wants to hear it.
  if (!cluster.skipTLSVerify) {
    config.clusters = config.clusters.map((one) => (one.name === cluster.name ? { ...one, skipTLSVerify: true } : one));
  }
  return server;
}

interface KubeconfigUsers {
  readonly users?: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: unknown } }[];
}

/** `tokenFile` of a user, which the library (2.0.1) overlooks: it looks for `token-file`. */
function addTokenFiles(config: KubeConfig, kubeconfig: string): void {
  const { users = [] } = parseYaml(readFileSync(kubeconfig, 'utf8')) as KubeconfigUsers;
  const files = new Map(users.map(({ name, user }) => [name, user?.tokenFile]));
  config.users = config.users.map((user) => {
    const file = files.get(user.name);
    if (typeof file !== 'string' || file === '') return user;
    const tokenFile = resolve(dirname(kubeconfig), file);
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}

/** Token files may end with a newline, which no header may hold. */
function headersOf(found: Readonly<Record<string, unknown>>, auth: string | undefined): Record<string, string> {
  const basic = auth === undefined ? {} : { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
  const headers = Object.entries({ ...basic, ...found }).map(([name, value]) => [name, String(value).trim()]);
  return Object.fromEntries(headers);
}

/** Without the library's own words, which may quote a file's content. */
function unreadable(error: NodeJS.ErrnoException): ApiError {
  const why = typeof error.code === 'string' ? error.code : error.name;
  return new ApiError('credentials', `credentials of the API cannot be read (${why})`, { cause: error });
}

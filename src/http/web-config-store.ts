import { statSync } from 'node:fs';
import type { Logger } from '../contract/unit.ts';
import type { HttpWriters } from './http-metrics.ts';
import { RateLimit } from './rate-limit.ts';
import type { WebConfig } from './web-config.ts';
import { loadWebConfig, requiresAuthentication, WebConfigError } from './web-config.ts';

export interface StoreOptions {
  readonly path: string;
  /** Set when the page listens beyond loopback: a file without authentication is then refused, at a reload too. */
  readonly mustAuthenticate: string | null;
  readonly writers: HttpWriters;
  readonly log: Logger;
}

/**
 * The web config in force. `refresh` costs a stat per file, so it runs for every connection and request; a bad new
 * version is counted and logged once, and the old one stays.
 */
export class WebConfigStore {
  private readonly options: StoreOptions;
  private readonly listeners: ((config: WebConfig) => void)[] = [];
  private config: WebConfig;
  private files: readonly string[];
  private signature: string;
  limit: RateLimit | null;

  /** Throws a WebConfigError: at start there is no old version to keep. */
  constructor(options: StoreOptions) {
    this.options = options;
    const { config, files } = this.load(null);
    this.config = config;
    this.files = [options.path, ...files];
    this.signature = sign(this.files);
    this.limit = createLimit(config);
    options.writers.webConfigReloadFailures.inc({}, 0);
    options.writers.webConfigOk.set({}, 1);
  }

  get current(): WebConfig {
    return this.config;
  }

  onChange(listener: (config: WebConfig) => void): void {
    this.listeners.push(listener);
  }

  /** Takes over a changed file or certificate, if it is good. */
  refresh(): void {
    const signature = sign(this.files);
    if (signature === this.signature) return;
    const { path, writers, log } = this.options;
    try {
      const { config, files } = this.load(this.config);
      this.config = config;
      this.limit = createLimit(config);
      this.watch(files, signature);
      for (const listener of this.listeners) listener(config);
      writers.webConfigOk.set({}, 1);
      log.info({ file: path }, 'web config file or certificates read again');
    } catch (error) {
      this.watch(error instanceof WebConfigError ? error.files : [], signature);
      writers.webConfigOk.set({}, 0);
      writers.webConfigReloadFailures.inc({});
      log.error({ file: path, error: (error as Error).message }, 'web config file refused, the old one stays in force');
    }
  }

  /** `before` was taken before reading, so that a change while reading is seen next time. */
  private watch(named: readonly string[], before: string): void {
    const files = [this.options.path, ...named];
    this.signature = files.join() === this.files.join() ? before : sign(files);
    this.files = files;
  }

  private load(old: WebConfig | null): ReturnType<typeof loadWebConfig> {
    const { path, mustAuthenticate } = this.options;
    const loaded = loadWebConfig(path);
    const problems: string[] = [];
    if (mustAuthenticate !== null && !requiresAuthentication(loaded.config)) problems.push(mustAuthenticate);
    if (old !== null && (old.tls === null) !== (loaded.config.tls === null)) {
      problems.push('tls_server_config: changing between HTTP and HTTPS needs a restart');
    }
    if (problems.length > 0) throw new WebConfigError(path, problems, loaded.files);
    return loaded;
  }
}

function createLimit({ rateLimit }: WebConfig): RateLimit | null {
  return rateLimit === null ? null : new RateLimit(rateLimit, performance.now());
}

/** Changes with content, mode and replacement (also by a renamed symlink, as Kubernetes does it). */
function sign(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    })
    .join(' ');
}

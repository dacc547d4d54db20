import type { Logger } from '../contract/unit.ts';
import { isLoopback, parseListenAddress } from './address.ts';
import { BasicAuth } from './basic-auth.ts';
import { EventStreams } from './events.ts';
import { METRICS_SETTING, PAGE_FLAG, PAGE_SETTING, WEB_CONFIG_FLAG } from './flags.ts';
import { createGuard } from './guard.ts';
import type { HttpWriters } from './http-metrics.ts';
import { createZeros } from './http-metrics.ts';
import { Listener } from './listener.ts';
import { createMetricsApp } from './metrics-app.ts';
import { createPageApp, renderEvent } from './page-app.ts';
import { pageCsp } from './page-csp.ts';
import type { MetricsSource, ReloadResult, StatusSource } from './views.ts';
import { WebConfigStore } from './web-config-store.ts';

export interface ServersOptions {
  readonly metricsSource: MetricsSource;
  readonly statusSource: StatusSource;
  /** What POST /-/reload does; absent when it is not enabled. */
  readonly reload?: () => Promise<ReloadResult>;
  /** `:9502`, `127.0.0.1:9503`, `[::1]:9503`, `localhost:9503`. */
  readonly listen: { readonly metrics: string; readonly page: string };
  /** Path of the web config file (TLS, passwords). */
  readonly webConfig?: string;
  readonly writers: HttpWriters;
  readonly log: Logger;
}

export interface Servers {
  start(): Promise<void>;
  /** Finishes running answers within five seconds. */
  stop(): Promise<void>;
  /** As bound; null before start and after stop. */
  addresses(): { readonly metrics: string | null; readonly page: string | null };
}

/**
 * The two listeners. Throws on a bad address or web config file, and when the page would listen beyond loopback
 * without authentication.
 */
export function createServers(options: ServersOptions): Servers {
  const { writers, log } = options;
  const metricsAddress = parseListenAddress(options.listen.metrics, METRICS_SETTING);
  const pageAddress = parseListenAddress(options.listen.page, PAGE_SETTING);
  const store = createStore(options, isLoopback(pageAddress.host));
  const auth = new BasicAuth();
  createZeros(writers);
  const guard = createGuard({ store, auth, writers, onlyHost: null });
  const onlyHost = isLoopback(pageAddress.host) ? pageAddress.host : null;
  const pageGuard = createGuard({ store, auth, writers, onlyHost, csp: pageCsp });
  const common = { store, writers, log };
  const events = new EventStreams({ render: () => renderEvent(options.statusSource), writers, log });
  const metrics = new Listener({
    ...common,
    address: metricsAddress,
    setting: METRICS_SETTING,
    app: createMetricsApp({ guard, source: options.metricsSource, reload: options.reload, log }),
  });
  const page = new Listener({
    ...common,
    address: pageAddress,
    setting: PAGE_SETTING,
    app: createPageApp({
      guard: pageGuard,
      source: options.statusSource,
      metricsAddress: () => metrics.address(),
      events,
      log,
    }),
  });
  return {
    start: () => startBoth(metrics, page),
    stop: async () => {
      events.close();
      await Promise.all([metrics.stop(), page.stop()]);
    },
    addresses: () => ({ metrics: metrics.address(), page: page.address() }),
  };
}

async function startBoth(metrics: Listener, page: Listener): Promise<void> {
  await metrics.start();
  try {
    await page.start();
  } catch (error) {
    await metrics.stop();
    throw error;
  }
}

function createStore({ webConfig, listen, writers, log }: ServersOptions, pageIsLocal: boolean): WebConfigStore | null {
  const reason = `${PAGE_FLAG} ${listen.page}: the page shows what fails and where, so beyond loopback it needs authentication`;
  if (webConfig !== undefined) {
    const wayOut = 'add basic_auth_users, or client_auth_type: RequireAndVerifyClientCert, or listen on 127.0.0.1:9503';
    return new WebConfigStore({
      path: webConfig,
      mustAuthenticate: pageIsLocal ? null : `${reason}; ${wayOut}`,
      writers,
      log,
    });
  }
  if (pageIsLocal) return null;
  throw new Error(`${reason}: give a web config file with it (${WEB_CONFIG_FLAG}), or listen on 127.0.0.1:9503`);
}

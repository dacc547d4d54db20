import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * Stands for the status port of ingress-nginx; it is none. Answers only what badgateway may send, GET of exactly this path
 * (rootfs/etc/nginx/lua/configuration.lua compares the whole request target, and stores what is POSTed).
 */
export interface FakeIngressNginx {
  readonly port: number;
  readonly url: string;
  /** Sent as is. `nil` is what Lua prints before the controller has sent anything. */
  body: string | Buffer;
  status: number;
  /** Answers so far. */
  answered: number;
  /** Anything but the one request, as `METHOD target`, and bodies. */
  readonly forbidden: string[];
  close(): Promise<void>;
}

export async function openFakeIngressNginx(test: TestContext, port = 0): Promise<FakeIngressNginx> {
  const server = createServer((request, response) => {
    const said = `${request.method} ${request.url}`;
    if (said !== 'GET /configuration/backends') fake.forbidden.push(said);
    request.on('data', () => fake.forbidden.push(`${said} with a body`));
    fake.answered++;
    if (fake.forbidden.length > 0) response.writeHead(404).end('Not found!');
    else response.writeHead(fake.status).end(fake.body);
  });
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  test.after(close);
  const { port: own } = server.address() as AddressInfo;
  const fake: FakeIngressNginx = {
    port: own,
    url: `http://127.0.0.1:${own}`,
    body: '[]',
    status: 200,
    answered: 0,
    forbidden: [],
    close,
  };
  return fake;
}

/** A backend with all fields that the controller sends (pkg/apis/ingress/types.go). */
export function backendJson(name: string, addresses: readonly string[], fields: object = {}): object {
  const endpoints = addresses.map((address) => {
    const colon = address.lastIndexOf(':');
    return { address: address.slice(0, colon), port: address.slice(colon + 1) };
  });
  return {
    name,
    service: {
      metadata: { creationTimestamp: null },
      spec: { ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }], clusterIP: '10.96.3.4' },
      status: { loadBalancer: {} },
    },
    port: 80,
    sslPassthrough: false,
    // omitempty
    ...(endpoints.length > 0 && { endpoints }),
    sessionAffinityConfig: { name: '', mode: '', cookieSessionAffinity: { name: '' } },
    upstreamHashByConfig: { 'upstream-hash-by-subset-size': 3 },
    noServer: false,
    trafficShapingPolicy: { weight: 0, weightTotal: 0, header: '', headerValue: '', headerPattern: '', cookie: '' },
    ...fields,
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { runUpstreams, type UpstreamsOptions } from '../../src/commands/upstreams.ts';
import type { Servers } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { endpoint, slice } from '../facts/slices.ts';
import { server, view } from '../facts/views.ts';
import { createDoubles } from '../support/http-doubles.ts';
import { createTruth } from '../support/truth.ts';

export const directory = mkdtempSync(join(tmpdir(), 'badgateway-upstreams-'));
after(() => rmSync(directory, { recursive: true }));

/** The page of a badgateway whose truth is fed by hand. */
export class Rig {
  readonly truth = createTruth();
  servers!: Servers;
  url = '';

  async start(webConfig?: string): Promise<void> {
    const doubles = createDoubles();
    const statusSource = {
      ...doubles.statusSource,
      status: () => doubles.statusSource.status(),
      upstreams: (query: object) => this.truth.reports.report(query),
    };
    const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
    this.servers = createServers({
      ...doubles,
      ...{ statusSource, listen },
      ...(webConfig === undefined ? {} : { webConfig }),
    });
    await this.servers.start();
    this.url = `http://${this.servers.addresses().page}`;
  }

  async run(options: Partial<UpstreamsOptions> = {}, width: number | null = null) {
    let out = '';
    const notes: string[] = [];
    const terminal = {
      out: (text: string) => {
        out += text;
      },
      note: (one: string) => void notes.push(one),
      width,
    };
    const code = await runUpstreams({ url: this.url, ...options }, terminal);
    return { code, out, notes: notes.join('\n') };
  }

  /** shop_cart_80 has 10.0.0.1, which is live, and 10.0.0.2, which was an endpoint until now. */
  drift(): void {
    const { truth, service, current, now, wait } = this.truth;
    service('shop/cart');
    current(slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' }), endpoint('10.0.0.2', { podName: 'cart-2' })]));
    const servers = [1, 2].map((n) => server(`10.0.0.${n}:8080`, { place: `/etc/nginx/http.conf:${80 + n}` }));
    const upstreams = [
      { name: 'shop_cart_80', alias: '', servers },
      { name: 'fpm', alias: '', servers: [server('unix:/run/fpm.sock')] },
    ];
    truth.upstreams.report('conf', { ...view({}, { readAtMs: now() }), upstreams });
    truth.look();
    current(slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
    wait(3000);
    wait(38_000);
  }

  /** The same, and the proxy follows. */
  heal(): void {
    const { truth, now, wait } = this.truth;
    truth.upstreams.report('conf', view({ shop_cart_80: ['10.0.0.1:8080'] }, { readAtMs: now() }));
    wait(0);
  }
}

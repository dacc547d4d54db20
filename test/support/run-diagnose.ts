import { type DiagnoseOptions, runDiagnose } from '../../src/commands/diagnose.ts';
import type { Looked } from '../../src/commands/diagnose-report.ts';
import type { PageReport } from '../../src/http/page.ts';
import type { Servers } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { createDoubles, type Doubles } from './http-doubles.ts';

/** What a badgateway with this page answers. */
export function lookedOf({ status, upstreams, incidents }: PageReport): Looked {
  return { status, upstreams, incidents: { at: upstreams.at, incidents, total: incidents.length, dropped: 0 } };
}

/** The page of a badgateway that is fed by hand, and the command asking it. */
export class DiagnoseRig {
  readonly doubles: Doubles = createDoubles();
  private servers: Servers | undefined;
  url = '';

  async start(): Promise<void> {
    this.servers = createServers({ ...this.doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' } });
    await this.servers.start();
    this.url = `http://${this.servers.addresses().page}`;
  }

  async stop(): Promise<void> {
    await this.servers?.stop();
  }

  async run(options: Partial<DiagnoseOptions> = {}, { width = null as number | null, hasColour = false } = {}) {
    let out = '';
    const notes: string[] = [];
    const code = await runDiagnose(
      { since: '15m', server: this.url, ...options },
      {
        out: (text) => {
          out += text;
        },
        note: (sentence) => void notes.push(sentence),
        progress: () => {},
        ...{ width, hasColour },
      },
    );
    return { code, out, notes: notes.join('\n') };
  }
}

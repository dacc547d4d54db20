import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from './cleanup.ts';
import { endOf } from './network.ts';
import type { StagedPod } from './pod.ts';
import { ask } from './traffic.ts';

/** `log_format` of the access log that tells what nginx calls failed. */
export const ATTEMPTS = '$status $upstream_status $upstream_addr';

export interface NginxWorld {
  /** Inside `http { }`, beside the server. */
  readonly http?: string;
  /** Inside the server, beside `location /well` and `/nginx-is-up`. `$DIR`: the directory of nginx. */
  readonly server: string;
  readonly main?: string;
  readonly events?: string;
  readonly user?: string;
}

/** A real nginx in a pod. */
export class NginxGateway {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-fault-'));
  readonly front = join(this.directory, 'front.sock');
  readonly config = join(this.directory, 'edge.conf');
  readonly errorLog = join(this.directory, 'error.log');
  readonly accessLog = join(this.directory, 'access.log');
  readonly #pod: StagedPod;
  readonly #cleanup: Cleanup;
  #master: ChildProcess | undefined;

  constructor(cleanup: Cleanup, pod: StagedPod) {
    this.#pod = pod;
    this.#cleanup = cleanup;
    cleanup.after(() => rmSync(this.directory, { recursive: true, force: true }));
    // The configuration and the log may be read by all, as those of a distribution.
    chmodSync(this.directory, 0o755);
    mkdirSync(join(this.directory, 'tmp'));
  }

  /** Of the master. */
  get pid(): number {
    return this.#master?.pid ?? 0;
  }

  async start(world: NginxWorld): Promise<void> {
    this.write(world);
    // A process that starts in the tick of the clock in which a file was written is not younger than it.
    await delay(60);
    const master = this.#pod.spawn('nginx', '-p', this.directory, '-c', this.config, '-e', this.errorLog);
    this.#master = master;
    // Before it would be killed: that leaves its workers behind.
    this.#cleanup.after(() => endOf(master, 'SIGTERM'));
    for (const endMs = Date.now() + 10_000; ; await delay(30)) {
      if (existsSync(this.front) && (await ask(this.front, { count: 1, path: '/nginx-is-up' })).statuses[0] === 204)
        break;
      if (Date.now() > endMs) throw new Error(`nginx did not start: ${tryRead(this.errorLog).slice(-2000)}`);
    }
  }

  /** A configuration that nobody loads yet. */
  write({ http = '', server, main = '', events = 'worker_connections 256;', user = 'root' }: NginxWorld): void {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const text = `user ${user};
daemon off;
worker_processes 1;
pid nginx.pid; ${main}
error_log ${this.errorLog} warn;
events { ${events} }
http {
  ${temporary.map((name) => `${name}_temp_path tmp/${name};`).join(' ')}
  log_format attempts '${ATTEMPTS}';
  access_log ${this.accessLog} attempts;
  proxy_next_upstream off;
  ${http}
  server {
    listen unix:${this.front};
    listen 80;
    location = /nginx-is-up { access_log off; return 204; }
    ${server}
  }
}
`;
    writeFileSync(this.config, text.replaceAll('$DIR', this.directory));
  }

  reload(world: NginxWorld): void {
    this.write(world);
    this.#master?.kill('SIGHUP');
  }

  /** Attempts that nginx calls failed, and answers of its own without one: of the lines after the first `skip`. */
  failures(skip = 0): number {
    let failures = 0;
    for (const line of this.accessLines().slice(skip)) {
      const [status, ...rest] = line.split(/[ ,]+/);
      const attempts = rest.filter((word) => /^\d{3}$/.test(word)).map(Number);
      const failed = attempts.filter((code) => code >= 500).length;
      failures += attempts.length > 0 ? failed : Number(status) >= 500 ? 1 : 0;
    }
    return failures;
  }

  accessLines(): string[] {
    return tryRead(this.accessLog).split('\n').slice(0, -1);
  }

  lines(): string[] {
    return tryRead(this.errorLog).split('\n').slice(0, -1);
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../test/faults/cleanup.ts';

const CONFIG = '/etc/nginx/nginx.conf';
const PREFIX = '/etc/nginx/run';
export const ERROR_LOG = `${PREFIX}/error.log`;

/** A real nginx whose configuration is where a distribution has it, in a mount namespace of the recorder's own. */
export class ShopNginx {
  #master: ChildProcess | undefined;

  async start(http: string, cleanup: Cleanup): Promise<void> {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/etc/nginx']);
    mkdirSync(`${PREFIX}/tmp`, { recursive: true });
    writeFileSync(CONFIG, configText(http));
    const master = spawn('nginx', ['-p', PREFIX, '-c', CONFIG, '-e', ERROR_LOG], { stdio: 'ignore' });
    this.#master = master;
    cleanup.after(async () => {
      const exited = once(master, 'exit');
      // It lets the master end its worker.
      master.kill('SIGTERM');
      await exited;
    });
    for (;;) {
      if (await isUp()) return;
      if (master.exitCode !== null) throw new Error(`nginx did not start: see ${ERROR_LOG}`);
      await delay(20);
    }
  }

  reload(http: string): void {
    writeFileSync(CONFIG, configText(http));
    this.#master?.kill('SIGHUP');
  }

  /** What `nginx -T` writes. */
  dump(): Buffer {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return execFileSync('nginx', ['-T', '-q', '-p', PREFIX, '-c', CONFIG], { stdio: [...stdio] });
  }
}

async function isUp(): Promise<boolean> {
  try {
    return (await fetch('http://127.0.0.1/nginx-is-up')).ok;
  } catch {
    return false;
  }
}

function configText(http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path tmp/${name};`,
  );
  return `user root;
daemon off;
worker_processes 1;
pid nginx.pid;
error_log ${ERROR_LOG} warn;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.join(' ')}
${http}
}
`;
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type AuditOptions, runAudit } from '../../src/commands/audit.ts';

export const directory = mkdtempSync(join(tmpdir(), 'badgateway-audit-'));
after(() => rmSync(directory, { recursive: true }));

export const FIXTURES = 'test/fixtures/audit';
/** Nothing is left unknown that a rule of the fixtures asks for. */
export const ASSUMED = [
  ...['somaxconn=4096', 'cpus=8', 'cpu_limit=none', 'open_files=65536', 'nginx_version=1.28.0'],
  ...['local_ports=32768-60999', 'conntrack_max=262144', 'conntrack_buckets=65536', 'conntrack_established=1d'],
];

export async function run(options: Partial<AuditOptions>, stdin = '') {
  let out = '';
  const notes: string[] = [];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    note: (one: string) => void notes.push(one),
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
  };
  const code = await runAudit({ files: [], ...options }, terminal);
  return { code, out, notes: notes.join('\n') };
}

export function file(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

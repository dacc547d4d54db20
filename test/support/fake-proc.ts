import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** /proc/2/stat of a machine's first PID namespace. */
export const KTHREADD_STAT = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 30 0\n';

export function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/proc/real/${name}`, import.meta.url), 'utf8');
}

/** A directory like /proc that is removed with the test. */
export class FakeProc {
  readonly root: string;

  constructor(t: TestContext, name = 'proc') {
    const parent = mkdtempSync(join(tmpdir(), 'badgateway-'));
    this.root = join(parent, name);
    mkdirSync(this.root);
    t.after(() => rmSync(parent, { recursive: true, force: true }));
  }

  write(path: string, text: string): this {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return this;
  }

  remove(path: string): this {
    rmSync(join(this.root, path), { recursive: true });
    return this;
  }

  /** A network namespace as process `pid` sees it: every net file of the real capture. */
  namespace(pid: string): this {
    for (const name of ['netstat', 'snmp', 'sockstat', 'softnet_stat'])
      this.write(`${pid}/net/${name}`, readFixture(name));
    return this.write(`${pid}/net/stat/nf_conntrack`, readFixture('nf_conntrack'));
  }

  /** Process `pid` shares the namespace of process `other`: same inode, as in procfs. */
  shareNamespace(pid: string, other: string): this {
    for (const name of ['netstat', 'snmp', 'sockstat', 'softnet_stat', 'stat/nf_conntrack']) {
      mkdirSync(dirname(join(this.root, pid, 'net', name)), { recursive: true });
      linkSync(join(this.root, other, 'net', name), join(this.root, pid, 'net', name));
    }
    return this;
  }

  /** As `shareNamespace`, with `netstat` alone, which tells namespaces apart. */
  shareNetwork(pid: string, other: string): this {
    mkdirSync(join(this.root, pid, 'net'), { recursive: true });
    linkSync(join(this.root, other, 'net/netstat'), join(this.root, pid, 'net/netstat'));
    return this;
  }
}

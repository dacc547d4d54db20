import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { STATUS_PATH } from '../src/commands/demo-answers.ts';
import { type Frame, formatFrame, type Recording } from '../src/commands/demo-recording.ts';
import { ENVOY_ADMIN_REQUESTS } from '../src/sources/http-get-envoy.ts';
import type { ShopPod } from './record-incident-pod.ts';

const NODE_FILES = ['netstat', 'snmp', 'sockstat', 'softnet_stat', 'stat/nf_conntrack'].map(
  (name) => `self/net/${name}`,
);
const LIMIT_FILE = 'sys/net/netfilter/nf_conntrack_max';
const POD_FILES = ['netstat', 'snmp', 'sockstat', 'sockstat6', 'tcp', 'tcp6', 'fib_trie', 'if_inet6'];

/** Takes down what files and answers are at a moment; what has not changed is left out. */
export class Frames {
  readonly #frames = { errorLog: [] as Frame[], kernel: [] as Frame[], answers: [] as Frame[], nginx: [] as Frame[] };
  readonly #written: Frame[] = [];
  readonly #last = new Map<string, Buffer>();
  readonly #pids = new Set<number>();
  #startedMs: number | undefined;

  /** Milliseconds since the start, before it 0. */
  get now(): number {
    return this.#startedMs === undefined ? 0 : Math.round(performance.now() - this.#startedMs);
  }

  /** What was taken down until now was there before. */
  start(): void {
    this.#startedMs = performance.now();
  }

  /** The node's namespace, and those of pods. */
  snapKernel(pods: readonly ShopPod[]): void {
    for (const name of [...NODE_FILES, LIMIT_FILE, '1/stat', '1/cgroup']) this.#snap(name);
    this.#link(1);
    const pids = new Set(pods.map(({ pid }) => pid).filter((pid) => pid > 0));
    for (const pid of this.#pids) if (!pids.has(pid)) this.#gone(pid);
    for (const pid of pids) {
      this.#pids.add(pid);
      for (const name of ['stat', 'cgroup', ...POD_FILES.map((file) => `net/${file}`)]) this.#snap(`${pid}/${name}`);
    }
  }

  /** What nginx and Envoy answer to who looks at them. */
  async snapAnswers(adminPort: number): Promise<void> {
    await this.#ask('nginx_status', `http://127.0.0.1${STATUS_PATH}`);
    for (const [name, path] of Object.entries(ENVOY_ADMIN_REQUESTS))
      await this.#ask(name, `http://127.0.0.1:${adminPort}${path}`);
  }

  nginx(bytes: Buffer): void {
    this.#frames.nginx.push({ atMs: this.now, name: 'nginx-T.txt', bytes });
  }

  /** Written by hand: bytes of no program. */
  written(name: string, text: string): void {
    this.#written.push({ atMs: this.now, name, bytes: Buffer.from(text) });
  }

  /** New bytes of the log from now on, whole lines as nginx writes them. */
  followLog(path: string): void {
    const fd = openSync(path, 'r');
    const buffer = Buffer.alloc(1 << 20);
    // Not the start-up.
    let at = readFileSync(path).length;
    setInterval(() => {
      const length = readSync(fd, buffer, 0, buffer.length, at);
      if (length === 0) return;
      at += length;
      const bytes = Buffer.from(buffer.subarray(0, length));
      this.#frames.errorLog.push({ atMs: this.now, name: 'error.log', bytes });
    }, 10).unref();
    process.on('exit', () => closeSync(fd));
  }

  write(
    directory: string,
    facts: Pick<Recording, 'durationMs' | 'recordedAt' | 'programs' | 'stages' | 'notes'>,
  ): void {
    const { errorLog, kernel, answers, nginx } = this.#frames;
    writeFileSync(`${directory}/recording.json`, `${JSON.stringify(facts, null, 2)}\n`);
    writeFileSync(`${directory}/error-log.frames`, pack(errorLog));
    writeFileSync(`${directory}/nginx.frames`, pack(nginx));
    writeFileSync(`${directory}/kernel.frames.br`, compress(pack(kernel)));
    writeFileSync(`${directory}/answers.frames.br`, compress(pack(answers)));
    writeFileSync(`${directory}/written.frames.br`, compress(pack(this.#written)));
    const counts = { ...this.#frames, written: this.#written };
    for (const [name, list] of Object.entries(counts)) console.log(`${name}: ${list.length} frames`);
  }

  async #ask(name: string, url: string): Promise<void> {
    const answer = await fetch(url);
    this.#frames.answers.push({ atMs: this.now, name, bytes: Buffer.from(await answer.arrayBuffer()) });
  }

  #snap(name: string): void {
    const bytes = readFileSync(`/proc/${name}`);
    if (this.#last.get(name)?.equals(bytes)) return;
    this.#last.set(name, bytes);
    this.#frames.kernel.push({ atMs: this.now, name, bytes });
  }

  /** A process in the node's network has the same files as `self`. */
  #link(pid: number): void {
    const [its, own] = [pid, 'self'].map((one) => statSync(`/proc/${one}/net/netstat`));
    if (its.ino !== own.ino || its.dev !== own.dev) throw new Error(`process ${pid} is in another network`);
    const name = `${pid}/net`;
    if (this.#last.has(name)) return;
    this.#last.set(name, Buffer.alloc(0));
    this.#frames.kernel.push({ atMs: this.now, name, bytes: Buffer.from('../self/net') });
  }

  #gone(pid: number): void {
    this.#pids.delete(pid);
    this.#frames.kernel.push({ atMs: this.now, name: `${pid}/`, bytes: Buffer.alloc(0) });
  }
}

const pack = (list: readonly Frame[]) => Buffer.concat(list.map(formatFrame));
const compress = (data: Buffer) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });

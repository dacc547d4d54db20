import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CHROMIUM_FLAGS } from './chromium.ts';

const PATIENCE_MS = 60_000;

export interface Looks {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Pixels of the picture for one of the page. */
  readonly scale?: number;
  readonly script?: boolean;
}

type Answer = Readonly<Record<string, unknown>>;

/** One tab of a headless chromium, driven by its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
export class ChromiumTab {
  /** Errors of scripts, refusals by the CSP, and dialogs. */
  readonly complaints: string[] = [];
  private readonly child: ChildProcess;
  private readonly profile: string;
  private readonly socket: WebSocket;
  private readonly answers = new Map<number, (answer: Answer) => void>();
  private session = '';
  private last = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.child = child;
    this.profile = profile;
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => this.hear(JSON.parse(String(data)) as Answer));
  }

  static async open(): Promise<ChromiumTab> {
    const profile = mkdtempSync(join(tmpdir(), 'badgateway-chromium-'));
    const flags = [...CHROMIUM_FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
    const child = spawn('chromium', flags, { stdio: 'ignore' });
    const portFile = join(profile, 'DevToolsActivePort');
    const lines = () => (existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : []);
    await until(async () => lines().length >= 2, 'chromium opens its port');
    const [port, path] = lines();
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await once(socket, 'open');
    const tab = new ChromiumTab(child, profile, socket);
    const { targetId } = await tab.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await tab.send('Target.attachToTarget', { targetId, flatten: true });
    tab.session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log']) await tab.send(`${domain}.enable`);
    return tab;
  }

  async look({ width = 1280, height = 900, dark = false, scale = 1, script = true }: Looks): Promise<void> {
    const size = { width, height, deviceScaleFactor: scale, mobile: width < 600 };
    await this.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
    await this.send('Emulation.setEmulatedMedia', { features });
    await this.send('Emulation.setScriptExecutionDisabled', { value: !script });
  }

  /** Waits for the page, not for what it loads for ever. */
  async go(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
    await this.until(`location.href !== 'about:blank' && document.readyState === 'complete'`, 'the page is loaded');
  }

  /** The value of an expression; works with scripts of the page switched off too. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', options);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  async until(expression: string, what: string): Promise<void> {
    await until(async () => await this.evaluate<boolean>(expression).catch(() => false), what);
  }

  async picture(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: false });
    return Buffer.from(data as string, 'base64');
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', { type, key, code: key });
  }

  async close(): Promise<void> {
    this.socket.close();
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null && this.child.signalCode === null) await exited;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private hear({ id, method, params, result, error }: Answer): void {
    if (id !== undefined) {
      this.answers.get(id as number)?.((result ?? { error }) as Answer);
      this.answers.delete(id as number);
    }
    const about = params as Answer | undefined;
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(about?.exceptionDetails));
    if (method === 'Log.entryAdded') this.complaints.push(String((about?.entry as Answer | undefined)?.text));
    if (method === 'Page.javascriptDialogOpening') this.complaints.push(`dialog: ${about?.message}`);
  }

  private send(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.answers.set(id, resolve);
    this.socket.send(
      JSON.stringify({ id, method, params, ...(this.session === '' ? {} : { sessionId: this.session }) }),
    );
    return promise;
  }
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(50);
  }
}

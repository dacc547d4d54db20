import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { DEFAULTS, ruleFiles } from '../../src/commands/generate-rules-files.ts';
import { ALERTS_DIRECTORY, type Rule, type RuleFile } from '../alerts/rule-files.ts';
import { freePort } from './freeport.ts';

type Labels = Readonly<Record<string, string>>;

/** What a webhook receiver gets. */
export interface Message {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Labels; readonly annotations: Labels }[];
}

/** What Slack gets: the texts of the templates. */
export interface Post {
  readonly receiver: string;
  readonly title: string;
  readonly text: string;
}

export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}

export interface ChainOptions {
  /** `host:port` of the exporter. */
  readonly target: string;
  /** Numbers of the rules, as `badgateway generate rules --threshold` takes them. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** All windows and waits of the rules are so many times shorter. */
  readonly faster: number;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };
/** Prometheus scrapes and evaluates so often. */
const OFTEN = '500ms';

/** `5m` → `2000ms`. */
function shorter(duration: string, faster: number): string {
  return duration.replace(/(\d+)([smhd])/g, (_, count: string, unit: string) => {
    return `${Math.max(1, Math.round((Number(count) * SECONDS[unit] * 1000) / faster))}ms`;
  });
}

function hasten(rule: Rule, faster: number): Rule {
  const expr = rule.expr.replace(/\[[\w:]+\]|offset \w+/g, (window) => shorter(window, faster));
  const waits = Object.fromEntries(
    Object.entries(rule)
      .filter(([key]) => key === 'for' || key === 'keep_firing_for')
      .map(([key, value]) => [key, shorter(value as string, faster)]),
  );
  return { ...rule, expr, ...waits };
}

/** A real Prometheus with all rules, a real Alertmanager with the example's routing and templates, and who is told. */
export class AlertChain {
  readonly messages: Message[] = [];
  readonly posts: Post[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'badgateway-chain-'));
  readonly #children: ChildProcess[] = [];
  #listener: Server | undefined;
  #alertmanager = '';

  static async start(options: ChainOptions): Promise<AlertChain> {
    const chain = new AlertChain();
    try {
      await chain.#listen();
      await chain.#startAlertmanager();
      await chain.#startPrometheus(options);
    } catch (error) {
      await chain.stop();
      throw error;
    }
    return chain;
  }

  async active(): Promise<ActiveAlert[]> {
    return (await (await fetch(`${this.#alertmanager}/api/v2/alerts`)).json()) as ActiveAlert[];
  }

  /** Polls with patience: the machine may be busy. */
  async until(what: string, isDone: () => boolean | Promise<boolean>, patienceMs = 60_000): Promise<void> {
    for (const endMs = Date.now() + patienceMs; !(await isDone()); await delay(100))
      if (Date.now() > endMs) throw new Error(`waited ${patienceMs} ms for: ${what}; ${await this.#state()}`);
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    this.#listener?.closeAllConnections();
    this.#listener?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #state(): Promise<string> {
    const alerts = await this.active().catch(() => []);
    return alerts.map(({ labels, status }) => `${labels.alertname}/${labels.severity} ${status.state}`).join(', ');
  }

  async #listen(): Promise<void> {
    this.#listener = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.#hear(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString()));
        response.end('ok');
      });
    }).listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
  }

  #hear(path: string, body: Message & { attachments?: { title: string; text: string }[] }): void {
    const receiver = path.split('/').at(-1) ?? '';
    if (body.attachments === undefined) this.messages.push(body);
    else this.posts.push(...body.attachments.map(({ title, text }) => ({ receiver, title, text })));
  }

  async #startAlertmanager(): Promise<void> {
    const { port } = this.#listener!.address() as AddressInfo;
    const routing = readFileSync(join(ALERTS_DIRECTORY, 'alertmanager.example.yml'), 'utf8')
      .replace('templates/*', `${ALERTS_DIRECTORY}/templates/*`)
      .replaceAll('127.0.0.1:9094', `127.0.0.1:${port}`)
      .replace('group_wait: 30s', 'group_wait: 4s')
      .replace('group_interval: 5m', 'group_interval: 3s');
    writeFileSync(join(this.#directory, 'alertmanager.yml'), routing);
    this.#alertmanager = await this.#start('prometheus-alertmanager', [
      '--config.file=alertmanager.yml',
      '--storage.path=alertmanager',
      '--cluster.listen-address=',
    ]);
  }

  async #startPrometheus({ target, thresholds, faster }: ChainOptions): Promise<void> {
    const files = ruleFiles({ ...DEFAULTS, values: new Map(Object.entries(thresholds)) });
    const groups = [...files.values()].flatMap((text) => (load(text) as RuleFile).groups);
    const hasty = groups.map((group) => ({
      ...group,
      interval: OFTEN,
      rules: group.rules.map((rule) => hasten(rule, faster)),
    }));
    writeFileSync(join(this.#directory, 'rules.yaml'), dump({ groups: hasty }));
    const address = this.#alertmanager.replace('http://', '');
    const config = {
      global: { scrape_interval: OFTEN, scrape_timeout: OFTEN, evaluation_interval: OFTEN },
      rule_files: ['rules.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [address] }] }] },
      scrape_configs: [{ job_name: 'badgateway', honor_labels: true, static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(join(this.#directory, 'prometheus.yml'), dump(config));
    await this.#start('prometheus', [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=prometheus',
      '--rules.alert.resend-delay=1s',
    ]);
  }

  async #start(program: string, args: readonly string[]): Promise<string> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(program, [...args, `--web.listen-address=${address}`], {
      cwd: this.#directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#children.push(child);
    let log = '';
    child.stderr?.on('data', (text) => (log += text));
    const url = `http://${address}`;
    for (const endMs = Date.now() + 60_000; ; await delay(100)) {
      const isReady = await fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return url;
      if (child.exitCode !== null || Date.now() > endMs) throw new Error(`${program}: ${log.slice(-2000)}`);
    }
  }
}

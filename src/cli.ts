import { type Command, Option } from 'commander';
import type { AuditOptions } from './commands/audit.ts';
import { addCapacityReport } from './commands/capacity-report-flags.ts';
import { runCheckConfig } from './commands/check-config.ts';
import { addDiagnose } from './commands/diagnose-flags.ts';
import { addGenerate } from './commands/generate-flags.ts';
import { KnownCommand } from './commands/known-command.ts';
import { addPreviewDashboards } from './commands/preview-dashboards-flags.ts';
import { addRemedy } from './commands/remedy-flags.ts';
import { addReport } from './commands/report-flags.ts';
import { serve } from './commands/serve.ts';
import { addUpstreams } from './commands/upstreams-flags.ts';
import { addVerify } from './commands/verify-flags.ts';
import { METRICS_FLAG, PAGE_FLAG, RELOAD_FLAG, WEB_CONFIG_FLAG } from './http/flags.ts';
import { showInvisibleInLines } from './http/html.ts';
import { VERSION } from './version.ts';

/** Flag of the command line → key of the configuration. */
const FLAG_KEYS: readonly (readonly [flag: string, key: string, help: string])[] = [
  [`${METRICS_FLAG} <address>`, 'listen.metrics', 'address of /metrics and /-/* (default :9502)'],
  [`${PAGE_FLAG} <address>`, 'listen.page', 'address of the status page (default 127.0.0.1:9503)'],
  [`${WEB_CONFIG_FLAG} <file>`, 'web.config_file', 'TLS and passwords, as in the Prometheus exporter-toolkit'],
  [`${RELOAD_FLAG}`, 'web.enable_reload', 'allow POST /-/reload'],
  ['--checkpoint.directory <directory>', 'checkpoint.directory', 'where offsets and counters survive a restart'],
  ['--path.procfs <directory>', 'paths.proc', "the host's /proc"],
  ['--path.rootfs <directory>', 'paths.root', "the host's root directory"],
  ['--log.level <level>', 'log.level', 'debug, info, warn or error'],
  ['--log.format <format>', 'log.format', 'auto, json or text'],
];

type Options = Readonly<Record<string, unknown>>;

/** All commands; `done` gets the exit code of the one that was run. */
export function createProgram(done: Done): Command {
  const program = new KnownCommand('badgateway')
    .description('Every 502, 503 and 504 gets a name: why NGINX and Envoy gateways fail, as Prometheus metrics.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(badgateway --help shows the commands)')
    .exitOverride();
  addServe(program, done);
  addCheckConfig(program, done);
  addDiagnose(program, done);
  addExplain(program, done);
  addUpstreams(program, done);
  addAudit(program, done);
  addRemedy(program, done);
  addReport(program, done);
  addVerify(program, done);
  addCapacityReport(program, done);
  addGenerate(program, done);
  addPreviewDashboards(program, done);
  addDemo(program, done);
  nameHelp(program, 'badgateway');
  return program;
}

/** Runs one command; returns the exit code: 0 ok, 1 failed, 2 wrong usage or configuration. */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return exitCodeOf(error);
  }
  return code;
}

/** After a mistake each command names its own help. */
function nameHelp(command: Command, path: string): void {
  for (const below of command.commands) {
    const name = `${path} ${below.name()}`;
    below.showHelpAfterError(`(${name} --help shows how it is used)`);
    nameHelp(below, name);
  }
  if (command instanceof KnownCommand && command.commands.length > 0) command.addHelpBelow();
}

function exitCodeOf(error: unknown): number {
  const { code, exitCode, message } = error as { code?: string; exitCode?: number; message: string };
  if (code?.startsWith('commander.')) return exitCode === 0 ? 0 : 2;
  process.stderr.write(`badgateway: ${showInvisibleInLines(message)}\n`);
  return ['ConfigError', 'UsageError'].includes((error as Error).name) ? 2 : 1;
}

type Done = (code: number) => void;

function addServe(program: Command, done: Done): void {
  const command = program
    .command('serve')
    .description('watch the gateways of this host and serve /metrics')
    .addOption(new Option('--config.file <file>', 'configuration (YAML)').env('BADGATEWAY_CONFIG_FILE'))
    .option('--set <key=value...>', 'any key of the configuration, e.g. collectors.envoy.enabled=false');
  for (const [flag, , help] of FLAG_KEYS) command.option(flag, help);
  command
    .addHelpText(
      'after',
      `
Flags win over the environment (BADGATEWAY_LISTEN_METRICS=…), the environment wins over the file.
Without any configuration the error logs of the host's nginx, Envoy's admin on the usual ports and the kernel are watched.

Exit codes: 0 ended by SIGTERM or SIGINT, 1 it could not run (a port is taken, …), 2 flags or configuration are wrong.

Examples:
  badgateway serve
  badgateway serve --config.file=/etc/badgateway/badgateway.yaml
  badgateway serve --set 'collectors.nginx_error_log.files=["/var/log/nginx/*error.log"]'
  curl -s localhost:9502/metrics | grep badgateway_failures_total`,
    )
    .action(async (options: Options) => done(await serve(inputOf(options))));
}

function addCheckConfig(program: Command, done: Done): void {
  program
    .command('check-config')
    .argument('<file>', 'configuration (YAML), or - for standard input')
    .description('check a configuration file and say everything that is wrong with it')
    .addHelpText(
      'after',
      `
Exit codes: 0 nothing is wrong, 2 something is, or it cannot be read.

Examples:
  badgateway check-config /etc/badgateway/badgateway.yaml
  kubectl get configmap badgateway -o jsonpath='{.data.badgateway\\.yaml}' | badgateway check-config -`,
    )
    .action(async (file: string) => done(await runCheckConfig(file)));
}

function addExplain(program: Command, done: Done): void {
  program
    .command('explain')
    .argument('[file]', 'nginx error log, or - for standard input', '-')
    .option('--line <text>', 'explain this one line')
    .option('--json', 'one JSON object a line')
    .description('say in plain words what the lines of an nginx error log mean')
    .addHelpText(
      'after',
      `
Exit codes: 0 all was read, whatever it says; 2 what to explain cannot be read.

Examples:
  badgateway explain /var/log/nginx/error.log
  kubectl logs deploy/gateway | badgateway explain --json -
  badgateway explain --line '… connect() failed (111: Connection refused) while connecting to upstream …'`,
    )
    .action(async (file: string, options: { line?: string; json?: boolean }) => {
      const { runExplain } = await import('./commands/explain.ts');
      done(await runExplain({ file, line: options.line, json: options.json === true }));
    });
}

function addAudit(program: Command, done: Done): void {
  program
    .command('audit')
    .argument(
      '[files...]',
      'nginx.conf or the text of `nginx -T`, - for standard input; default: the nginx that run here',
    )
    .description('check nginx configurations, and pods behind gateways, against what is known to fail')
    .option('--json', 'findings and settings as one JSON object')
    .option(
      '--kubernetes <file>',
      'workloads behind gateways: what `kubectl get deploy,sts,ds,pods,svc -A -o yaml` writes (- for standard input), or a kubeconfig',
    )
    .option('--here', 'the files are used on this machine and in our namespaces: compare with its kernel')
    .option(
      '--assume <name=value...>',
      'a fact that cannot be read: somaxconn=1024, cpus=8, cpu_limit=2 … (docs/audit.md)',
    )
    .option('--path.procfs <directory>', "the host's /proc")
    .option('--path.rootfs <directory>', "the host's root directory")
    .addHelpText(
      'after',
      `
Each finding names the file and line, the two numbers that disagree, and the fix. What cannot be known is not assumed: it is
listed as not checked, with why. Nothing is run and nothing is changed.

Exit codes: 0 no warning (there may be hints), 1 warnings, 2 a configuration or a part of it cannot be read, or none is there.

Examples:
  badgateway audit
  badgateway audit /etc/nginx/nginx.conf --here
  kubectl exec deploy/gateway -- nginx -T | badgateway audit - --assume somaxconn=4096 cpus=8 cpu_limit=2
  kubectl get deploy,sts,ds,svc -A -o yaml | badgateway audit --kubernetes - --assume recommended_prestop=8s
  badgateway audit --kubernetes ~/.kube/config
  badgateway audit --json | jq '.configurations[].findings[] | .rule'`,
    )
    .action(async (files: string[], options: Omit<AuditOptions, 'files'>) => {
      const { runAudit } = await import('./commands/audit.ts');
      done(await runAudit({ ...options, files }));
    });
}

function addDemo(program: Command, done: Done): void {
  program
    .command('demo')
    .description('replay a recorded incident through the real pipeline; no root, nginx or Kubernetes needed')
    .option('--live', 'run a real nginx with real faults instead of the recording')
    .option('--speed <factor>', 'how fast the recording runs', '1')
    .option(`${METRICS_FLAG} <address>`, 'address of /metrics (default 127.0.0.1:9502)')
    .option(`${PAGE_FLAG} <address>`, 'address of the status page (default 127.0.0.1:9503)')
    .addHelpText(
      'after',
      `
Exit codes: 0 ended by Ctrl-C, 1 it could not run, 2 an option is wrong.

Examples:
  badgateway demo
  badgateway demo --live`,
    )
    .action(async (options: Options) => {
      const { runDemo } = await import('./commands/demo.ts');
      done(await runDemo(options));
    });
}

/** `--listen…` as commander names it → key of the configuration. */
function inputOf(options: Options): { file: string | undefined; flags: Record<string, string | null> } {
  const flags: Record<string, string | null> = {};
  for (const [flag, key] of FLAG_KEYS) {
    const value = options[new Option(flag).attributeName()];
    if (value !== undefined) flags[key] = String(value);
  }
  for (const pair of (options.set as string[] | undefined) ?? []) {
    const equals = pair.indexOf('=');
    flags[equals < 0 ? pair : pair.slice(0, equals)] = equals < 0 ? null : pair.slice(equals + 1);
  }
  return { file: options['config.file'] as string | undefined, flags };
}

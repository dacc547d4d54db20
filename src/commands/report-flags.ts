import type { Command } from 'commander';
import { withAccess } from './access-flags.ts';
import type { ReportOptions } from './report.ts';
import type { SignalsOptions } from './report-signals.ts';
import type { TimeoutsOptions } from './report-timeouts.ts';

type Done = (code: number) => void;

const FILES = 'nginx.conf or the text of `nginx -T`, - for standard input; default: the nginx that run here';
const METRICS = '--metrics <url>';
const METRICS_HELP = 'where its metrics are, when not at port 9502 of the host of --server';

/** Declares the command; `done` gets its exit code. */
export function addReport(program: Command, done: Done): void {
  const report = program
    .command('report')
    .description('what the configurations, and what was observed, say of the whole');
  addBlastRadius(report, done);
  addTimeouts(report, done);
  addSignals(report, done);
}

function addBlastRadius(report: Command, done: Done): void {
  withAccess(
    report
      .command('blast-radius')
      .argument('[files...]', FILES)
      .description(
        'list the hosts, upstreams and Services that go down with each proxy, and the hosts with each upstream',
      )
      .option('--json', 'one JSON object (docs/blast-radius.md has its shape)')
      .option(
        '--server <url>',
        'a badgateway that knows the Services, and proxies without a file here, e.g. http://127.0.0.1:9503',
      )
      .option('--path.procfs <directory>', "the host's /proc")
      .option('--path.rootfs <directory>', "the host's root directory"),
  )
    .addHelpText(
      'after',
      `
Nothing is run and nothing is changed.

Exit codes: 0 all was read, 2 a configuration or a part of it could not be, or none is there.

Examples:
  badgateway report blast-radius
  kubectl exec deploy/gateway -- nginx -T | badgateway report blast-radius - --server http://127.0.0.1:9503
  badgateway report blast-radius --json | jq '.proxies[] | {name, hosts: (.hosts | length)}'`,
    )
    .action(async (files: string[], options: Omit<ReportOptions, 'files'>) => {
      const { runBlastRadius } = await import('./report.ts');
      done(await runBlastRadius({ ...options, files }));
    });
}

function addTimeouts(report: Command, done: Done): void {
  withAccess(
    report
      .command('timeouts')
      .argument('[files...]', FILES)
      .description('compare the timeouts of each upstream with the p99.9 that a running badgateway has observed')
      .option('--json', 'one JSON object (docs/reports.md has its shape)')
      .option('--server <url>', 'a badgateway that counts the traffic, e.g. http://127.0.0.1:9503')
      .option(METRICS, METRICS_HELP)
      .option('--gateway <name>', 'which gateway of that badgateway the files are of')
      .option('--path.procfs <directory>', "the host's /proc")
      .option('--path.rootfs <directory>', "the host's root directory"),
  )
    .addHelpText(
      'after',
      `
A timeout should be the expected upper bound and some slack. It is "far above" when it is more than 10 times the bound that p99.9 is
under, "below" when p99.9 is over it. Without 1000 attempts nothing is said: unknown. Nothing is run and nothing is changed.

Exit codes: 0 none is far above or below, as far as that is known; 1 one is; 2 something could not be read, or nothing is there.

Examples:
  badgateway report timeouts --server http://127.0.0.1:9503
  kubectl exec deploy/gateway -- nginx -T | badgateway report timeouts - --gateway edge --server http://127.0.0.1:9503
  badgateway report timeouts --server http://127.0.0.1:9503 --json | jq '.proxies[].upstreams[] | select(.read.verdict == "below")'`,
    )
    .action(async (files: string[], options: Omit<TimeoutsOptions, 'files'>) => {
      const { runTimeouts } = await import('./report-timeouts.ts');
      done(await runTimeouts({ ...options, files }));
    });
}

function addSignals(report: Command, done: Done): void {
  withAccess(
    report
      .command('signals')
      .description('list which signals a running badgateway has of each upstream, and which not and why')
      .option('--json', 'one JSON object (docs/reports.md has its shape)')
      .option('--server <url>', 'the badgateway to ask (default http://127.0.0.1:9503)')
      .option(METRICS, METRICS_HELP)
      .option('--gateway <name>', 'only this gateway'),
  )
    .addHelpText(
      'after',
      `
Nothing is run and nothing is changed.

Exit codes: 0 asked, 2 it cannot be told, or not of everything.

Examples:
  badgateway report signals
  badgateway report signals --gateway edge --json | jq '.upstreams[] | {name, signals}'
  kubectl port-forward POD 9503 9502 & badgateway report signals`,
    )
    .action(async (options: SignalsOptions) => {
      const { runSignals } = await import('./report-signals.ts');
      done(await runSignals(options));
    });
}

import { type Command, Option } from 'commander';
import type { CapacityReportOptions } from './capacity-report.ts';

/** Declares the command; `done` gets its exit code. */
export function addCapacityReport(program: Command, done: (code: number) => void): void {
  program
    .command('capacity-report')
    .description('ask a Prometheus how full everything is, how daily peaks grow, and what to change first')
    .requiredOption('--prometheus <url>', 'address of the Prometheus (or Thanos, Mimir), e.g. http://prometheus:9090')
    .option('--window <days>', 'how far to look back, 7d to 90d; with 28d weekdays are told from growth', '14d')
    .addOption(new Option('--format <format>', 'what to write').choices(['md', 'html', 'json']).default('md'))
    .option('--match <label=value...>', 'only series with this label, e.g. namespace=edge')
    .option('--requests-per-core <number>', 'what one core can serve, as you measured it')
    .option('--fail-under <days>', 'exit with 1 when something may be full within so many days')
    .option('--at <time>', 'end of the window, e.g. 2026-11-20T12:00:00Z (default now)')
    .option('--ca-file <file>', 'authority of its certificate (PEM), for https')
    .option('--user <name>', 'user, with --password-file')
    .option('--password-file <file>', 'file with the password of --user')
    .option('--bearer-file <file>', 'file with a bearer token')
    .addHelpText(
      'after',
      `
Worker connections, open files, conntrack, local ports, listen queues, memory, CPU throttling, requests per core, Envoy's circuit
breakers and autoscalers, for each gateway, node and upstream that has series. What has none is listed as not seen. Days until full
come from the peaks of whole days; what cannot be told is "not enough data", what is unsure is called uncertain.

Exit codes: 0 asked, 1 with --fail-under: something may be full by then, 2 it cannot be told.

Examples:
  badgateway capacity-report --prometheus http://prometheus:9090
  badgateway capacity-report --prometheus http://prometheus:9090 --window 28d --format html > capacity.html
  badgateway capacity-report --prometheus https://mimir/prometheus --bearer-file token --match cluster=eu namespace=edge
  badgateway capacity-report --prometheus http://prometheus:9090 --format json | jq '.rows[] | select(.forecast.daysLeft)'
  badgateway capacity-report --prometheus http://prometheus:9090 --window 28d --fail-under 30 || echo 'look at the report'`,
    )
    .action(async (options: CapacityReportOptions) => {
      const { runCapacityReport } = await import('./capacity-report.ts');
      done(await runCapacityReport(options));
    });
}

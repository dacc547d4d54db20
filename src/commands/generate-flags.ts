import { type Command, Option } from 'commander';
import type { RulesOptions } from './generate-rules-options.ts';

/** Declares the commands; `done` gets their exit code. */
export function addGenerate(program: Command, done: (code: number) => void): void {
  const generate = program.command('generate').description('write what others load: rules for Prometheus');
  generate
    .command('rules')
    .description('write the recording and alerting rules, with thresholds, objectives and selectors of your own')
    .option('--slo <percent...>', 'answers that are no 5xx; also NAMESPACE/GATEWAY=PERCENT (default 99.9)')
    .option('--threshold <name=value...>', 'a number of the rules; --list has their names, defaults and units')
    .option('--namespace <name...>', 'only gateways in these namespaces; nodes and backends are not restricted')
    .option('--selector <matchers>', `matchers for all series of badgateway, as in PromQL: 'env="prod"'`)
    .option('--job <name...>', 'scrape jobs of badgateway (default badgateway)')
    .option('--containers <regex>', 'names of gateway containers where there is no Kubernetes')
    .option('--runbook-base <url>', 'put before the relative links to runbooks')
    .option('--dashboard-base <url>', "put before the relative links to dashboards: Grafana's address")
    .addOption(
      new Option('--format <format>', 'rule files, or objects of the Prometheus operator')
        .choices(['prometheus', 'prometheusrule'])
        .default('prometheus'),
    )
    .option('--label <name=value...>', 'labels of those objects, which the operator may select by')
    .option('--output <directory>', 'write files there instead of all to standard output')
    .option('--list', 'list the thresholds: name, default, unit, meaning, alerts')
    .addHelpText(
      'after',
      `
Without options it writes the files of alerts/ as they are. Nothing else is read, and nobody is asked.

Exit codes: 0 written, 2 a parameter is wrong, or a file cannot be written.

Examples:
  badgateway generate rules --output /etc/prometheus/rules/badgateway
  badgateway generate rules --slo 99.5 --slo shop/edge=99.95 --threshold latency=0.25 memory_ratio=0.9
  badgateway generate rules --namespace shop --selector 'env="prod"' --job monitoring/badgateway
  badgateway generate rules --format prometheusrule --label release=kube-prometheus-stack | kubectl apply -f -
  badgateway generate rules --runbook-base https://git.example/badgateway/blob/main --dashboard-base https://grafana.example
  badgateway generate rules --list`,
    )
    .action(async (options: RulesOptions, command: Command) => {
      const { runGenerateRules } = await import('./generate-rules.ts');
      done(runGenerateRules(options, argumentsOf(command)));
    });
}

/** What stands after `generate rules`. */
function argumentsOf(command: Command): string[] {
  const [program] = [command.parent?.parent];
  const given = (program as { rawArgs?: string[] } | null | undefined)?.rawArgs ?? [];
  return given.slice(given.indexOf('rules') + 1);
}

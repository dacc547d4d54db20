import { type Command, Option } from 'commander';
import { ENDPOINT_STATES } from '../contract/endpoint.ts';
import { withAccess } from './access-flags.ts';
import type { UpstreamsOptions } from './upstreams.ts';

/** Declares the command; `done` gets its exit code. */
export function addUpstreams(program: Command, done: (code: number) => void): void {
  withAccess(
    program
      .command('upstreams')
      .description('ask a running badgateway which upstream addresses are live, stale, missing …')
      .option('--url <url>', 'its status page', 'http://127.0.0.1:9503')
      .option('--gateway <name>', 'only this gateway')
      .option('--upstream <name>', 'only this upstream')
      .addOption(new Option('--state <state>', 'only addresses in this state').choices(ENDPOINT_STATES))
      .option('--json', 'the answer of /api/v1/upstreams instead of a table')
      .addOption(new Option('--check', 'exit with 1 when something drifts').conflicts('state')),
    'its certificate',
  )
    .addHelpText(
      'after',
      `
Addresses that should not be in use come first: stale, foreign, port_drift (docs/upstreams.md says what the states mean).

Exit codes: 0 asked (with --check: nothing drifts), 1 with --check: something drifts, 2 it cannot be told.

Examples:
  badgateway upstreams
  badgateway upstreams --gateway edge --state stale
  badgateway upstreams --check || echo 'reload the gateway'
  badgateway upstreams --url https://gateway-1:9503 --ca-file ca.pem --user ops --password-file /run/secrets/page
  kubectl port-forward POD 9503 & badgateway upstreams --json | jq .counts`,
    )
    .action(async (options: UpstreamsOptions) => {
      const { runUpstreams } = await import('./upstreams.ts');
      done(await runUpstreams(options));
    });
}

import type { Command } from 'commander';
import { withAccess } from './access-flags.ts';
import type { RemedyOptions } from './remedy.ts';

/** Declares the command; `done` gets its exit code. */
export function addRemedy(program: Command, done: (code: number) => void): void {
  withAccess(
    program
      .command('remedy')
      .argument(
        '[gateway]',
        'NAMESPACE/NAME of its Deployment; default: those that a running badgateway sees with stale addresses',
      )
      .description(
        'print in which order controller and gateway are restarted, and check that nothing is stale afterwards',
      )
      .option('--controller <namespace/name>', 'Deployment of the controller')
      .option('--verify', 'check that no address is stale, instead of printing the steps')
      .option('--server <url>', 'the badgateway to ask (default http://127.0.0.1:9503)'),
  )
    .addHelpText(
      'after',
      `
Prints commands for kubectl and runs none of them.

Exit codes: 0 printed, or with --verify: nothing is stale; 1 with --verify: something is; 2 it cannot be told.

Examples:
  badgateway remedy
  badgateway remedy gw/edge --controller nginx-gateway/ngf-nginx-gateway-fabric
  badgateway remedy gw/edge --verify || badgateway upstreams --state stale
  until badgateway remedy --verify; do sleep 5; done`,
    )
    .action(async (gateway: string | undefined, options: Omit<RemedyOptions, 'gateway'>) => {
      const { runRemedy } = await import('./remedy.ts');
      done(await runRemedy({ ...options, gateway }));
    });
}

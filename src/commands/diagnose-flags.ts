import type { Command } from 'commander';
import { withAccess } from './access-flags.ts';
import type { DiagnoseOptions } from './diagnose.ts';

/** Declares the command; `done` gets its exit code. */
export function addDiagnose(program: Command, done: (code: number) => void): void {
  withAccess(
    program
      .command('diagnose')
      .argument('[upstream]', 'run the seven steps on this block, cluster, namespace/service or address:port')
      .description('say what fails at the gateways now and lately, why, and what to do next')
      .option('--since <time>', 'how far back: 15m, 2h, or a time', '15m')
      .option('--json', 'one JSON object (docs/diagnose.md has its shape)')
      .option('--server <url>', 'ask this badgateway; without it the one at 127.0.0.1:9503, if one runs')
      .option('--no-server', 'look here for some seconds even if one runs')
      .option('--config <file>', 'configuration (YAML) of a look of our own; implies --no-server')
      .option('--probe', 'with an upstream: connect to its addresses from here and send nothing'),
  )
    .addHelpText(
      'after',
      `
Reads only. Without a running badgateway it reads the logs back and polls everything twice, which takes up to some 12 s.

Exit codes: 0 healthy, 1 findings, 2 it could not look: no gateway seen, no rights, or the server does not answer.

Examples:
  badgateway diagnose
  badgateway diagnose --since 2h --json | jq '.findings[0]'
  badgateway diagnose shop/cart
  sudo badgateway diagnose --no-server shop_cart_80 --probe
  kubectl port-forward POD 9503 & badgateway diagnose --server http://127.0.0.1:9503`,
    )
    .action(async (upstream: string | undefined, options: Omit<DiagnoseOptions, 'upstream'>) => {
      const { runDiagnose } = await import('./diagnose.ts');
      done(await runDiagnose({ ...options, upstream }));
    });
}

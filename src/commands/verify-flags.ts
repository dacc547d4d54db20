import type { Command } from 'commander';
import type { VerifyFlags } from './verify-options.ts';

/** Declares the command; `done` gets its exit code. */
export function addVerify(program: Command, done: (code: number) => void): void {
  program
    .command('verify')
    .argument('<url>', 'what is asked for, http:// or https://')
    .description(
      'SEND requests at a fixed rate and check that every one is answered as expected, as before and after a rollout',
    )
    .option(
      '--qps <number>',
      'requests in a second, at most 1000, whether earlier ones are answered or not (default 10)',
    )
    .option('--duration <time>', 'for so long, at most 1h (default 60s)')
    .option('--method <method>', 'without a body (default GET)')
    .option('--header <line>', '"Name: value", as often as needed; Host is the name for TLS too', together)
    .option('--expect <codes>', '200, 200,204 or 2xx; a redirect is not followed (default 200)')
    .option('--max-failures <count>', 'so many may fail (default 0)')
    .option('--timeout <time>', 'of one request, to the last byte of its answer (default 10s)')
    .option('--ca-file <file>', 'authority of the certificate (PEM), for https')
    .option('--json', 'one JSON object (docs/verify.md has its shape)')
    .addHelpText(
      'after',
      `
This is the only command that sends requests through a gateway; nothing else of badgateway does, and it runs only when called.
Point it at what you may load.

Exit codes: 0 every answer was expected, 1 one was not (or more than --max-failures), 2 it could not run, or not to its end.

Examples:
  badgateway verify http://shop.example/cart --qps 10 --duration 60s       # 600 requests
  kubectl rollout restart deploy/cart & badgateway verify http://shop.example/cart --duration 3m
  badgateway verify http://10.0.0.7/ --header 'Host: shop.example' --expect 200,304
  badgateway verify https://shop.example/healthz --qps 50 --duration 10s --json | jq .results`,
    )
    .action(async (url: string, options: Omit<VerifyFlags, 'url'>) => {
      const { runVerify } = await import('./verify.ts');
      done(await runVerify({ ...options, url }));
    });
}

function together(line: string, before: readonly string[] = []): readonly string[] {
  return [...before, line];
}

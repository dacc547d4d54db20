import type { Command } from 'commander';

/** How to get at a badgateway whose page has TLS or a password: ServerAccess in diagnose-ask.ts. */
export function withAccess(command: Command, of = 'the certificate of --server'): Command {
  return command
    .option('--ca-file <file>', `authority of ${of} (PEM), for https`)
    .option('--cert-file <file>', 'our certificate (PEM), where the page asks for one')
    .option('--key-file <file>', 'key of --cert-file')
    .option('--user <name>', 'user of its page, with --password-file')
    .option('--password-file <file>', 'file with the password of --user');
}

import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LEVELS } from '../../src/parse/nginx-prefix.ts';
import { SETTLED_MESSAGES } from '../../src/parse/settled-messages.ts';
import { messageWith, USUAL_MESSAGES } from '../../src/parse/usual-messages.ts';
import { cri, docker, fields, head, joined, PEER } from './error-lines.ts';
import { FAILURE_ROWS } from './nginx-failure-rows.ts';
import { lineOf } from './nginx-lines.ts';
import { TRAP_ROWS } from './nginx-trap-rows.ts';
import { compare } from './one-by-one.ts';

const CAPTURE = readFileSync(new URL('../fixtures/nginx/loopback-faults.log', import.meta.url), 'latin1').split('\n');

describe('whole blocks and line by line count the same of', () => {
  const peer = fc.constantFrom(PEER, '10.0.0.2:80', '[fd00::1]:80', 'unix:/run/a.sock:', 'pool', 'unix:/b');
  const scheme = fc.constantFrom('http://', 'http://', 'https://', 'fastcgi://', 'grpc://', '');
  const usual = fc
    .tuple(fc.constantFrom(...USUAL_MESSAGES), peer, scheme, fc.constantFrom('error', 'error', ...LEVELS))
    .map(([message, name, before, level]) => head(level) + messageWith(message, name) + fields(`${before}${name}/`));
  const settled = fc
    .tuple(
      fc.constantFrom(...SETTLED_MESSAGES),
      fc.constantFrom(...LEVELS),
      fc.constantFrom(' x', '', ...USUAL_MESSAGES),
    )
    .map(([{ beginning }, level, rest]) => `${head(level)}${beginning}${rest}${fields(PEER)}`);
  const known = fc.constantFrom(...CAPTURE, ...[...FAILURE_ROWS, ...TRAP_ROWS].map(lineOf), '', 'x');
  const plain = fc.oneof(
    { weight: 4, arbitrary: usual },
    { weight: 2, arbitrary: settled },
    { weight: 1, arbitrary: known },
  );
  const spliced = fc
    .tuple(plain, plain, fc.nat(300))
    .map(([one, two, place]) => one.slice(0, place) + two.slice(place));
  const inserted = fc.constantFrom(
    '',
    '\r',
    '\0',
    '"',
    ' ',
    '\n',
    'é',
    ', upstream: "',
    ', host: "',
    'unix:',
    ' HTTP/1.1"',
  );
  const damaged = fc
    .tuple(plain, fc.nat(400), fc.nat(20), inserted)
    .map(([text, place, length, put]) => text.slice(0, place) + put + text.slice(place + length));
  const bare = fc.oneof(
    { weight: 5, arbitrary: plain },
    { weight: 1, arbitrary: spliced },
    { weight: 1, arbitrary: damaged },
  );
  const wrapped = fc
    .tuple(bare, fc.constantFrom('F', 'F', 'F', 'P', 'F:x', 'X'), fc.constantFrom('stderr', 'stdout'))
    .map(([text, tag, stream]) => cri(text, tag, stream));
  const line = fc.oneof(
    { weight: 6, arbitrary: bare },
    { weight: 3, arbitrary: wrapped },
    bare.map((text) => docker(text)),
    bare.map((text) => docker(text, '')),
    bare.map((text) => `${text}\r`),
  );
  const options = fc.record({
    limit: fc.constantFrom(1, 3, 100),
    final: fc.boolean(),
    step: fc.constantFrom(200, 1000, 100_000),
  });

  it('lines of all kinds, spliced and damaged, in blocks of any size', () => {
    const lines = fc.array(line, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(lines, options, fc.boolean(), (list, how, isCut) => {
        const text = joined(list);
        compare(isCut ? text.slice(0, -1) : text, how);
      }),
      { numRuns: Number(process.env.RUNS ?? 1500) },
    );
  });
});

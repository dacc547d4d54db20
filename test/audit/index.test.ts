import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { notKnown } from '../../src/audit/fact.ts';
import { isWarning } from '../../src/audit/findings.ts';
import { audit } from '../../src/audit/index.ts';
import { readAuditInput } from '../../src/audit/input.ts';
import { readInventory } from '../../src/audit/inventory.ts';
import { AUDIT_SEVERITIES } from '../../src/audit/rule.ts';
import { AUDIT_RULES } from '../../src/audit/rules/index.ts';
import type { ConfContext, Directive, NginxConf } from '../../src/parse/nginx-conf-tree.ts';
import { auditText, TUNED_FACTS } from '../support/audit.ts';

const MANY = 250;
const upstreams = Array.from({ length: MANY }, (_, n) => `upstream u${n} { server h${n}:80; }`).join('\n');

describe('audit', () => {
  it('lists at most a hundred findings of a rule, and counts all', () => {
    const { findings, counts, omitted } = auditText(`http {\n${upstreams}\n}`);
    const ofRule = findings.filter(({ rule }) => rule === 'upstream_hostname_without_resolver');
    assert.equal(ofRule.length, 100);
    assert.equal(omitted, MANY - 100);
    assert.deepEqual(counts.get('upstream_hostname_without_resolver'), { info: 0, warning: MANY });
  });

  it('puts warnings first, and says 0 of rules that found nothing', () => {
    const { findings, counts, unchecked } = auditText(
      'worker_processes 1; http { server { listen 80; location / { proxy_pass http://10.0.0.1:5432; } } }',
    );
    const severities = findings.map(({ severity }) => severity);
    assert.deepEqual(severities, [...severities].sort().reverse());
    assert.ok(severities.includes('info') && severities.includes('warning'));
    assert.deepEqual(counts.get('long_timeouts'), { info: 0, warning: 0 });
    assert.equal(counts.size, AUDIT_RULES.length);
    assert.deepEqual(unchecked, []);
  });

  it('a rule that could not look at something has no 0', () => {
    const { counts, unchecked } = auditText('http { server { listen 80; } }', { somaxconn: notKnown('elsewhere') });
    assert.equal(counts.has('backlog_below_somaxconn'), false);
    assert.deepEqual(unchecked, [{ rule: 'backlog_below_somaxconn', why: 'elsewhere' }]);
  });

  it('says nothing that rests on what is not there while a part cannot be read', () => {
    const text = 'http { server { listen 80; proxy_set_header Connection "upgrade"; } }';
    const { findings, unchecked } = auditText(text, {}, ['/a (EACCES)', '/b', '/c', '/d']);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['websocket_headers_global'],
    );
    assert.deepEqual(
      unchecked.map(({ rule }) => rule),
      AUDIT_RULES.filter(({ needsWhole }) => needsWhole).map(({ name }) => name),
    );
    assert.match(unchecked[0].why, /cannot be read: \/a \(EACCES\), \/b, \/c and 1 more$/);
  });

  it('says once what a file says that is included many times', () => {
    const line = (n: number): Directive => directive('proxy_read_timeout', ['3600s'], [], n);
    const location = (): Directive =>
      directive('location', ['/'], [line(7), directive('proxy_pass', ['http://10.0.0.1'])]);
    const http = directive('http', [], [directive('server', [], [location(), location()])]);
    const { findings } = audit(readAuditInput({ conf: confOf([http]), context: 'main', missing: [] }, TUNED_FACTS));
    assert.equal(findings.filter(({ rule }) => rule === 'long_timeouts').length, 1);
  });

  it('takes any tree of directives', () => {
    fc.assert(
      fc.property(
        fc.oneof(trees, trees.map(inPlace)),
        fc.constantFrom<ConfContext>('main', 'http', 'stream', 'mail'),
        (directives, context) => {
          const input = readAuditInput({ conf: confOf(directives), context, missing: [] }, TUNED_FACTS);
          const { findings } = audit(input);
          readInventory(input);
          for (const finding of findings) {
            assert.ok(AUDIT_SEVERITIES.includes(finding.severity));
            assert.doesNotMatch(`${finding.message}${finding.fix}`, /[\u0000-\u001f\u007f]/);
            // A hint of a rule may be less than the rule, never more.
            const rule = AUDIT_RULES.find(({ name }) => name === finding.rule)!;
            assert.ok(isWarning(rule) || !isWarning(finding), finding.rule);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

function directive(name: string, args: string[], body: readonly Directive[] = [], line = 1): Directive {
  return { name, args, body, kind: body.length > 0 ? 'block' : 'simple', file: '/f', line };
}

function confOf(directives: readonly Directive[]): NginxConf {
  const limits = { nesting: 0, bytes: 0, directives: 0, arguments: 0, include_depth: 0, include_cycle: 0 };
  return { directives, files: ['/f'], problems: [], limits: { ...limits, files: 0, problems: 0 } };
}

/** The same lines where nginx expects most of them. */
function inPlace(lines: readonly Directive[]): Directive[] {
  const server = directive('server', [], [...lines, directive('location', ['/'], lines)]);
  return [...lines, directive('events', [], lines), directive('http', [], [...lines, server]), server];
}

const NAMES = [
  ...['http', 'stream', 'events', 'server', 'location', 'upstream', 'map', 'if', 'listen', 'proxy_pass', 'grpc_pass'],
  ...['proxy_set_header', 'proxy_read_timeout', 'proxy_next_upstream', 'proxy_next_upstream_tries', 'keepalive'],
  ...['proxy_http_version', 'proxy_buffer_size', 'proxy_cache_path', 'resolver', 'worker_processes'],
  ...['worker_rlimit_nofile', 'worker_connections', 'worker_shutdown_timeout', '', '__proto__', 'constructor'],
];
const WORDS = [
  ...[
    '80',
    '[::]:80 ',
    'backlog=9',
    'http://shop',
    'shop',
    '10.0.0.1:5432',
    'a.example:80',
    'resolve',
    '$x',
    'Connection',
  ],
  ...['upgrade', 'close', '', 'auto', '3600s', '-1', '99999999999999999999', '1k', '/cache', '\u001b[31m\n', 'unix:/s'],
];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 20 }));
const { trees } = fc.letrec<{ trees: Directive[]; one: Directive }>((tie) => ({
  trees: fc.array(tie('one'), { maxLength: 8, depthIdentifier: 'tree' }),
  one: fc
    .record({
      name: fc.constantFrom(...NAMES),
      args: fc.array(word, { maxLength: 4 }),
      body: fc.oneof({ depthIdentifier: 'tree', maxDepth: 5 }, fc.constant<Directive[]>([]), tie('trees')),
      kind: fc.constantFrom<Directive['kind']>('simple', 'block', 'block', 'data', 'lua'),
    })
    .map((shape) => ({ ...shape, file: '/f', line: 1 })),
}));

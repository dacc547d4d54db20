import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { known, notKnown } from '../../src/audit/fact.ts';
import { audit } from '../../src/audit/index.ts';
import { type AuditFacts, readAuditInput } from '../../src/audit/input.ts';
import { placeText } from '../../src/audit/rule.ts';
import { toAudited } from '../../src/collectors/audit-read.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { TUNED_FACTS } from '../support/audit.ts';

const DIRECTORY = 'test/fixtures/audit';
/** A container of two CPUs on a machine of eight, its nginx of before 1.29.7. */
const CONTAINER: AuditFacts = {
  ...TUNED_FACTS,
  cpuLimit: known(2),
  mounts: known([{ path: '/', root: '/', type: 'overlay' }]),
};

/** `severity line rule` of every finding, and what was not checked. */
function findings(name: string, facts: Partial<AuditFacts> = {}) {
  const path = `${DIRECTORY}/${name}.conf`;
  const conf = readNginxConf({ path, text: readFileSync(path, 'utf8') });
  const input = readAuditInput(toAudited(conf, { context: 'auto', unreadable: [] }), { ...CONTAINER, ...facts });
  const result = audit(input);
  return {
    found: result.findings.map(
      ({ severity, place, rule }) => `${severity} ${placeText(place).split(':').pop()} ${rule}`,
    ),
    unchecked: result.unchecked.map(({ rule }) => rule),
    result,
  };
}

const GOLDEN: Readonly<Record<string, readonly string[]>> = {
  tuned: [],
  'docker-default': [
    'warning 17 backlog_below_somaxconn',
    'warning 2 workers_above_cpu_limit',
    'warning 2 shutdown_timeout_absent',
  ],
  ngf: [
    'warning 31 backlog_below_somaxconn',
    'warning 3 workers_above_cpu_limit',
    'warning 3 shutdown_timeout_absent',
    'warning 79 upstream_without_keepalive',
    'info 57 retry_unbounded',
  ],
  f5: [
    'warning 24 backlog_below_somaxconn',
    'warning 1 workers_above_cpu_limit',
    'warning 1 shutdown_timeout_absent',
    'warning 36 upstream_without_keepalive',
  ],
  'ingress-nginx': [],
  'report-before': [
    'warning 13 backlog_below_somaxconn',
    'warning 1 workers_above_cpu_limit',
    'warning 1 shutdown_timeout_absent',
    'warning 21 long_timeouts',
    'warning 20 long_timeouts',
    'warning 17 websocket_headers_global',
    'warning 8 upstream_without_keepalive',
    'warning 9 upstream_hostname_without_resolver',
  ],
  'report-after': [
    'warning 17 backlog_below_somaxconn',
    'warning 1 workers_above_cpu_limit',
    'warning 1 shutdown_timeout_absent',
    'warning 10 upstream_hostname_without_resolver',
  ],
  outage: [
    'warning 30 backlog_below_somaxconn',
    'warning 3 workers_above_cpu_limit',
    'warning 23 upstream_without_keepalive',
  ],
  'outage-minimal': [
    'warning 9 backlog_below_somaxconn',
    'warning 1 workers_above_cpu_limit',
    'warning 1 shutdown_timeout_absent',
  ],
  edge: [
    'warning 13 backlog_below_somaxconn',
    'warning 3 upstream_without_keepalive',
    'warning 4 upstream_hostname_without_resolver',
    'warning 8 upstream_hostname_without_resolver',
    'warning 9 upstream_hostname_without_resolver',
    'warning 21 upstream_hostname_without_resolver',
    'info 21 upstream_without_keepalive',
    'info 1 cache_on_ephemeral_disk',
  ],
};

describe('what the audit finds in whole configurations', () => {
  it('knows every fixture', () => {
    const names = readdirSync(DIRECTORY).flatMap((name) => (name.endsWith('.conf') ? [name.slice(0, -5)] : []));
    assert.deepEqual(names.sort(), Object.keys(GOLDEN).sort());
  });

  for (const [name, expected] of Object.entries(GOLDEN))
    it(name, () => {
      const { found, unchecked } = findings(name);
      assert.deepEqual(found, expected);
      assert.deepEqual(unchecked, []);
    });

  it('the tuned one is clean whatever the version of nginx, known or not', () => {
    for (const nginxVersion of [known('1.22.1'), known('1.30.0'), notKnown('no program')])
      assert.deepEqual(findings('tuned', { nginxVersion }).found, []);
  });

  it('the outage: both numbers of the text, with its somaxconn of 1024 and its one CPU of two', () => {
    const facts = { somaxconn: known(1024), cpuLimit: known(1), autoWorkers: known(2) };
    const messages = findings('outage-minimal', facts).result.findings.map(({ message }) => message);
    assert.match(messages[0], /backlog 511 .* net\.core\.somaxconn is 1024/);
    assert.match(messages[1], /worker_processes auto starts 2 workers and the CPU limit is 1/);
  });

  it('the outage: conntrack as kube-proxy set it is right, in step', () => {
    const facts = { conntrackMax: known(524_288), conntrackBuckets: known(131_072) };
    assert.deepEqual(findings('tuned', facts).found, []);
  });

  it('nothing known of the machine: no finding that rests on it, and each rule that needs it says so', () => {
    const unknown = notKnown('not known');
    const facts = Object.fromEntries(Object.keys(CONTAINER).map((name) => [name, unknown]));
    for (const name of Object.keys(GOLDEN)) {
      const { found } = findings(name, facts);
      const rests = /backlog|workers_above|rlimit|conntrack|port_range|cache_on/;
      assert.deepEqual(
        found.filter((line) => rests.test(line)),
        [],
        name,
      );
    }
    assert.deepEqual(findings('docker-default', facts).unchecked, [
      'backlog_below_somaxconn',
      'workers_above_cpu_limit',
      'rlimit_nofile_low',
      'port_range_narrow',
      'conntrack_buckets_low',
      'conntrack_timeout_established',
    ]);
  });

  it('prints no value of a header', () => {
    const text = JSON.stringify(findings('report-before').result);
    assert.doesNotMatch(text, /not-to-be-printed|Bearer|Authorization/);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (text: string, somaxconn = 4096) =>
  ruleSays('backlog_below_somaxconn', text, { somaxconn: known(somaxconn) });
const server = (...listens: string[]) => `http { server { ${listens.map((one) => `listen ${one};`).join('\n')} } }`;

test("nginx's 511 against a longer queue of the kernel: the backlog limits", () => {
  const words = 'warning /nginx.conf:1: listen 0.0.0.0:80 has backlog 511 (the default) and net.core.somaxconn is';
  const rest = 'the accept queue holds 511, the backlog is what limits it';
  assert.deepEqual(says(server('80')), [`${words} 4096: ${rest}`]);
  assert.deepEqual(says(server('80'), 1024), [`${words} 1024: ${rest}`]);
  assert.deepEqual(ruleFixes('backlog_below_somaxconn', server('80')), ['listen 0.0.0.0:80 backlog=4096;']);
});

test('a backlog that the kernel cuts, and the queue that is left', () => {
  assert.deepEqual(says(server('[::]:443 ssl backlog=8192'), 128), [
    'warning /nginx.conf:1: listen [::]:443 has backlog 8192 and net.core.somaxconn is 128: the accept queue holds 128, the kernel cuts the backlog',
  ]);
  const [fix] = ruleFixes('backlog_below_somaxconn', server('443 backlog=8192'));
  assert.match(fix, /^sysctl net\.core\.somaxconn=8192 .*restart nginx/);
});

test('silent when both agree, also when only one of the servers that share a socket says it', () => {
  assert.deepEqual(says(server('80 backlog=4096')), []);
  assert.deepEqual(says(`http { server { listen 80; } server { listen 80 default_server backlog=4096; } }`), []);
});

test('sockets of one kind are one finding', () => {
  const [one, ...more] = says(server('80', '[::]:80', '443 ssl', '8443 backlog=1024'));
  assert.match(one, /listen 0\.0\.0\.0:80 \(and 2 other sockets\) has backlog 511/);
  assert.match(more.join(), /listen 0\.0\.0\.0:8443 has backlog 1024/);
});

test('UDP, QUIC, unix sockets and loopback have no clients that overflow them', () => {
  assert.deepEqual(says(server('443 quic', 'unix:/run/nginx.sock', '127.0.0.1:8080', '[::1]:8080')), []);
  assert.deepEqual(says('stream { server { listen 53 udp; } }'), []);
  assert.equal(says('stream { server { listen 5432; } }').length, 1);
});

test('an unknown somaxconn is not assumed', () => {
  const somaxconn = notKnown('it runs elsewhere');
  assert.deepEqual(ruleSays('backlog_below_somaxconn', server('80'), { somaxconn }), ['unchecked: it runs elsewhere']);
});

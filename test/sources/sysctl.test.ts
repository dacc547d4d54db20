import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openProcfs } from '../../src/sources/procfs.ts';
import { isOfMachine, readSysctls } from '../../src/sources/sysctl.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('the kernel of this machine', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
  const values = readSysctls(openProcfs('/proc'));
  const read = (path: string) => Number(readFileSync(`/proc/sys/${path}`, 'utf8').trim().split(/\s+/).at(-1));
  assert.equal(values.get('net.core.somaxconn'), read('net/core/somaxconn'));
  assert.equal(values.get('net.ipv4.ip_local_port_range_high'), read('net/ipv4/ip_local_port_range'));
  assert.ok(values.get('net.ipv4.ip_local_port_range_low')! < values.get('net.ipv4.ip_local_port_range_high')!);
});

test('what is not there or no number is left out, not 0', (t) => {
  const proc = new FakeProc(t).write('sys/net/core/somaxconn', '128\n').write('sys/net/ipv4/tcp_syncookies', 'on\n');
  proc.write('sys/net/ipv4/ip_local_port_range', '32768\t60999\n');
  assert.deepEqual(
    [...readSysctls(openProcfs(proc.root))],
    [
      ['net.core.somaxconn', 128],
      ['net.ipv4.ip_local_port_range_low', 32_768],
      ['net.ipv4.ip_local_port_range_high', 60_999],
    ],
  );
});

test('the limits of conntrack are of the machine, its timeouts of a namespace', () => {
  assert.equal(isOfMachine('net.netfilter.nf_conntrack_max'), true);
  assert.equal(isOfMachine('net.netfilter.nf_conntrack_buckets'), true);
  assert.equal(isOfMachine('net.netfilter.nf_conntrack_tcp_timeout_established'), false);
  assert.equal(isOfMachine('net.core.somaxconn'), false);
});

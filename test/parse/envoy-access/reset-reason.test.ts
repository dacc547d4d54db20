import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  flagsOfReset,
  isConnectTimeout,
  isHalfClose,
  resetReasonIn,
} from '../../../src/parse/envoy-access/reset-reason.ts';
import { FLAG } from '../../../src/parse/envoy-access/response-flags.ts';

const ROWS: readonly (readonly [reason: string, flag: keyof typeof FLAG])[] = [
  ['connection failure', 'UF'],
  ['remote connection failure', 'UF'],
  ['remote_connection_failure', 'UF'],
  ['local connection failure', 'UF'],
  ['connection timeout', 'UF'],
  ['connection termination', 'UC'],
  ['overflow', 'UO'],
  ['remote reset', 'UR'],
  ['remote refused stream reset', 'UR'],
  ['remote error with CONNECT request', 'UR'],
  ['local reset', 'LR'],
  ['local_refused_stream_reset', 'LR'],
  ['protocol error', 'UPE'],
  ['overload manager reset', 'OM'],
];

describe('reset reasons', () => {
  for (const [reason, flag] of ROWS) it(`${reason}: ${flag}`, () => assert.equal(flagsOfReset(reason), FLAG[flag]));

  it('knows no others', () => {
    for (const other of ['', 'constructor', 'connection', 'reset']) assert.equal(flagsOfReset(other), 0);
  });

  it('tells a timeout and an early end apart', () => {
    assert.equal(isConnectTimeout('connection_timeout'), true);
    assert.equal(isConnectTimeout('connection failure'), false);
    assert.equal(isHalfClose('HTTP/1 premature upstream half close'), true);
    assert.equal(isHalfClose('local reset'), false);
  });

  it('ends where other words follow', () => {
    assert.equal(resetReasonIn('connection termination for POST'), 'connection termination');
    assert.equal(resetReasonIn('new kind of reset'), 'new kind of reset');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerEvent } from '../../src/parse/controller-line.ts';

const LINES = [
  [
    '{"level":"error","logger":"nginxUpdater","msg":"error validating connection","error":"rpc error: code = Unauthenticated desc = invalid authorization: [invalid bearer token, service account token has expired]"}',
    'token_rejected',
  ],
  [
    '{"level":"error","msg":"error validating connection","error":"rpc error: code = Unauthenticated desc = invalid authorization"}',
    'token_rejected',
  ],
  [
    '{"level":"error","logger":"eventHandler","msg":"Failed to update NGINX configuration","error":"msg: Config apply failed, rolling back config"}',
    'update_failed',
  ],
  ['{"level":"info","logger":"eventHandler","msg":"NGINX configuration was successfully updated"}', 'updated'],
  ['{"logger":"nginxUpdater.commandService","msg":"error sending request to agent"}', 'agent_unreachable'],
  ['{"level":"info","msg":"Reconciling the resource"}', null],
  ['', null],
] as const;

for (const [line, event] of LINES)
  test(`${event ?? 'nothing'}: ${line.slice(-60)}`, () => assert.equal(controllerEvent(line), event));

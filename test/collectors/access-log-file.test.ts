import assert from 'node:assert/strict';
import { it } from 'node:test';
import { accessLogFile, hotLog } from '../../src/collectors/access-log-file.ts';
import type { AccessGateway } from '../../src/collectors/access-log-gateway.ts';
import { AccessLogReader } from '../../src/parse/access-log/access-log-reader.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { formatOf } from '../support/access-lines.ts';

const COUNTS = {};
const GATEWAY = { counts: COUNTS } as AccessGateway;

it('a file as nginx writes it is read as it is, one of a container runtime by its standard output', () => {
  const plain = accessLogFile('/var/log/nginx/access.log', GATEWAY);
  assert.deepEqual(plain.source, { wrapping: 'none', stream: STREAM.none });
  assert.deepEqual([plain.reader, plain.tried], [undefined, 0]);
  const container = accessLogFile('/var/log/pods/shop_web-1_6f/nginx/0.log', GATEWAY);
  assert.deepEqual(container.source, { wrapping: 'container', stream: STREAM.stdout });
});

it('threads know a file by its key, and whose lines these are', () => {
  const file = accessLogFile('/var/log/nginx/access.log', GATEWAY);
  const reader = new AccessLogReader(formatOf('$status'));
  const { key, counts, format, source } = hotLog({ path: file.path, key: 'one' }, file, reader);
  assert.deepEqual([key, counts === COUNTS, format === reader.format, source], ['one', true, true, file.source]);
});

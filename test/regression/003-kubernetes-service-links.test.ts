import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

/** What Kubernetes puts into each pod of a namespace with a Service called `badgateway` and one called `badgateway-edge`. */
const LINKS = {
  BADGATEWAY_SERVICE_HOST: '10.96.12.7',
  BADGATEWAY_SERVICE_PORT: '9502',
  BADGATEWAY_SERVICE_PORT_METRICS: '9502',
  BADGATEWAY_PORT: 'tcp://10.96.12.7:9502',
  BADGATEWAY_PORT_9502_TCP: 'tcp://10.96.12.7:9502',
  BADGATEWAY_PORT_9502_TCP_PROTO: 'tcp',
  BADGATEWAY_PORT_9502_TCP_PORT: '9502',
  BADGATEWAY_PORT_9502_TCP_ADDR: '10.96.12.7',
  BADGATEWAY_EDGE_SERVICE_HOST: '10.96.12.8',
  BADGATEWAY_EDGE_PORT_9502_TCP_ADDR: '10.96.12.8',
};

test('a Service called badgateway does not keep badgateway from starting', () => {
  const { config } = loadConfig({ environment: { ...LINKS, BADGATEWAY_LOG_LEVEL: 'debug' }, flags: {} });
  assert.equal(config.log.level, 'debug');
});

test('a mistyped variable is still a mistake', () => {
  const load = () => loadConfig({ environment: { ...LINKS, BADGATEWAY_LOG_LEVL: 'debug' }, flags: {} });
  assert.throws(
    load,
    /: 1 problem\n {2}BADGATEWAY_LOG_LEVL: unknown environment variable; did you mean BADGATEWAY_LOG_LEVEL/,
  );
});

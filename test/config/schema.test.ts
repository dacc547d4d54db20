import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { configLeaves, configPaths } from '../../src/config/leaves.ts';
import { nearest } from '../../src/config/problem.ts';
import { configJsonSchema, configSchema } from '../../src/config/schema.ts';

describe('configuration schema', () => {
  it('has a key for every collector, with the defaults of its own schema', () => {
    const config = configSchema().parse({});
    assert.deepEqual(Object.keys(config.collectors).sort(), COLLECTORS.map(({ name }) => name).sort());
    for (const { name, schema } of COLLECTORS) assert.deepEqual(config.collectors[name], schema.parse({}));
  });
  it('describes every key and gives it one environment variable', () => {
    const leaves = configLeaves();
    assert.equal(new Set(leaves.map(({ variable }) => variable)).size, leaves.length);
    assert.ok(leaves.some(({ path }) => path === 'collectors.nginx_error_log.files'));
    assert.deepEqual(
      leaves.filter(({ description }) => description === '').map(({ path }) => path),
      [],
    );
  });
  it('finds the same keys in the schema as in its JSON form', () => {
    assert.deepEqual(
      configPaths(),
      configLeaves().map(({ path }) => path),
    );
  });
  it('exports JSON Schema that forbids unknown keys', () => {
    const schema = configJsonSchema() as { additionalProperties?: boolean };
    assert.equal(schema.additionalProperties, false);
  });
  it('suggests only what is close', () => {
    assert.equal(nearest('collectors.conntrak', ['collectors.conntrack', 'listen']), 'collectors.conntrack');
    assert.equal(nearest('zzzzzz', ['listen']), undefined);
  });
});

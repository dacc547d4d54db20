import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { configPage, configSchemaJson, metricGroups, metricsPage } from '../../scripts/pages.ts';

const read = (path: string) => readFileSync(path, 'utf8');

describe('generated pages', () => {
  it('metrics.md is what the declarations say (make docs)', () => assert.equal(read('docs/metrics.md'), metricsPage()));
  it('configuration.md is what the schema says (make docs)', () =>
    assert.equal(read('docs/configuration.md'), configPage()));
  it('the JSON Schema is what the schema says (make docs)', () =>
    assert.equal(read('docs/configuration.schema.json'), configSchemaJson()));

  it('declares no metric name twice and gives each a help text that ends in a full stop', () => {
    const declarations = metricGroups().flatMap(({ metrics }) => Object.values(metrics));
    const byName = new Map<string, string>();
    for (const declaration of declarations) {
      const shape = JSON.stringify(declaration);
      assert.equal(byName.get(declaration.name) ?? shape, shape, declaration.name);
      byName.set(declaration.name, shape);
      assert.match(declaration.help, /\.$/, declaration.name);
    }
  });

  it('collector pages name every metric of their unit', () => {
    for (const { title, metrics } of metricGroups()) {
      const unit = /^Collector (\w+)$/.exec(title)?.[1];
      if (unit === undefined) continue;
      const page = read(`docs/collectors/${unit}.md`);
      for (const { name } of Object.values(metrics))
        assert.ok(page.includes(name), `${name} in docs/collectors/${unit}.md`);
    }
  });
});

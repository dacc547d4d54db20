import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PARAMETERS } from '../../src/commands/generate-rules-files.ts';
import { allAlerts } from './rule-files.ts';

const rows = [...readFileSync('docs/alert-catalogue.md', 'utf8').matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)]
  .slice(1)
  .map(([, asked, alerts, numbers]) => ({
    asked,
    alerts: alerts.split(', '),
    numbers: numbers === '–' ? [] : numbers.split(', '),
  }));
const names = new Set(allAlerts().map(({ alert }) => alert));

test('the catalogue names alerts that there are, and their numbers', () => {
  assert.ok(rows.length >= 35, `${rows.length} rows`);
  for (const { asked, alerts, numbers } of rows) {
    for (const alert of alerts) assert.ok(names.has(alert), `${asked}: no alert ${alert}`);
    for (const number of numbers) {
      const parameter = PARAMETERS.find(({ name, value }) => number === `${name}=${value}`);
      assert.ok(parameter, `${asked}: ${number} is not the default`);
      assert.ok(
        parameter.sites.some(({ rule }) => alerts.includes(rule)),
        `${asked}: ${number} is a number of other alerts`,
      );
    }
  }
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../src/config/schema.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: boolean | Node;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** The probes, the monitor and the NetworkPolicy are for this port of the pod. */
const METRICS = {
  type: 'string',
  pattern: '^(0\\.0\\.0\\.0|\\[::\\])?:9502$',
  description: 'The port that the probes, the NetworkPolicy and the monitor are for, on all addresses of the pod',
};

/** The chart's schema with the keys of the configuration as they are now: else a misspelt one is only told by pods that end again and again. */
export function chartSchema(root: string): string {
  const schema = JSON.parse(readFileSync(join(root, 'deploy/helm/badgateway/values.schema.json'), 'utf8'));
  const { description } = schema.properties.config;
  const keys = keysOf(configJsonSchema() as Node) as { properties: { listen: { properties: { metrics: object } } } };
  keys.properties.listen.properties.metrics = METRICS;
  schema.properties.config = { type: 'object', description, ...keys };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Which names there are; what their values may be badgateway checks, and says it better than helm does. */
function keysOf({ properties, additionalProperties, items, anyOf = [] }: Node): object {
  if (properties !== undefined)
    return {
      properties: Object.fromEntries(Object.entries(properties).map(([name, node]) => [name, keysOf(node)])),
      additionalProperties: false,
    };
  if (typeof additionalProperties === 'object') return { additionalProperties: keysOf(additionalProperties) };
  if (items !== undefined) return { items: keysOf(items) };
  const objects = anyOf.filter((node) => node.properties !== undefined);
  // Names say nothing of a text, which may stand in the place of an object.
  if (objects.length === 0) return {};
  return keysOf({ properties: Object.assign({}, ...objects.map((node) => node.properties)) });
}

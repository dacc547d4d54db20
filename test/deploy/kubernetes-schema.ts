/**
 * Schemas that know every key of the kinds that deploy/ has: those of Kubernetes from the types of @kubernetes/client-node (made from
 * the API's OpenAPI), those of custom resources from their documentation, as far as they are used here. Nothing is downloaded.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Schema, violations } from './json-schema.ts';
import { type Manifest, ROOT } from './manifests.ts';

const MODELS = join(ROOT, 'node_modules/@kubernetes/client-node/dist/gen/models');

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const SIMPLE: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  any: {},
  Date: { type: 'string' },
  IntOrString: { type: ['integer', 'string'] },
};
const made = new Map<string, Schema>();

/** Schema of a type as client-node calls it: `V1DaemonSet`, `Array<V1Container>`, `{ [key: string]: string; }`. */
export async function schemaOf(type: string, format = ''): Promise<Schema> {
  const list = /^Array<(.+)>$/.exec(type);
  if (list) return { type: 'array', items: await schemaOf(list[1]) };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: await schemaOf(map[1]) };
  if (type === 'number') return { type: format.startsWith('int') ? 'integer' : 'number' };
  if (type in SIMPLE) return SIMPLE[type];
  const known = made.get(type);
  if (known !== undefined) return known;
  const schema = await ofModel(type);
  made.set(type, schema);
  return schema;
}

async function ofModel(type: string): Promise<Schema> {
  const module = (await import(join(MODELS, `${type}.js`))) as Record<string, { attributeTypeMap: Attribute[] }>;
  // Only the declarations say which keys there must be.
  const declared = readFileSync(join(MODELS, `${type}.d.ts`), 'utf8');
  const required = [...declared.matchAll(/^ {4}'(\w+)':/gm)].map(([, name]) => name);
  const properties: Record<string, Schema> = {};
  for (const { baseName, type: of, format } of module[type].attributeTypeMap) {
    properties[baseName] = await schemaOf(of, format);
  }
  return closed(properties, required);
}

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const labels: Schema = { type: 'object', additionalProperties: text };
/** An empty `required` is no schema for kubeconform. */
const closed = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  ...{ type: 'object', properties, additionalProperties: false },
  ...(required.length > 0 && { required }),
});
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const duration: Schema = { type: 'string', pattern: '^([0-9]+(ms|[smhdwy]))+$' };

const relabelings = listOf(
  closed({
    ...{ sourceLabels: texts, separator: text, targetLabel: text, regex: text, replacement: text },
    action: { enum: ['replace', 'keep', 'drop', 'labeldrop', 'labelkeep', 'labelmap'] },
  }),
);
const endpoint = closed({
  ...{ port: text, path: text, scheme: text, interval: duration, scrapeTimeout: duration },
  ...{ honorLabels: { type: 'boolean' }, relabelings, metricRelabelings: relabelings },
});
const rule = closed(
  {
    ...{ record: text, alert: text, expr: { type: ['string', 'integer'] } },
    ...{ for: duration, keep_firing_for: duration, labels, annotations: labels },
  },
  ['expr'],
);

async function customSpec(kind: string): Promise<Schema | undefined> {
  const selector = await schemaOf('V1LabelSelector');
  const common = {
    jobLabel: text,
    selector,
    namespaceSelector: closed({ any: { type: 'boolean' }, matchNames: texts }),
  };
  const patch = closed({ type: { enum: ['StrategicMerge', 'Merge', 'JSONPatch'] }, value: {} }, ['value']);
  const specs: Readonly<Record<string, Schema>> = {
    PodMonitor: closed({ ...common, podMetricsEndpoints: listOf(endpoint) }, ['selector', 'podMetricsEndpoints']),
    ServiceMonitor: closed({ ...common, endpoints: listOf(endpoint) }, ['selector', 'endpoints']),
    PrometheusRule: closed({
      groups: listOf(closed({ name: text, interval: duration, rules: listOf(rule) }, ['name'])),
    }),
    NginxProxy: closed({ kubernetes: closed({ deployment: closed({ patches: listOf(patch) }) }) }),
  };
  return specs[kind];
}

/** Strict schema of a whole object; throws for a kind that is not known. */
export async function schemaOfKind(kind: string): Promise<Schema> {
  const spec = await customSpec(kind);
  if (spec === undefined) {
    const schema = await schemaOf(`V1${kind}`);
    return { ...schema, required: ['apiVersion', 'kind', 'metadata'] };
  }
  const head = { apiVersion: text, kind: text, metadata: await schemaOf('V1ObjectMeta') };
  return closed({ ...head, spec }, ['apiVersion', 'kind', 'metadata', 'spec']);
}

/** Nothing needs to be there in what is merged into something else. */
function asPatch(schema: Schema): Schema {
  if (schema.type === 'array') return { ...schema, items: asPatch(schema.items ?? {}) };
  const entries = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, asPatch(value)]);
  return { ...schema, required: [], ...(schema.properties && { properties: Object.fromEntries(entries) }) };
}

/** Unknown keys, wrong types and missing keys of an object, patches inside of it included. */
export async function wrongIn(manifest: Manifest): Promise<string[]> {
  const wrong = violations(await schemaOfKind(manifest.kind), manifest, `${manifest.kind}/${manifest.metadata?.name}`);
  if (manifest.kind !== 'NginxProxy') return wrong;
  const { spec } = manifest as unknown as NginxProxy;
  const deployment = asPatch(await schemaOf('V1Deployment'));
  return [
    ...wrong,
    ...spec.kubernetes.deployment.patches.flatMap(({ value }) => violations(deployment, value, 'NginxProxy patch')),
  ];
}
interface NginxProxy {
  readonly spec: { readonly kubernetes: { readonly deployment: { readonly patches: readonly { value: unknown }[] } } };
}

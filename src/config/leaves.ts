import { configJsonSchema } from './schema.ts';

export interface Leaf {
  /** `collectors.envoy.timeout` */
  readonly path: string;
  readonly description: string;
  readonly type: string;
  readonly default: unknown;
  /** `BADGATEWAY_COLLECTORS_ENVOY_TIMEOUT` */
  readonly variable: string;
}

interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
}

/** Every key of the configuration that is not a group, in order. */
export function configLeaves(): Leaf[] {
  return walk(configJsonSchema() as Node, []);
}

function walk(node: Node, path: readonly string[]): Leaf[] {
  if (node.properties) return Object.entries(node.properties).flatMap(([key, child]) => walk(child, [...path, key]));
  return [
    {
      path: path.join('.'),
      description: node.description ?? '',
      type: typeOf(node),
      default: node.default,
      variable: `BADGATEWAY_${path.join('_').toUpperCase()}`,
    },
  ];
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((one) => String(one)).join(' | ');
  if (node.anyOf) return node.anyOf.map(typeOf).join(' | ');
  return node.type ?? 'any';
}

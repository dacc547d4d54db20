import type * as z from 'zod';
import { configJsonSchema, configSchema } from './schema.ts';

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
      variable: variableOf(path.join('.')),
    },
  ];
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((one) => String(one)).join(' | ');
  if (node.anyOf) return node.anyOf.map(typeOf).join(' | ');
  return node.type ?? 'any';
}

/** The paths of all leaves, from the schema itself: every start needs them, and its JSON form leaves 1 MB behind. */
export function configPaths(schema = configSchema()): string[] {
  return pathsOf(schema, []);
}

/** `BADGATEWAY_COLLECTORS_ENVOY_TIMEOUT` */
export function variableOf(path: string): string {
  return `BADGATEWAY_${path.replaceAll('.', '_').toUpperCase()}`;
}

interface Definition {
  /** Of an object. */
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  /** Of a default. */
  readonly innerType?: z.ZodType;
  /** Of a transformation. */
  readonly in?: z.ZodType;
}

function pathsOf(schema: z.ZodType, path: readonly string[]): string[] {
  const { shape, innerType, in: input } = schema.def as Definition;
  if (shape) return Object.entries(shape).flatMap(([key, child]) => pathsOf(child, [...path, key]));
  const inner = innerType ?? input;
  return inner ? pathsOf(inner, path) : [path.join('.')];
}

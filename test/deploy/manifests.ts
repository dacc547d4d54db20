import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DEPLOY = join(ROOT, 'deploy');

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly resources?: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly tcpSocket?: { readonly port: string };
}
export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly hostPath?: { readonly path: string };
    readonly configMap?: { readonly name: string };
    readonly projected?: { readonly sources: readonly Readonly<Record<string, { readonly audience?: string }>>[] };
  }[];
}
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly RbacRule[];
  readonly roleRef?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
  readonly spec?: {
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
    readonly podMetricsEndpoints?: readonly {
      readonly port: string;
      readonly honorLabels: boolean;
      readonly relabelings?: readonly Readonly<Record<string, unknown>>[];
    }[];
    readonly ingress?: readonly { readonly ports: readonly { readonly port: string }[] }[];
    readonly groups?: readonly unknown[];
  };
}
export interface Kustomization {
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly patches?: readonly { readonly path: string }[];
}

export function readYaml<T>(path: string): T[] {
  return loadAll(readFileSync(path, 'utf8')) as T[];
}

/** Paths below deploy/ of all files with that ending; not the templates of the chart, which are no YAML before they are rendered. */
export function filesBelow(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.endsWith('/templates'))
    .map((entry) => relative(DEPLOY, join(entry.parentPath, entry.name)))
    .sort();
}

/** The objects that a kustomization applies by itself, generated ConfigMaps included, patches left out. */
export function manifestsOf(directory: string): Manifest[] {
  const [kustomization] = readYaml<Kustomization>(join(DEPLOY, directory, 'kustomization.yaml'));
  const listed = kustomization.resources.flatMap((path) =>
    path.endsWith('.yaml') ? readYaml<Manifest>(join(DEPLOY, directory, path)) : manifestsOf(join(directory, path)),
  );
  const generated = (kustomization.configMapGenerator ?? []).map(({ name, files }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: Object.fromEntries(files.map((file) => [file, readFileSync(join(DEPLOY, directory, file), 'utf8')])),
  }));
  return [...listed, ...generated];
}

import * as z from 'zod';
import { SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { durationMs, unitSchema } from '../contract/schema.ts';
import type { Paths } from '../contract/unit.ts';
import { type Base, formatBase, isLocal, parseBase } from '../sources/http-get.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import type { OwnPod } from './own-pod.ts';

/** Where an API answers. */
export interface ApiPlace {
  readonly base: Base;
  /** Without a slash at the end. */
  readonly path: string;
}

export interface ApiSchemaTexts {
  readonly interval: string;
  /** Default path of the API; null: the unit knows the only one, and none may be configured. */
  readonly path: string | null;
  readonly url: string;
  readonly targets: string;
  readonly discover: string;
}

const label = z.string().max(253).default('');

/** Configuration of a unit that asks gateways for their upstreams over HTTP. */
export function apiSchema(texts: ApiSchemaTexts) {
  const target = z.strictObject({
    url: z
      .string()
      .max(1024)
      .transform((url, context): ApiPlace => {
        const place = parsePlace(url, texts.path);
        if (typeof place !== 'string') return place;
        context.addIssue({ code: 'custom', message: place });
        return z.NEVER;
      })
      .describe(texts.url),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe('Value of the gateway label; default: workload of the pod, else `nginx`'),
    namespace: label.describe('Namespace of the pod that nginx runs in; default: POD_NAMESPACE of the environment'),
    pod: label.describe('Pod that nginx runs in; default: POD_NAME of the environment'),
    container: label.describe('Container that nginx runs in, if any'),
  });
  return unitSchema(
    { enabled: true, interval: texts.interval },
    {
      targets: z.array(target).max(64).default([]).describe(texts.targets),
      discover: z.boolean().default(true).describe(texts.discover),
      timeout: durationMs(50, 20_000).prefault('5s').describe('Longest wait for one answer'),
      allow_remote: z.boolean().default(false).describe('Allow targets that are not loopback or a unix socket'),
    },
  ).superRefine(({ targets, allow_remote }, context) => {
    const seen = new Set<string>();
    for (const [at, { url, ...subject }] of targets.entries()) {
      const complain = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['targets', at, key], message });
      if (!allow_remote && !isLocal(url.base))
        complain('url', 'is not loopback or a unix socket; set allow_remote: true');
      const identity = `subject ${SUBJECT_LABELS.map((name) => subject[name] ?? '').join('\n')}`;
      if (seen.has(identity)) complain('gateway', 'another target has the same gateway, namespace, pod and container');
      const place = `place ${formatPlace(url)}`;
      if (seen.has(place)) complain('url', 'another target has the same url');
      seen.add(identity).add(place);
    }
  });
}

export type ApiConfig = z.output<ReturnType<typeof apiSchema>>;
export type ApiTargetConfig = ApiConfig['targets'][number];

/** What is expected instead, as a string; never repeats the URL, which may hold a password. */
function parsePlace(url: string, defaultPath: string | null): ApiPlace | string {
  const form =
    defaultPath === null ? 'http://HOST:PORT or unix:/SOCKET' : 'http://HOST:PORT/PATH or unix:/SOCKET:/PATH';
  const [, address, path] = /^(unix:[^:]+|http:\/\/[^/?#]+):?((?:\/[\x21-\x7e]*)?)$/.exec(url) ?? [];
  const ownPath = path === undefined ? '' : path.replace(/\/+$/, '');
  try {
    if (address === undefined || /[?#]/.test(ownPath) || (defaultPath === null && ownPath !== ''))
      throw new Error(form);
    return { base: parseBase(address), path: ownPath || (defaultPath ?? '') };
  } catch {
    return `must be ${form}, without user and password`;
  }
}

export function formatPlace({ base, path }: ApiPlace): string {
  return formatBase(base) + (path !== '' && 'socketPath' in base ? ':' : '') + path;
}

/** As `nginx_config` names the gateway, so that both speak of the same. */
export function subjectOfTarget(target: ApiTargetConfig, own: OwnPod): Subject {
  const namespace = target.namespace || (target.pod === '' ? own.namespace : '');
  const pod = target.pod || own.pod;
  return { namespace, pod, container: target.container, gateway: target.gateway || gatewayOf(pod) };
}

/** Of a gateway that was found here: beside us in the same pod, unless we look at a whole host. */
export function subjectFoundHere(own: OwnPod, paths: Paths): Subject {
  const { namespace, pod } = paths.root === '' ? own : { namespace: '', pod: '' };
  return { namespace, pod, container: '', gateway: gatewayOf(pod) };
}

function gatewayOf(pod: string): string {
  return pod === '' ? 'nginx' : workloadOfPod(pod);
}

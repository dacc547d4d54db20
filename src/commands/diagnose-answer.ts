import * as z from 'zod';
import { ENDPOINT_STATES } from '../contract/endpoint.ts';
import type { IncidentsReport, StatusReport, UpstreamsReport } from '../http/views.ts';

// What the command reads of the answers of a badgateway; a newer one may say more. Names of sets that may grow are any text.

const text = z.string();
const subject = z.object({ namespace: text, pod: text, container: text, gateway: text });
const identity = z.object({ upstream: text, upstream_namespace: text, upstream_service: text, upstream_port: text });

const status = z.looseObject({
  startedAt: z.iso.datetime(),
  collectors: z.array(
    z.looseObject({
      name: text,
      state: text,
      detail: text,
      lastSuccessAt: z.iso.datetime().nullable(),
      targets: z.array(z.looseObject({ name: text, state: text, detail: text })),
    }),
  ),
  discovery: z.array(text),
});

const counts = z.looseObject(Object.fromEntries(ENDPOINT_STATES.map((state) => [state, z.number()])));
const upstreams = z.looseObject({
  at: z.iso.datetime(),
  counts,
  gateways: z.array(
    z.looseObject({
      ...{ proxy: text, source: text, readAt: z.iso.datetime(), subject, isOld: z.boolean() },
      upstreams: z.array(
        z.looseObject({
          name: text,
          service: z.object({ namespace: text, name: text, port: text }).nullable(),
          mapping: z.looseObject({ reason: text }),
          ...{ isStatic: z.boolean(), counts, driftSince: z.iso.datetime().nullable() },
          addresses: z.array(
            z.looseObject({
              ...{ address: text, state: text, why: text, place: text },
              owner: z.object({ pod: text, isCurrent: z.boolean() }).nullable(),
            }),
          ),
        }),
      ),
    }),
  ),
  cluster: z.array(z.looseObject({ resource: text, freshness: text, currentAt: z.iso.datetime().nullable() })),
  conditions: z.array(
    z.looseObject({ condition: text, subject, isActive: z.boolean(), since: z.iso.datetime(), evidence: text }),
  ),
  // An older one does not say.
  pods: z
    .array(
      z.looseObject({
        ...{ service: text, total: z.number().nullable(), isWhole: z.boolean(), at: z.iso.datetime() },
        notReady: z.array(z.looseObject({ pod: text, phase: text, text, isStuck: z.boolean() })),
      }),
    )
    .default([]),
});

const incidents = z.looseObject({
  total: z.number(),
  incidents: z.array(
    z.looseObject({
      ...{ id: text, isOpen: z.boolean(), startedMs: z.number(), lastMs: z.number(), gateway: text, namespace: text },
      ...{ cause: text.nullable(), affected: z.array(text), failures: z.number(), rate: z.number() },
      ...{ share: z.number().nullable(), samples: z.array(text), title: text, next: text },
      conditions: z.array(
        z.looseObject({ condition: text, isActive: z.boolean(), sinceMs: z.number(), evidence: text }),
      ),
      causes: z.array(
        z.looseObject({
          ...{ cause: text, count: z.number(), evidence: z.array(text) },
          upstreams: z.array(z.object({ upstream: identity, peer: text, count: z.number() })),
        }),
      ),
      timeline: z.array(z.looseObject({ atMs: z.number(), kind: text, text })),
    }),
  ),
});

/** Of /api/v1/status; null: it is not that. */
export function readStatus(body: string): StatusReport | null {
  return read(status, body) as StatusReport | null;
}

/** Of /api/v1/upstreams; null: it is not that. */
export function readUpstreams(body: string): UpstreamsReport | null {
  return read(upstreams, body) as UpstreamsReport | null;
}

/** Of /api/v1/incidents; null: it is not that. */
export function readIncidents(body: string): IncidentsReport | null {
  return read(incidents, body) as IncidentsReport | null;
}

function read(schema: z.ZodType, body: string): unknown {
  try {
    return schema.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}

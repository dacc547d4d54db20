import * as z from 'zod';

const time = z.iso.datetime().nullable();
const address = z.object({
  address: z.string(),
  state: z.string(),
  why: z.string(),
  since: time,
  place: z.string(),
  owner: z.object({ pod: z.string(), isCurrent: z.boolean() }).nullable(),
});
const upstream = z.object({
  name: z.string(),
  service: z.object({ namespace: z.string(), name: z.string(), port: z.string() }).nullable(),
  // An older one does not say.
  mapping: z.object({ nearest: z.array(z.string()).default([]) }).optional(),
  addresses: z.array(address),
});
const gateway = z.object({
  proxy: z.string(),
  subject: z.object({ gateway: z.string(), pod: z.string() }),
  isOld: z.boolean(),
  upstreams: z.array(upstream),
});

/** What the command reads of the answer of /api/v1/upstreams; a newer badgateway may say more. */
export const answerSchema = z.object({
  at: z.iso.datetime(),
  counts: z.object({
    live: z.number(),
    terminating: z.number(),
    not_ready: z.number(),
    stale: z.number(),
    foreign: z.number(),
    port_drift: z.number(),
    missing: z.number(),
    unknown: z.number(),
  }),
  notCompared: z.number(),
  truncated: z.number(),
  gateways: z.array(gateway),
  cluster: z.array(z.object({ resource: z.string(), freshness: z.string(), currentAt: time })),
});

export type UpstreamsAnswer = z.infer<typeof answerSchema>;

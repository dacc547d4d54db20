import * as z from 'zod';
import { FAILURE_DETAILS, FAILURE_SOURCES, type Observation } from '../contract/failure.ts';
import { SUBJECT_LABELS, UPSTREAM_LABELS } from '../contract/metrics.ts';
import { PROXIES, SYMPTOMS } from '../contract/names.ts';

const text = z.string().max(4096);
const moment = z.number().min(0);

const saved = z.object({
  proxy: z.enum(PROXIES),
  subject: z.record(z.enum(SUBJECT_LABELS), text),
  symptom: z.enum(SYMPTOMS),
  failure: z.boolean().default(true),
  peer: z.object({ scheme: text, address: text, port: z.number().int().min(0).max(65_535).nullable() }).nullable(),
  upstream: z.record(z.enum(UPSTREAM_LABELS), text),
  upstreamAlias: text.optional(),
  count: z.number().int().positive(),
  sinceMs: moment,
  atMs: moment,
  readMs: moment.optional(),
  source: z.enum(FAILURE_SOURCES).optional(),
  isLate: z.literal(true).optional(),
  said: text.optional(),
  isTimeout: z.literal(true).optional(),
  isOfService: z.literal(true).optional(),
  loggedAs: z.enum(SYMPTOMS).optional(),
  isAnswered: z.literal(true).optional(),
  ownStatus: z.number().int().min(400).max(599).optional(),
  isRefused: z.literal(true).optional(),
  isUntold: z.literal(true).optional(),
  detail: z.enum(FAILURE_DETAILS).optional(),
});

/** A failure as the checkpoint keeps it: without its log line and ids, which would be request data on a disk. */
export function savedFailure({ sample: _, requestIds: __, ...kept }: Observation): unknown {
  return kept;
}

/** The failures among what an earlier run saved, at most `most`; tolerates anything. */
export function restoredFailures(rows: unknown, most: number): Observation[] {
  if (!Array.isArray(rows)) return [];
  return rows.slice(0, most).flatMap((row) => {
    const { data } = saved.safeParse(row);
    if (data === undefined) return [];
    const { isLate, said, isTimeout, isUntold, readMs, source, upstreamAlias, ...other } = data;
    const { isAnswered, isRefused, ownStatus, isOfService, loggedAs, detail, ...kept } = other;
    const marks = { ...(isLate ? { isLate } : {}), ...(isTimeout ? { isTimeout } : {}), ...(said ? { said } : {}) };
    const refused = { ...(isAnswered ? { isAnswered } : {}), ...(isRefused ? { isRefused } : {}) };
    const own = { ...refused, ...(ownStatus === undefined ? {} : { ownStatus }) };
    const from = { ...(source === undefined ? {} : { source }), ...(isUntold ? { isUntold } : {}) };
    const read = { ...(readMs === undefined ? {} : { readMs }), ...(detail ? { detail } : {}), ...from };
    const ofEnvoy = { ...(isOfService ? { isOfService } : {}), ...(loggedAs ? { loggedAs } : {}) };
    return [{ ...kept, ...marks, ...own, ...read, ...ofEnvoy, ...(upstreamAlias ? { upstreamAlias } : {}) }];
  });
}

import { type AuditRule, unchecked } from '../rule.ts';

/** More entries than this on a bucket and each packet walks a list (Documentation/networking/nf_conntrack-sysctl.rst: max was 4 × buckets). */
const ENTRIES_PER_BUCKET = 4;
const SYSCTL = 'net.netfilter.nf_conntrack_buckets';

export const conntrackBucketsLow: AuditRule = {
  name: 'conntrack_buckets_low',
  severity: 'warning',
  summary: 'The table of tracked connections has too few buckets for its most entries',
  needsWhole: false,
  *check({ facts: { conntrackMax: max, conntrackBuckets: buckets } }) {
    if (!max.isKnown || !buckets.isKnown) {
      yield unchecked(max.isKnown ? (buckets as { why: string }).why : max.why);
      return;
    }
    if (buckets.value * ENTRIES_PER_BUCKET >= max.value) return;
    const needed = Math.ceil(max.value / ENTRIES_PER_BUCKET);
    yield {
      place: { sysctl: SYSCTL },
      message: `nf_conntrack_buckets is ${buckets.value} and nf_conntrack_max ${max.value}: up to ${Math.ceil(max.value / Math.max(1, buckets.value))} entries to a bucket, and every packet walks one`,
      fix: `sysctl ${SYSCTL}=${needed} on the node`,
    };
  },
};

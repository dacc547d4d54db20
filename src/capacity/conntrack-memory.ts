/**
 * Bytes of the kernel's memory that a tracked connection takes on 64 bits: 256 in the slab nf_conntrack, and 128 of extensions when nf_conntrack_acct or
 * nf_conntrack_timestamp is on. Linux 6.18; test/e2e/kernel.test.ts holds it against the machine's.
 */
export const CONNTRACK_ENTRY_BYTES = 256 + 128;
/** Of its hash table. */
export const CONNTRACK_BUCKET_BYTES = 8;

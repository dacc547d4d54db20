/** A token bucket: one token per `intervalMs`, at most `burst`; full at first. */
export class RateLimit {
  private readonly intervalMs: number;
  private readonly burst: number;
  private tokens: number;
  private filledAt: number;

  constructor(limit: { readonly intervalMs: number; readonly burst: number }, nowMs: number) {
    this.intervalMs = limit.intervalMs;
    this.burst = limit.burst;
    this.tokens = limit.burst;
    this.filledAt = nowMs;
  }

  allow(nowMs: number): boolean {
    if (this.intervalMs === 0) return true;
    const gained = Math.max(0, nowMs - this.filledAt) / this.intervalMs;
    this.tokens = Math.min(this.burst, this.tokens + gained);
    this.filledAt = nowMs;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

/**
 * Token buckets: how much each client may still ask. A bucket holds `quota` tokens, and fills again within `windowS`.
 *
 * Invariants (token-buckets.test.ts):
 * 1. Over any time t a client gets at most quota + t * quota / windowS.
 * 2. No more than 10,000 buckets are kept; the one that was not asked for longest is given up. It would be full, or
 *    nearly so: its client loses nothing by it.
 */
export interface Quota {
  /** In `RateLimit-Policy`: `reads`. */
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
}

export interface Taken {
  readonly ok: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until the bucket is full again; when nothing was left, until there is a token. Whole seconds. */
  readonly waitS: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const MAX_BUCKETS = 10_000;

export class TokenBuckets {
  readonly policy: Quota;
  readonly #buckets = new Map<string, Bucket>();
  readonly #perMs: number;

  constructor(policy: Quota) {
    this.policy = policy;
    this.#perMs = policy.quota / (policy.windowS * 1000);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** A clock that is set back gives nothing, and takes nothing. */
  take(client: string, nowMs: number): Taken {
    const bucket = this.#bucketOf(client, nowMs);
    bucket.tokens = Math.min(this.policy.quota, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * this.#perMs);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1)
      return { ok: false, remaining: 0, waitS: Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perMs / 1000)) };
    bucket.tokens -= 1;
    const waitS = Math.ceil((this.policy.quota - bucket.tokens) / this.#perMs / 1000);
    return { ok: true, remaining: Math.floor(bucket.tokens), waitS };
  }

  /** Kept in the order of use. */
  #bucketOf(client: string, nowMs: number): Bucket {
    const bucket = this.#buckets.get(client) ?? { tokens: this.policy.quota, atMs: nowMs };
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}

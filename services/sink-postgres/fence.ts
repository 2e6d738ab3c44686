/**
 * Who may write a bucket: the claims of this process, kept in weir_sink_positions.
 *
 *     claim     locks the row FOR UPDATE: it waits for every write under way, of whomever; then the number rises
 *     write     locks it FOR KEY SHARE, if the number is still its own (statements.ts)
 *     save      updates it, if the number is still its own; neither of these two waits for the other
 *
 * So when a claim has been made, no statement of a former claimant can be carried out any more: not when the process was
 * frozen, nor when its connection broke and the server works off what it had received.
 *
 * Invariants (fence.int.test.ts):
 * 1. After a failure that leaves a statement in doubt, the own number rises before the bucket is written again: what is in
 *    doubt is done or never will be.
 * 2. Another number than expected is ours when the claimant is: it rose because of a doubt.
 * 3. What began under one claim ends with it, also when the same process claims again.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../shared/postgres/database.ts';
import { createdMsOf, isSameStream } from '../../shared/sink/life.ts';
import { SinkFencedError, type SinkPosition } from '../../shared/sink/sink-target.ts';

export interface Claim {
  readonly life: number;
  readonly claimant: string;
  readonly number: string;
}

interface HeldClaim extends Claim {
  /** A statement may still be carried out under this number. */
  isInDoubt: boolean;
}

const ENSURE = `INSERT INTO weir_sink_positions (bucket, claim, claimant) VALUES ($1::text, 0, '') ON CONFLICT DO NOTHING`;
const RAISE = `WITH locked AS MATERIALIZED (SELECT bucket FROM weir_sink_positions WHERE bucket = $1::text FOR UPDATE)
UPDATE weir_sink_positions AS p SET claim = p.claim + 1, claimant = $2::text, claimed_at = now()
FROM locked WHERE p.bucket = locked.bucket`;
const TAKE = `${RAISE}
RETURNING p.claim::text, p.life::text, p.seq::text, (extract(epoch FROM p.saved_at) * 1000)::bigint::text AS saved_ms`;
const RENEW = `${RAISE} AND p.claimant = $2::text RETURNING p.claim::text`;
const SAVE = `UPDATE weir_sink_positions SET life = $3::bigint, seq = $4::bigint, saved_at = to_timestamp($5::bigint / 1000.0)
WHERE bucket = $1::text AND claimant = $2::text RETURNING claim`;

interface TakenRow {
  readonly claim: string;
  readonly life: string | null;
  readonly seq: string | null;
  readonly saved_ms: string | null;
}

export class Fence {
  readonly #database: Database;
  readonly #claims = new Map<string, HeldClaim>();
  readonly #renewals = new Map<string, Promise<Claim>>();

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(bucket: string, life: number): Promise<SinkPosition | undefined> {
    const claimant = randomUUID();
    await this.#database.run(ENSURE, [bucket]);
    const [row] = await this.#database.run<TakenRow & Record<string, unknown>>(TAKE, [bucket, claimant]);
    if (!row) throw new Error(`Cannot claim "${bucket}": its row in weir_sink_positions was deleted meanwhile`);
    const stored = row.life === null ? undefined : Number(row.life);
    const isLater = stored !== undefined && stored > life;
    if (isLater && !isSameStream(stored, life))
      throw new Error(
        `Cannot write bucket "${bucket}" (made ${time(life)}): the tables hold results of a newer one (made ${time(stored)}); give every mesh a database of its own, or empty this one`,
      );
    const going = isLater ? stored : life;
    this.#claims.set(bucket, { life: going, claimant, number: row.claim, isInDoubt: false });
    if (stored !== going) return undefined;
    return { life: going, seq: Number(row.seq), savedAtMs: Number(row.saved_ms) };
  }

  async save(bucket: string, { life, seq, savedAtMs }: SinkPosition): Promise<void> {
    const { claimant } = this.#held(bucket);
    const saved = await this.#database.run(SAVE, [bucket, claimant, String(life), String(seq), String(savedAtMs)]);
    if (saved.length === 0) throw fenced(bucket);
  }

  /** Buckets that were claimed, whoever holds them now. */
  get claimed(): readonly string[] {
    return [...this.#claims.keys()];
  }

  /** The bucket's, as it was claimed. */
  lifeOf(bucket: string): number {
    return this.#held(bucket).life;
  }

  /** Names the claim under which a write begins. */
  claimantOf(bucket: string): string {
    return this.#held(bucket).claimant;
  }

  /** To write with, if the claim is still the one under which the write began. */
  async current(bucket: string, claimant: string): Promise<Claim> {
    const held = this.#held(bucket);
    if (held.claimant !== claimant) throw fenced(bucket); // this process gave the bucket up and claimed it again
    return held.isInDoubt ? this.#renewOnce(bucket, held) : held;
  }

  /** A statement under the claim may be carried out, now or later. */
  doubt(bucket: string, claim: Claim): void {
    const held = this.#held(bucket);
    if (held.number === claim.number && held.claimant === claim.claimant) held.isInDoubt = true;
  }

  /** After a statement that found another number: throws when another process has the bucket. */
  async prove(bucket: string, claim: Claim): Promise<void> {
    const held = this.#held(bucket);
    if (held.number === claim.number && held.claimant === claim.claimant) await this.#renewOnce(bucket, held);
  }

  /** Several writes find the same doubt; one renewal is for all of them. */
  #renewOnce(bucket: string, held: HeldClaim): Promise<Claim> {
    let renewal = this.#renewals.get(bucket);
    if (!renewal) {
      renewal = this.#renew(bucket, held).finally(() => this.#renewals.delete(bucket));
      this.#renewals.set(bucket, renewal);
    }
    return renewal;
  }

  async #renew(bucket: string, held: HeldClaim): Promise<Claim> {
    const [row] = await this.#database.run<{ claim: string }>(RENEW, [bucket, held.claimant]);
    if (!row) throw fenced(bucket);
    const renewed = { ...held, number: row.claim, isInDoubt: false };
    if (this.#claims.get(bucket) === held) this.#claims.set(bucket, renewed);
    return renewed;
  }

  #held(bucket: string): HeldClaim {
    const held = this.#claims.get(bucket);
    if (!held) throw new Error(`Cannot write bucket "${bucket}": it was not claimed`);
    return held;
  }
}

function fenced(bucket: string): SinkFencedError {
  return new SinkFencedError(`Cannot write bucket "${bucket}": another process has claimed it`);
}

function time(life: number): string {
  return new Date(createdMsOf(life)).toISOString();
}

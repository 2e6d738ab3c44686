/**
 * The last stored commit of one stage partition, as key `applied` would describe it: position, watermark and its sources,
 * late events. Commits are taken in order; what a commit does not repeat (`src`) adds up. Does not store anything.
 */
import { BEFORE_ALL_TIME } from '../events/stage.ts';
import { type SourceState, SourceWatermarks } from '../event-time/watermark.ts';
import type { CommitHead } from './commit.ts';
import type { AppliedState } from '../store/applied-state.ts';

type Taken = Pick<CommitHead, 'pos' | 'wm' | 'late'>;

export class Committed {
  readonly #sources = new SourceWatermarks();
  #head: Taken = { pos: 0, wm: BEFORE_ALL_TIME, late: 0 };
  /** Sequence of the commit; 0: there is none. */
  seq = 0;

  take(seq: number, head: Taken & { readonly src?: readonly SourceState[] }): void {
    this.seq = seq;
    this.#head = head;
    this.#sources.apply(head.src ?? [], head.wm);
  }

  get position(): number {
    return this.#head.pos;
  }

  describe(): AppliedState {
    const { pos, wm, late } = this.#head;
    return { seq: this.seq, pos, wm, late, src: this.#sources.snapshot() };
  }
}

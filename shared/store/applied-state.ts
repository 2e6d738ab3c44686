import type { SourceState } from '../event-time/watermark.ts';

/** What KV key `applied` holds: where recovery starts to replay. */
export interface AppliedState {
  /** Sequence of the commit up to which KV is complete. */
  readonly seq: number;
  readonly pos: number;
  readonly wm: number;
  readonly late: number;
  readonly src: readonly SourceState[];
}

/** A commit frame, as far as it matters outside: its place in the log, whose it is, and the results in it. */
import { type CommitHead, parseCommitHead } from '../../shared/runtime/commit.ts';
import type { StoredMessage } from '../../shared/log/log.ts';
import { RESULTS_OF } from './results-of.ts';
import type { ResultMessage } from './result-message.ts';

export interface EgressFrame {
  readonly seq: number;
  readonly partition: string;
  /** Which commit of its partition it is. */
  readonly commit: CommitHead;
  readonly results: readonly ResultMessage[];
}

export function readFrame(service: string, { subject, seq, payload }: StoredMessage): EgressFrame {
  const partition = subject.slice(subject.lastIndexOf('.') + 1);
  const read = RESULTS_OF.get(service);
  if (!read) throw new Error(`Cannot send results of "${service}": it is not known what they are`);
  return { seq, partition, commit: parseCommitHead(payload), results: read(payload, partition) };
}

/** Whether a bucket is there, and whether it is the one it was. */
import { type Log, LogUnavailableError, type StreamState } from '../log/log.ts';
import { bucketStream } from '../log/names.ts';
import { pause } from './retry.ts';

/** Its stream was deleted, and maybe made anew. */
export class BucketGoneError extends Error {
  readonly code = 'bucket-gone';

  constructor(bucket: string) {
    super(
      `Cannot go on with bucket "${bucket}": it was deleted or made anew; it is read from its beginning as soon as it is there`,
    );
  }
}

const LOOK_MS = 1_000;

/** Waits until there is such a bucket; undefined: the signal has aborted. */
export async function findBucket(log: Log, bucket: string, signal: AbortSignal): Promise<StreamState | undefined> {
  while (!signal.aborted) {
    try {
      return await log.state(bucketStream(bucket));
    } catch (error) {
      if (!isNoStream(error) && !(error instanceof LogUnavailableError)) throw error;
    }
    await pause(LOOK_MS, signal);
  }
  return undefined;
}

export function isNoStream(error: unknown): boolean {
  return error instanceof Error && error.name === 'StreamNotFoundError';
}

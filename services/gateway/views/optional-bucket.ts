/** Reading a bucket that may not exist, because its service was never started on this mesh. */
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream } from '../../../shared/log/names.ts';

export type OptionalRead<T> = { readonly kind: 'read'; readonly value: T } | { readonly kind: 'no-bucket' };

/**
 * A failed read is `no-bucket` only when the server says so itself: a read by subject fails in the same way
 * when a bucket is missing and when its leader is away.
 */
export async function readIfThere<T>(log: Log, bucket: string, read: () => Promise<T>): Promise<OptionalRead<T>> {
  try {
    return { kind: 'read', value: await read() };
  } catch (error) {
    if (isNoStream(error) || (await isMissing(log, bucket))) return { kind: 'no-bucket' };
    throw error;
  }
}

export function isNoStream(error: unknown): boolean {
  return error instanceof Error && error.name === 'StreamNotFoundError';
}

async function isMissing(log: Log, bucket: string): Promise<boolean> {
  try {
    await log.state(bucketStream(bucket));
    return false;
  } catch (error) {
    return isNoStream(error);
  }
}

/**
 * A process that writes rising revisions over and over, as fast as it can, and says so: to be stopped anywhere.
 * It knows nothing of leases: nothing but the guard of the statements is between it and the items.
 */
import { SAMPLE_KINDS, type SampleKind } from '../../shared/sink/sample-values.ts';
import type { SinkEntry } from '../../shared/sink/sink-target.ts';
import { TestStore } from './_test-store.ts';

export const FROZEN_LIFE = Date.UTC(2024, 5, 1);
export const FROZEN_KEYS: readonly number[] = Array.from({ length: 20 }, (_, at) => at + 1);
export const FROZEN_KIND: SampleKind = rfmCustomers();

export function entryOf(id: number, revision: number, isDelete = false): SinkEntry {
  const value = isDelete ? undefined : FROZEN_KIND.value(id, revision);
  return { key: FROZEN_KIND.key(id), revision, storedAtMs: FROZEN_LIFE, value };
}

function rfmCustomers(): SampleKind {
  const found = SAMPLE_KINDS.find(({ bucket, name }) => bucket === 'rfm' && name === 'customer');
  if (!found) throw new Error('Cannot find the sample values of rfm');
  return found;
}

if (import.meta.main) {
  const [endpoint = '', prefix = ''] = process.argv.slice(2);
  await using store = new TestStore(endpoint, prefix);
  const target = store.open();
  await target.claim(FROZEN_KIND.bucket, FROZEN_LIFE);
  for (let revision = 1; ; revision++) {
    const entries = FROZEN_KEYS.map((id) => entryOf(id, revision));
    await target.write(FROZEN_KIND.bucket, entries, new AbortController().signal);
    process.stdout.write(`revision ${revision}\n`);
  }
}

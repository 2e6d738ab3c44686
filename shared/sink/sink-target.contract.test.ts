import { MemoryStore } from './_memory-target.ts';
import { SAMPLE_KINDS } from './sample-values.ts';
import { describeSinkTarget } from './sink-target.contract.ts';

const BUCKETS = [...new Set(SAMPLE_KINDS.map(({ bucket }) => bucket))];

describeSinkTarget('memory', async () => {
  const store = new MemoryStore();
  store.nowMs = Date.now();
  const open = () =>
    store.open(
      BUCKETS.map((bucket) => ({ bucket, keys: ['>'] })),
      { refuse: ({ value }) => (typeof value === 'object' ? undefined : 'Cannot take a text: expected an object') },
    );
  const target = open();
  return {
    target,
    another: async () => open(),
    read: async (bucket, key) => store.values(bucket).get(key),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
});

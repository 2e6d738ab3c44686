/** A sink as a process, on the store that its test serves: `_test-sink.ts <url> <bucket> <bucket> ...` */
import { RemoteTarget } from './_remote-store.ts';
import { runSink } from './run-sink.ts';

const [url = '', ...buckets] = process.argv.slice(2);

await runSink('memory', async ({ instance }) => {
  const sources = buckets.map((bucket) => ({ bucket, keys: ['*.customer.>'] }));
  return new RemoteTarget(url, instance, sources);
});

/**
 * kafkajs, when it is idle, asks for a timeout of some minus 1,700,000,000,000 ms, and the runtime says so on stderr.
 * Ends that one warning, and no other: of any other origin a negative timeout is a bug that must be seen.
 */
const WARNING = 'TimeoutNegativeWarning';
const KAFKAJS_QUEUE = /[\\/]kafkajs[\\/].*[\\/]requestQueue[\\/]/;

let isQuiet = false;

export function quietKafkaTimeouts(): void {
  if (isQuiet) return;
  isQuiet = true;
  process.emitWarning = new Proxy(process.emitWarning, {
    apply(emitWarning, self, given: unknown[]) {
      if (given[1] === WARNING && KAFKAJS_QUEUE.test(new Error().stack ?? '')) return;
      Reflect.apply(emitWarning, self, given);
    },
  });
}

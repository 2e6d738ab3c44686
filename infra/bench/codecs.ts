/**
 * Speed of the codecs that kafkajs is given, on a batch of Debezium orders of a million bytes, by the bytes that are
 * not compressed; CPU of all threads.
 *
 *   node infra/bench/codecs.ts [rounds]
 */
import { OrderSource } from '../../shared/demo/orders.ts';
import { CODECS } from '../../shared/kafka/codecs/register-codecs.ts';

const ROUNDS = Number(process.argv[2] ?? 50);
const REPEATS = 5;
const BATCH_BYTES = 1_000_000;

const batch = makeBatch();
console.log(`batch ${batch.length} bytes`);
for (const [name, codec] of Object.entries(CODECS)) {
  const packed = await codec.compress(batch);
  const write = await measure(() => codec.compress(batch));
  const read = await measure(() => codec.decompress(packed));
  const ratio = (batch.length / packed.length).toFixed(1);
  console.log(`${name.padEnd(7)} ratio ${ratio.padStart(5)}  decompress ${show(read)}  compress ${show(write)}`);
}

interface Speed {
  readonly elapsed: number;
  readonly cpu: number;
}

/** MB/s, of the best repeat. */
async function measure(run: () => Promise<Buffer>): Promise<Speed> {
  let best: Speed = { elapsed: 0, cpu: 0 };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const [cpuBefore, before] = [process.cpuUsage(), performance.now()];
    for (let round = 0; round < ROUNDS; round++) await run();
    const elapsedUs = (performance.now() - before) * 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const bytes = batch.length * ROUNDS;
    best = { elapsed: Math.max(best.elapsed, bytes / elapsedUs), cpu: Math.max(best.cpu, bytes / (user + system)) };
  }
  return best;
}

function show({ elapsed, cpu }: Speed): string {
  return `${elapsed.toFixed(0).padStart(5)} MB/s (${cpu.toFixed(0)} a CPU second)`;
}

function makeBatch(): Buffer {
  const source = new OrderSource(1, 1_000);
  const records: string[] = [];
  for (let bytes = 0, n = 0; bytes < BATCH_BYTES; n++) {
    const record = JSON.stringify(source.next(1_717_236_000_000 + n).envelope);
    records.push(record);
    bytes += record.length;
  }
  return Buffer.from(records.join(''));
}

/** NATS, DynamoDB Local, a proxy before it, buckets with a load: what a fault test breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MeshProcess } from '../../infra/faults/mesh-process.ts';
import { until } from '../../infra/faults/until.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { startTestDynamoDb, startTestNats, type TestDynamoDb } from '../../shared/testing/servers.ts';
import { BucketLoad } from './_bucket-load.ts';
import { FaultProxy } from './_fault-proxy.ts';
import { TestStore } from './_test-store.ts';

export interface FaultWorld extends AsyncDisposable {
  readonly server: TestDynamoDb;
  readonly proxy: FaultProxy;
  readonly store: TestStore;
  readonly load: BucketLoad;
  sink(instance?: string): MeshProcess;
  /** Resolves when the tables hold exactly what the buckets hold. */
  untilEqual(): Promise<void>;
}

const PATIENCE_MS = 120_000;
const ASK_EVERY_MS = 300;

export async function startFaultWorld(seed: number): Promise<FaultWorld> {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await startTestNats());
  const server = stack.use(await startTestDynamoDb());
  const proxy = stack.use(await FaultProxy.start(server.endpoint));
  const store = stack.use(new TestStore(server.endpoint));
  const log = stack.use(await connectLog({ servers: nats.url, name: 'load' }));
  const load = await BucketLoad.start(log, seed);
  const env = {
    NATS_URL: nats.url,
    DYNAMODB_ENDPOINT: proxy.endpoint,
    TABLE_PREFIX: store.settings.tablePrefix,
    WEIR_DYNAMODB_CREATE_TABLES: 'true',
  };
  const sinks: MeshProcess[] = [];
  return {
    server,
    proxy,
    store,
    load,
    sink(instance = 'sink') {
      const sink = stack.use(new MeshProcess('sink-dynamodb', instance, { ...env, WEIR_INSTANCE: instance }));
      sinks.push(sink);
      return sink;
    },
    async untilEqual() {
      let left: string[] = [];
      const said = () => sinks.map(({ lines }) => lines.slice(-20).join('\n')).join('\n\n');
      const what = () =>
        `the tables are equal to the buckets; ${left.length} differ: ${left.slice(0, 3).join('; ')}\n${said()}`;
      await until(
        what,
        async () => {
          await sleep(ASK_EVERY_MS); // asking reads whole tables
          left = await load.differences(store).catch((error: unknown) => [String(error)]);
          return left.length === 0;
        },
        PATIENCE_MS,
      );
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

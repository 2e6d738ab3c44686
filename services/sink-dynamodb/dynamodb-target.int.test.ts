/** The sink to DynamoDB on a real DynamoDB Local: the contract of sinks, and what is DynamoDB's own. */
import { describeSinkTarget } from '../../shared/sink/sink-target.contract.ts';
import { startTestDynamoDb } from '../../shared/testing/servers.ts';
import { TestStore } from './_test-store.ts';

describeSinkTarget('DynamoDB', async () => {
  const server = await startTestDynamoDb();
  const store = new TestStore(server.endpoint);
  return {
    target: store.open(),
    another: async () => store.open(),
    read: (bucket, key) => store.read(bucket, key),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});

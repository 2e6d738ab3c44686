import { defineConfig } from 'vitest/config';

const servers = {
  globalSetup: ['shared/testing/shared-servers.setup.ts'],
  fileParallelism: false,
  hookTimeout: 120_000,
  teardownTimeout: 60_000,
};

/** Asked for by `npm run test:cdc` only: it downloads Kafka Connect, and takes minutes. */
const cdc = {
  extends: true as const,
  test: { ...servers, name: 'cdc', include: ['**/*.cdc.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
};

/** unit: pure and fast. int: on real servers. fault: real servers that are killed. The last two never run side by side. */
export default defineConfig({
  test: {
    // kafkajs computes a negative timeout when it is idle.
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.int.test.ts', '**/*.fault.test.ts', '**/*.cdc.test.ts'],
          testTimeout: 60_000, // a guard against what hangs: property tests take seconds, several times as many on a busy machine
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...servers,
          name: 'int',
          include: ['**/*.int.test.ts'],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...servers,
          name: 'fault',
          include: ['**/*.fault.test.ts'],
          testTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
      ...(process.env.WEIR_TEST_CDC ? [cdc] : []),
    ],
  },
});

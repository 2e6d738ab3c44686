/** The machine lacks something an embedded server needs: one sentence that says what to install or set instead. */
export class MissingToolError extends Error {
  readonly code = 'missing-tool';
}

export const missing = {
  java: () =>
    new MissingToolError(
      'Java 17 or newer is needed to run the embedded Kafka: install a JDK (for example `apt-get install openjdk-17-jre-headless`) or set KAFKA_BOOTSTRAP_SERVERS to an existing broker.',
    ),
  oldJava: (found: string) =>
    new MissingToolError(
      `Java 17 or newer is needed to run the embedded Kafka, and \`java\` is version "${found}": install a newer JDK, point JAVA_HOME at one, or set KAFKA_BOOTSTRAP_SERVERS to an existing broker.`,
    ),
  maven: () =>
    new MissingToolError(
      'Maven is needed once, to download the embedded Kafka: install it (for example `apt-get install maven`) or set KAFKA_BOOTSTRAP_SERVERS to an existing broker.',
    ),
  go: () =>
    new MissingToolError(
      'Go is needed once, to build the embedded nats-server: install it (for example `apt-get install golang-go`), put `nats-server` 2.11 or newer on PATH, or set NATS_URL to an existing server.',
    ),
} as const;

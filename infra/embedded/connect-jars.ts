/** Kafka Connect's jars with Debezium's Postgres connector, from the cache or Maven. Starts nothing. */
import { findJars, type Jars } from './maven-jars.ts';
import { CHANGE_CAPTURE, missing } from './missing-tool.ts';
import type { Report } from './run-tool.ts';
import { CONNECT, DEBEZIUM, KAFKA } from './versions.ts';

export function findConnectJars(cache: string, report: Report, signal?: AbortSignal): Promise<Jars> {
  const set = {
    name: `connect-${KAFKA.version}-debezium-${DEBEZIUM.version}`,
    what: `Kafka Connect ${KAFKA.version} and Debezium ${DEBEZIUM.version}`,
    megabytes: 39,
    coordinates: [
      ...CONNECT.artifacts.map((artifact) => `${artifact}:${KAFKA.version}`),
      KAFKA.logBinding,
      `${DEBEZIUM.artifact}:${DEBEZIUM.version}`,
    ],
    missing: () => missing.maven(CHANGE_CAPTURE),
  };
  return findJars(set, cache, report, signal);
}

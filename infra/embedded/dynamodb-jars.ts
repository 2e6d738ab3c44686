/** DynamoDB Local's jars and the native SQLite it stands on, from the cache or Maven. Starts nothing. */
import { arch, platform } from 'node:os';
import { findJars, type Jars } from './maven-jars.ts';
import { DYNAMODB, MissingToolError, missing } from './missing-tool.ts';
import type { Report } from './run-tool.ts';
import { DYNAMODB_LOCAL } from './versions.ts';

export function findDynamoDbJars(cache: string, report: Report, signal?: AbortSignal): Promise<Jars> {
  const set = {
    name: `dynamodb-local-${DYNAMODB_LOCAL.version}`,
    what: `DynamoDB Local ${DYNAMODB_LOCAL.version}`,
    megabytes: 48,
    coordinates: coordinatesFor(platform(), arch()),
    missing: () => missing.maven(DYNAMODB),
  };
  return findJars(set, cache, report, signal);
}

/** Throws for platforms that nobody publishes the native SQLite for. */
export function coordinatesFor(system: string, machine: string): string[] {
  const local = `${DYNAMODB_LOCAL.artifact}:${DYNAMODB_LOCAL.version}`;
  if (machine === 'x64') return [local];
  if (machine === 'arm64' && system === 'darwin') return [local, DYNAMODB_LOCAL.appleSilicon];
  throw new MissingToolError(
    `DynamoDB Local does not run on "${system}-${machine}": start without --sink dynamodb, or set DYNAMODB_ENDPOINT to one elsewhere (for example a container's).`,
  );
}

/** Kafka's jars, from the cache or Maven, and the Java that runs them. Starts nothing. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../shared/config/environment.ts';
import { findJars, type Jars } from './maven-jars.ts';
import { missing, type NeededFor } from './missing-tool.ts';
import type { Report } from './run-tool.ts';
import { KAFKA } from './versions.ts';

export type KafkaJars = Jars;

export function findKafkaJars(cache: string, report: Report, signal?: AbortSignal): Promise<KafkaJars> {
  const set = {
    name: `kafka-${KAFKA.version}`,
    what: `Kafka ${KAFKA.version}`,
    megabytes: 43,
    coordinates: [`${KAFKA.artifact}:${KAFKA.version}`, KAFKA.logBinding],
    missing: () => missing.maven(),
  };
  return findJars(set, cache, report, signal);
}

/** The `java` to run, checked to be new enough. */
export async function findJava(env: Environment = process.env, neededFor?: NeededFor): Promise<string> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const said = await promisify(execFile)(java, ['-version']).catch(() => undefined);
  if (said === undefined) throw missing.java(neededFor);
  const version = javaVersion(`${said.stdout}${said.stderr}`);
  if (version === undefined || version.major < KAFKA.oldestJava)
    throw missing.oldJava(version?.text ?? 'unknown', neededFor);
  return java;
}

/** From `openjdk version "17.0.15"` or the old `java version "1.8.0_292"`. */
export function javaVersion(output: string): { major: number; text: string } | undefined {
  const match = /version "((?:1\.)?(\d+)[^"]*)"/.exec(output);
  return match?.[1] === undefined ? undefined : { major: Number(match[2]), text: match[1] };
}

/** Finds Kafka's jars in the cache, or has Maven copy them there, and the Java that runs them. Starts nothing. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withCacheLock } from './cache-lock.ts';
import { missing } from './missing-tool.ts';
import { type Report, runTool } from './run-tool.ts';
import type { Environment } from '../../shared/config/environment.ts';
import { KAFKA } from './versions.ts';

export interface KafkaJars {
  readonly folder: string;
  readonly source: 'cache' | 'maven';
}

export async function findKafkaJars(cache: string, report: Report, signal?: AbortSignal): Promise<KafkaJars> {
  const name = `kafka-${KAFKA.version}`;
  const folder = join(cache, name);
  const inCache = async (): Promise<KafkaJars | undefined> =>
    (await exists(folder)) ? { folder, source: 'cache' } : undefined;
  return (
    (await inCache()) ??
    withCacheLock(
      cache,
      name,
      () => report('waiting for another launcher that downloads Kafka ...'),
      async () => (await inCache()) ?? (await download(cache, folder, report, signal)),
    )
  );
}

async function download(cache: string, folder: string, report: Report, signal?: AbortSignal): Promise<KafkaJars> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'downloading-'));
  try {
    await writeFile(join(scratch, 'pom.xml'), pomOf([`${KAFKA.artifact}:${KAFKA.version}`, KAFKA.logBinding]));
    const jars = join(scratch, 'jars');
    const goal = `${KAFKA.copyPlugin}:copy-dependencies`;
    await runTool(
      'mvn',
      ['-B', '-q', '-f', join(scratch, 'pom.xml'), goal, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`],
      { doing: `downloading Kafka ${KAFKA.version} with Maven, 43 MB (once)`, report, signal, missing: missing.maven },
    );
    await rename(jars, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { folder, source: 'maven' };
}

export function pomOf(coordinates: readonly string[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group = '', artifact = '', version = ''] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>weir</groupId><artifactId>embedded</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`;
}

/** The `java` to run, checked to be new enough. */
export async function findJava(env: Environment = process.env): Promise<string> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const said = await promisify(execFile)(java, ['-version']).catch(() => undefined);
  if (said === undefined) throw missing.java();
  const version = javaVersion(`${said.stdout}${said.stderr}`);
  if (version === undefined || version.major < KAFKA.oldestJava) throw missing.oldJava(version?.text ?? 'unknown');
  return java;
}

/** From `openjdk version "17.0.15"` or the old `java version "1.8.0_292"`. */
export function javaVersion(output: string): { major: number; text: string } | undefined {
  const match = /version "((?:1\.)?(\d+)[^"]*)"/.exec(output);
  return match?.[1] === undefined ? undefined : { major: Number(match[2]), text: match[1] };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Finds a set of jars in the user's cache, or has Maven copy it there. It does not know what the jars are for. */
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withCacheLock } from './cache-lock.ts';
import { type Report, runTool } from './run-tool.ts';

export interface JarSet {
  /** Of the folder in the cache; it names every version inside. */
  readonly name: string;
  /** What the user is told of it, for example `Kafka 4.2.0`. */
  readonly what: string;
  readonly megabytes: number;
  /** `group:artifact:version`, and `:type` when it is no jar; what they depend on comes along. */
  readonly coordinates: readonly string[];
  readonly missing: () => Error;
}

export interface Jars {
  readonly folder: string;
  readonly source: 'cache' | 'maven';
}

const COPY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

export async function findJars(set: JarSet, cache: string, report: Report, signal?: AbortSignal): Promise<Jars> {
  const folder = join(cache, set.name);
  const inCache = async (): Promise<Jars | undefined> =>
    (await exists(folder)) ? { folder, source: 'cache' } : undefined;
  return (
    (await inCache()) ??
    withCacheLock(
      cache,
      set.name,
      () => report(`waiting for another launcher that downloads ${set.what} ...`),
      async () => (await inCache()) ?? (await download(set, cache, folder, report, signal)),
    )
  );
}

async function download(
  { what, megabytes, coordinates, missing }: JarSet,
  cache: string,
  folder: string,
  report: Report,
  signal?: AbortSignal,
): Promise<Jars> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'downloading-'));
  try {
    await writeFile(join(scratch, 'pom.xml'), pomOf(coordinates));
    const jars = join(scratch, 'jars');
    const goal = `${COPY_PLUGIN}:copy-dependencies`;
    await runTool(
      'mvn',
      ['-B', '-q', '-f', join(scratch, 'pom.xml'), goal, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`],
      { doing: `downloading ${what} with Maven, ${megabytes} MB (once)`, report, signal, missing },
    );
    await rename(jars, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { folder, source: 'maven' };
}

export function pomOf(coordinates: readonly string[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group = '', artifact = '', version = '', type = 'jar'] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><type>${type}</type></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>weir</groupId><artifactId>embedded</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

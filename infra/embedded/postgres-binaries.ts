/**
 * Finds the PostgreSQL binaries that npm installed for this machine, and makes them ready to run.
 * npm keeps neither symbolic links nor, when install scripts are off, lets the package restore them: we do.
 */
import { access, chmod, constants, lstat, readFile, symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { missing } from './missing-tool.ts';
import { POSTGRES } from './versions.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const root = packageRoot();
  await restoreLinks(root);
  const bin = join(root, 'native', 'bin');
  const binaries = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  for (const path of Object.values(binaries)) await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  return binaries;
}

function packageRoot(): string {
  const name = `${platform()}-${arch()}`;
  try {
    const entry = fileURLToPath(import.meta.resolve(`${POSTGRES.packageScope}/${name}`));
    return dirname(dirname(entry));
  } catch {
    throw missing.postgres(name);
  }
}

/** The list names every link and the file beside it that it stands for. */
async function restoreLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of Links.parse(JSON.parse(list))) {
    const link = join(root, target);
    const isThere = await lstat(link).catch(() => undefined);
    if (!isThere) await symlink(basename(source), link);
  }
}

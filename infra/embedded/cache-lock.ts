/**
 * One writer at a time in the user's cache, across processes. The lock is a folder with its owner inside.
 * 1. Whoever creates the folder holds the lock.
 * 2. A lock whose owner no longer runs is removed by the next one who wants it.
 * 3. Contents of the cache appear by rename only, so a reader needs no lock.
 */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, processIdentity } from './process-identity.ts';

const POLL_MS = 100;
/** A lock without an owner file this old was left between two calls of its creator. */
const ORPHAN_MS = 10_000;

export async function withCacheLock<T>(
  cache: string,
  name: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const lock = join(cache, `${name}.lock`);
  for (let waits = 0; !(await take(lock)); waits++) {
    if (waits === 0) onWait();
    if (await isAbandoned(lock)) await discard(lock);
    else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(lock, 'owner'), `${process.pid} ${processIdentity(process.pid) ?? ''}`);
  return true;
}

async function isAbandoned(lock: string): Promise<boolean> {
  const owner = await readFile(join(lock, 'owner'), 'utf8').catch(() => '');
  if (owner !== '') {
    const [pid = '', ...identity] = owner.split(' ');
    return !isSameProcess(Number(pid), identity.join(' '));
  }
  const made = await stat(lock).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > ORPHAN_MS;
}

/** Of two who find the lock abandoned one may discard the other's new lock: both then work, and invariant 3 holds. */
async function discard(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}.${Date.now()}`;
  await rename(lock, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

/**
 * The way in, on whatever Node the machine has (18 or newer): installs the dependencies when they are absent or not the
 * ones of package-lock.json, then hands over to the TypeScript entry on the pinned Node. Plain JavaScript, no imports but
 * Node's own: it runs before anything is installed.
 *
 * 1. What is installed is compared with the lock file entry by entry, so a tree somebody installed by hand is left alone.
 * 2. Two of it at once in one checkout install once.
 * 3. It is transparent: signals, standard streams and the exit code pass through; when it dies, the entry is told.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const WINDOWS = process.platform === 'win32';
const PINNED_NODE = join(ROOT, 'node_modules', 'node', 'bin', WINDOWS ? 'node.exe' : 'node');
const ENTRIES = {
  start: 'infra/launcher/main.ts',
  mesh: 'infra/launcher/mesh.ts',
  reset: 'infra/launcher/reset.ts',
  test: 'infra/launcher/test.ts',
  bench: 'infra/bench/main.ts',
  bridge: 'bridge/cli/main.ts',
  gateway: 'services/gateway/cli.ts',
};

const [command = '', ...args] = process.argv.slice(2);
if (command !== 'install' && !Object.hasOwn(ENTRIES, command)) {
  fail(`Cannot run "${command}": expected one of install, ${Object.keys(ENTRIES).join(', ')}`);
}
await install().catch((error) => fail(error.message));
if (command !== 'install') run(ENTRIES[command]);

async function install() {
  if (isInstalled()) return;
  const unlock = await lock();
  try {
    if (!isInstalled()) npm(['ci'], 'installing dependencies (first run, about a minute) ...');
    // npm that was told to ignore install scripts leaves the pinned Node out.
    if (!existsSync(PINNED_NODE)) {
      const doing = 'npm left the pinned Node out (install scripts are off): installing it ...';
      npm(['rebuild', 'node', 'bun', 'deno', '--ignore-scripts=false'], doing);
    }
    if (!existsSync(PINNED_NODE))
      throw new Error('Cannot find the pinned Node after installing: run `npm ci --ignore-scripts=false`');
  } finally {
    unlock();
  }
}

/** npm writes node_modules/.package-lock.json last, so an interrupted installation does not count. */
function isInstalled() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))?.packages ?? {};
  const found = readJson(join(ROOT, 'node_modules', '.package-lock.json'))?.packages;
  if (found === undefined || !existsSync(PINNED_NODE)) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    return found[path] === undefined ? entry.optional === true || entry.peer === true : same(found[path], entry);
  });
}

function same(found, wanted) {
  const comparable = found.integrity !== undefined && wanted.integrity !== undefined;
  return found.version === wanted.version && (!comparable || found.integrity === wanted.integrity);
}

function npm(npmArgs, doing) {
  console.error(`weir: ${doing}`);
  // Without our own node_modules/.bin: npm must not run on the Node it is about to replace.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(ROOT, 'node_modules')));
  const { status, error } = spawnSync('npm', [...npmArgs, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path.join(delimiter), npm_config_progress: 'true' },
    shell: WINDOWS,
  });
  if (error) throw new Error(`Cannot run npm (${error.message}): install Node with npm, or put npm on PATH`);
  if (status !== 0)
    throw new Error(`Cannot install the dependencies: \`npm ${npmArgs.join(' ')}\` ended with "${status}"`);
}

/** A folder outside the tree, one a checkout; left by a process that runs no more, it is taken over. */
async function lock() {
  const folder = join(tmpdir(), `weir-install-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`);
  for (let waits = 0; ; waits++) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'pid'), String(process.pid));
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (waits === 0) console.error('weir: waiting for another installation in this checkout ...');
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (waits > 1 && !isRunning(join(folder, 'pid'))) rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pidFile) {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')) || -1, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function run(entry) {
  if (!existsSync(join(ROOT, entry))) fail(`Cannot run "${command}": this checkout has no "${entry}"`);
  const child = spawn(PINNED_NODE, ['--disable-warning=TimeoutNegativeWarning', join(ROOT, entry), ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // A group of its own: a Ctrl-C at the terminal reaches it once, through us.
    detached: !WINDOWS && command === 'start',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  followParent(child);
  child.once('error', (error) => fail(`Cannot start "${PINNED_NODE}": ${error.message}`));
  child.once('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

/** When npm is killed, its child lives on; nobody could stop the mesh then, so it stops. */
function followParent(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 1_000).unref();
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(`weir: ${message}`);
  process.exit(1);
}

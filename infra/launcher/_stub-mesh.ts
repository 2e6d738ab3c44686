/** For launcher.int.test.ts: a checkout of stub workers, and the real launcher run on it as its own process. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './checkout.ts';
import { type LauncherState, readState } from './state-file.ts';

/** Ready at once, ends at SIGTERM unless STUBBORN is set, says which signal it got. */
const STUB = `
import { createServer } from 'node:http';
const { WEIR_HTTP_PORT, WEIR_INSTANCE, NATS_URL, STUBBORN, DATABASE_URL, PG_PORT, PGPASSFILE, DYNAMODB_ENDPOINT, AWS_ACCESS_KEY_ID } =
  process.env;
const server = createServer((_, response) => response.end('{"reasons":[]}'));
server.listen(Number(WEIR_HTTP_PORT), '127.0.0.1', () => {
  console.log('stub', WEIR_INSTANCE, NATS_URL);
  console.log('stores', WEIR_INSTANCE, JSON.stringify({ DATABASE_URL, PG_PORT, PGPASSFILE, DYNAMODB_ENDPOINT, AWS_ACCESS_KEY_ID }));
});
process.on('SIGTERM', () => {
  console.log('got SIGTERM');
  if (!STUBBORN) process.exit(0);
});
process.on('SIGINT', () => console.log('got SIGINT'));
`;

export interface StubCheckout extends AsyncDisposable {
  readonly root: string;
  readonly dataDir: string;
}

export async function stubCheckout(): Promise<StubCheckout> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-launcher-'));
  await chmod(folder, 0o755); // PostgreSQL may run as another user
  const root = join(folder, 'checkout');
  for (const name of ['bridge', 'services/alpha', 'services/gateway', 'services/sink-x'])
    await addStub(root, join(name, 'main.ts'));
  return {
    root,
    dataDir: join(folder, 'data'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function addStub(root: string, entry: string): Promise<void> {
  await mkdir(dirname(join(root, entry)), { recursive: true });
  await writeFile(join(root, entry), STUB);
}

export class Command {
  readonly #child;
  readonly ended: Promise<number | null>;
  output = '';
  readonly #waiting = new Set<() => void>();

  /** `name` is a command of bootstrap.mjs. */
  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const { npm_lifecycle_event: _, NO_COLOR: __, ...inherited } = process.env;
    this.#child = spawn(process.execPath, [join(ROOT, 'infra/launcher/bootstrap.mjs'), name, ...args], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const check of this.#waiting) check();
      });
    this.ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when the output has the text, after `from`; rejects when the command ends without it. */
  until(text: string, from = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!this.output.includes(text, from)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
      void this.ended.then(() => reject(new Error(`Cannot find "${text}" in:\n${this.output}`)));
    });
  }
}

export function stateOf(dataDir: string): LauncherState {
  const state = readState(dataDir);
  if (!state) throw new Error(`Cannot read the launcher's state in "${dataDir}"`);
  return state;
}

/** A worker's life needs real processes and signals: these tests start small ones. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('./process.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}

/** Runs `body` as a worker's main; sends each signal when a line with its word has been printed. */
async function run(body: string, signals: Readonly<Record<string, NodeJS.Signals>> = {}): Promise<Ended> {
  const source = `import { runMain } from ${JSON.stringify(MODULE)}; await runMain('w', async (stop) => { ${body} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', source]);
  let out = '';
  const sent = new Set<string>();
  const take = (chunk: Buffer) => {
    out += chunk.toString();
    for (const [word, signal] of Object.entries(signals))
      if (out.includes(word) && !sent.has(word)) {
        sent.add(word);
        child.kill(signal);
      }
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, out };
}

const UNTIL_STOPPED = `console.log('started'); const t = setInterval(() => {}, 1000);
  await new Promise((done) => stop.addEventListener('abort', done)); clearInterval(t);`;

describe('runMain', () => {
  it('drains after the first signal and exits with 0 (invariant 1)', async () => {
    const ended = await run(`${UNTIL_STOPPED} console.log('drained');`, { started: 'SIGTERM' });
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.out).toContain('Stopping after SIGTERM');
    expect(ended.out).toContain('drained');
  });

  it('ends at once on a second signal (invariant 1)', async () => {
    const stuck = `${UNTIL_STOPPED} console.log('stuck'); await new Promise(() => setInterval(() => {}, 1000));`;
    const ended = await run(stuck, { started: 'SIGINT', stuck: 'SIGINT' });
    expect(ended.signal).toBe('SIGINT');
  });

  it('logs a crash with its causes and exits with 1 (invariant 2)', async () => {
    const ended = await run(`throw new Error('Cannot run nats://me:pw@h', { cause: new Error('refused') });`);
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/ERROR w: Crashed: Cannot run nats:\/\/\[redacted\]@h, because: refused/);
    expect(ended.out).not.toContain('me:pw');
  });

  it('takes a rejection nobody handles as a crash (invariant 2)', async () => {
    const ended = await run(`void Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 60_000));`);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('Crashed: lost');
  });

  it('is not kept alive by a forgotten handle (invariant 3)', async () => {
    expect((await run(`setInterval(() => {}, 1000);`)).code).toBe(0);
  });
});

/** The gateway as it is run: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface GatewayProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Starts main.ts and resolves with the URL that its first line names; the environment adds to this process's own. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const own = { WEIR_GATEWAY_PORT: '0', WEIR_HTTP_PORT: '0', WEIR_INSTANCE: 'gateway-1' };
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...own, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  };
  let out = '';
  for await (const chunk of child.stdout) {
    out += String(chunk);
    const url = /Listening url=(\S+)/.exec(out)?.[1];
    if (url) return { process: child, url, [Symbol.asyncDispose]: stop };
  }
  throw new Error(`The gateway did not say where it listens: ${out}`);
}

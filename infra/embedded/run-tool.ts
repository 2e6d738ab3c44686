/** Runs a build tool to its end, reporting that it is alive while it works; its output is shown only when it fails. */
import { spawn } from 'node:child_process';

export type Report = (line: string) => void;

export interface ToolOptions {
  /** What the user is told while it runs, for example `building nats-server 2.15.2`. */
  readonly doing: string;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly missing: () => Error;
}

const REPORT_MS = 5_000;
const KEPT_OUTPUT = 4_000;

export function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      killSignal: 'SIGTERM',
      ...(options.signal && { signal: options.signal }),
    });
    options.report(`${options.doing} ...`);
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
    const ticker = setInterval(() => options.report(`${options.doing} ... ${elapsed()}`), REPORT_MS);
    child.once('error', (error) => {
      clearInterval(ticker);
      reject('code' in error && error.code === 'ENOENT' ? options.missing() : error);
    });
    child.once('close', (code) => {
      clearInterval(ticker);
      if (code === 0) {
        options.report(`${options.doing}: done in ${elapsed()}`);
        resolve();
      } else reject(new Error(`Cannot finish ${options.doing}: \`${command}\` ended with "${code}"\n${output.trim()}`));
    });
  });
}

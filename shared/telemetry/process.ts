/**
 * The life of a worker process: from its start to a signal or a crash, and the exit code.
 * It owns the signal handlers and the exit code. It does not own what is opened: `main` disposes of that itself.
 *
 * Invariants (process.test.ts):
 * 1. The first SIGINT or SIGTERM asks `main` to drain; a second one ends the process at once.
 * 2. A crash is logged with its causes and the exit code is 1; after a drain it is 0.
 * 3. A handle that someone forgot cannot keep a finished process alive for more than 2 s.
 */
import { createLogger, describeError, type Logger } from './logger.ts';
import { redactUrls } from './redact.ts';

const LINGER_MS = 2_000;

/** Resolves with the name of the first SIGINT or SIGTERM. A second one then has its default effect: the end. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve(signal);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

/** Resolves when the signal aborts; at once when it has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What is waited for; undefined when the signal aborts before it is there. */
export function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return Promise.race([waited, untilAborted(signal).then(() => undefined)]);
}

/** Runs a worker's `main` until it returns. `stop` aborts at the first signal: `main` then drains and returns. */
export async function runMain(component: string, main: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const log = createLogger(component);
  const stop = new AbortController();
  void untilStopped().then((signal) => {
    log.info(`Stopping after ${signal}`);
    stop.abort(new Error(`Stopped by ${signal}`));
  });
  const crash = (error: unknown) => {
    logCrash(log, error);
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    await main(stop.signal);
    process.exitCode = 0;
  } catch (error) {
    logCrash(log, error);
    process.exitCode = 1;
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** An error with a code is one we know: its words say what to do. Any other is a bug: its stack is needed. */
function logCrash(log: Logger, error: unknown): void {
  log.error(`Crashed: ${describeError(error)}`);
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (!known && error instanceof Error && error.stack) process.stderr.write(`${redactUrls(error.stack)}\n`);
}

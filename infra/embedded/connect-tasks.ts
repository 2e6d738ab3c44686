/** Asks an embedded Kafka Connect how its connector is, and has it start again what failed. Owns no process. */
import { z } from 'zod';
import { CONNECTOR } from './connect-config.ts';

const Part = z.object({ state: z.string(), trace: z.string().optional() });
const Status = z.object({ connector: Part, tasks: z.array(Part) });

export type CaptureState =
  /** REST does not answer yet, or the connector has no task yet. */
  { readonly kind: 'starting' } | { readonly kind: 'running' } | { readonly kind: 'failed'; readonly reason: string };

const TIMEOUT_MS = 5_000;

export async function captureState(restUrl: string): Promise<CaptureState> {
  const status = await askStatus(restUrl);
  if (!status) return { kind: 'starting' };
  const parts = [status.connector, ...status.tasks];
  const failed = parts.find(({ state }) => state === 'FAILED');
  if (failed) return { kind: 'failed', reason: reasonOf(failed.trace ?? '') };
  const isRunning = status.tasks.length > 0 && parts.every(({ state }) => state === 'RUNNING');
  return { kind: isRunning ? 'running' : 'starting' };
}

export async function restartFailed(restUrl: string): Promise<void> {
  const url = `${restUrl}/connectors/${CONNECTOR}/restart?includeTasks=true&onlyFailed=true`;
  await fetch(url, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}

async function askStatus(restUrl: string): Promise<z.infer<typeof Status> | undefined> {
  try {
    const url = `${restUrl}/connectors/${CONNECTOR}/status`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return Status.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}

/** The last cause of a Java stack trace, which says what happened; the first lines only say where it was noticed. */
export function reasonOf(trace: string): string {
  const causes = trace.split('\n').filter((line, at) => at === 0 || line.startsWith('Caused by: '));
  return (causes.at(-1) ?? '').replace(/^Caused by: /, '').trim();
}

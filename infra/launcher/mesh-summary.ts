/** The parts of the gateway's /api/v1/status that the status table shows. */
import { z } from 'zod';
import type { Environment } from '../../shared/config/environment.ts';
import { readSecret, secretSetting } from '../../shared/config/secret.ts';

const Status = z.object({
  alarms: z.array(z.string()),
  lag_records: z.number(),
  lag_seconds: z.number(),
  workers: z.array(z.object({ instance: z.string(), partitions: z.number(), rss_bytes: z.number() })),
  services: z.array(
    z.object({
      service: z.string(),
      watermark: z.string().optional(),
      lag_frames: z.number(),
      lag_seconds: z.number(),
      events: z.number(),
      late: z.number(),
    }),
  ),
  sinks: z
    .array(
      z.object({
        sink: z.string(),
        bucket: z.string(),
        state: z.string(),
        written: z.number(),
        deleted: z.number(),
        refused: z.number(),
        retries: z.number(),
        lag_entries: z.number(),
        lag_seconds: z.number(),
      }),
    )
    .default([]),
});

export interface MeshSummary {
  readonly alarms: readonly string[];
  readonly lagRecords: number;
  readonly lagSeconds: number;
  readonly workers: ReadonlyMap<string, { readonly partitions: number; readonly rssBytes: number }>;
  readonly services: readonly ServiceSummary[];
  readonly sinks: readonly SinkSummary[];
}

/** One bucket on its way to one store. */
export interface SinkSummary {
  readonly sink: string;
  readonly bucket: string;
  readonly state: string;
  readonly written: number;
  readonly deleted: number;
  readonly refused: number;
  readonly retries: number;
  readonly lagEntries: number;
  readonly lagSeconds: number;
}

export interface ServiceSummary {
  readonly name: string;
  readonly watermark?: string;
  readonly lagFrames: number;
  readonly lagSeconds: number;
  readonly events: number;
  readonly late: number;
}

/** Why there is none: the gateway wants a key that we have not. */
export const REFUSED = 'refused';

/** undefined when the gateway does not answer. `env`: its key is WEIR_API_KEY, or in the file that WEIR_API_KEY_FILE names. */
export async function fetchMeshSummary(
  gatewayUrl: string,
  env: Environment,
): Promise<MeshSummary | typeof REFUSED | undefined> {
  const key = secretSetting(env, 'WEIR_API_KEY');
  const headers: Record<string, string> = key ? { 'X-API-Key': await readSecret(key) } : {};
  try {
    const response = await fetch(`${gatewayUrl}/api/v1/status`, { headers, signal: AbortSignal.timeout(3_000) });
    if (response.status === 401 || response.status === 403) return REFUSED;
    return response.ok ? readMeshSummary(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

export function readMeshSummary(body: unknown): MeshSummary | undefined {
  const parsed = Status.safeParse(body);
  if (!parsed.success) return undefined;
  const { alarms, lag_records, lag_seconds, workers, services, sinks } = parsed.data;
  return {
    alarms,
    lagRecords: lag_records,
    lagSeconds: lag_seconds,
    workers: new Map(
      workers.map((worker) => [worker.instance, { partitions: worker.partitions, rssBytes: worker.rss_bytes }]),
    ),
    services: services.map((service) => ({
      name: service.service,
      ...(service.watermark === undefined ? {} : { watermark: service.watermark }),
      lagFrames: service.lag_frames,
      lagSeconds: service.lag_seconds,
      events: service.events,
      late: service.late,
    })),
    sinks: sinks.map(({ lag_entries: lagEntries, lag_seconds: lagSeconds, ...sink }) => ({
      ...sink,
      lagEntries,
      lagSeconds,
    })),
  };
}

/** One download of a piece of content, finished or failed (topic `content-downloads`). */
import type { MeshEvent } from './event.ts';

export const DOWNLOAD_STATUSES = ['SUCCESS', 'FAILED'] as const;
export type DownloadStatus = (typeof DOWNLOAD_STATUSES)[number];

/** `t`: when it ended. `k`: the content's id. Texts that a record does not have are empty. */
export interface DownloadEvent extends MeshEvent {
  readonly id: string;
  readonly user: string;
  readonly region: string;
  readonly device: string;
  readonly os: string;
  readonly osVersion: string;
  readonly status: DownloadStatus;
  readonly bytes: number;
  /** Absent where nothing was measured, so that averages leave it out, as SQL's do. */
  readonly seconds?: number;
  readonly mbps?: number;
}

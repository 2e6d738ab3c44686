/**
 * Believable downloads (topic `content-downloads`). Pure: a seed and the times it is asked at decide everything.
 *
 * Few contents are loaded by many; speed follows region and device; one region and system fails far more often than
 * the others, so that somebody has something to find. They arrive out of order by up to 3 s. Incidents are
 * download-incidents.ts's.
 */
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { DownloadIncidents } from './download-incidents.ts';
import { mulberry32, pickEvenly } from './random.ts';

export const DOWNLOADS_TOPIC = 'content-downloads';

/** A value of infra/schemas/content-downloads.avsc. */
export interface Download {
  readonly event_id: string;
  readonly content_id: string;
  readonly user_id: string | null;
  readonly region: string;
  readonly device_type: string;
  readonly os: string | null;
  readonly os_version: string | null;
  readonly status: 'SUCCESS' | 'FAILED';
  readonly bytes: number;
  readonly duration_seconds: number | null;
  readonly speed_mbps: number | null;
  /** ms. */
  readonly timestamp: number;
}

interface Device {
  readonly type: string;
  readonly os: string | null;
  readonly versions: readonly string[];
}

const CONTENTS = 60;
const USERS = 2_000;
const MAX_DISORDER_MS = 3_000;
/** Typical speed, Mbit/s. */
const REGIONS: readonly (readonly [string, number])[] = [
  ['eu-west', 90],
  ['eu-north', 120],
  ['us-east', 80],
  ['us-west', 85],
  ['ap-south', 35],
  ['sa-east', 30],
];
const DEVICES: readonly Device[] = [
  { type: 'mobile', os: 'android', versions: ['13', '14', '15'] },
  { type: 'mobile', os: 'ios', versions: ['17.6', '18.1'] },
  { type: 'tablet', os: 'ios', versions: ['17.6', '18.1'] },
  { type: 'desktop', os: 'windows', versions: ['10', '11'] },
  { type: 'desktop', os: 'macos', versions: ['14', '15'] },
  { type: 'tv', os: null, versions: [] }, // says nothing of its system
];
const FAILING = { region: 'ap-south', os: 'android' };

export interface DownloadSourceOptions {
  /** Regions in trouble now and then. */
  readonly incidents?: boolean;
  /** By how much downloads are behind the time they are asked at, ms. */
  readonly disorderMs?: number;
}

export class DownloadSource {
  readonly #random: () => number;
  readonly #disorderMs: number;
  readonly #incidents: DownloadIncidents | undefined;
  #nextId: number;

  constructor(
    seed: number,
    firstId: number,
    { incidents = false, disorderMs = MAX_DISORDER_MS }: DownloadSourceOptions = {},
  ) {
    this.#random = mulberry32(seed);
    this.#nextId = firstId;
    this.#disorderMs = disorderMs;
    this.#incidents = incidents ? new DownloadIncidents(REGIONS.map(([region]) => region)) : undefined;
  }

  /** The next download, arriving at this time (ms). */
  next(nowMs: number): Download {
    const [region, typicalMbps] = this.#pick(REGIONS);
    const device = this.#pick(DEVICES);
    const content = Math.floor(this.#random() ** 2 * CONTENTS);
    const size = 20_000_000 + content * 7_500_000;
    const usually = this.#random() < (region === FAILING.region && device.os === FAILING.os ? 0.25 : 0.03);
    const timestamp = nowMs - Math.floor(this.#random() * this.#disorderMs);
    const incident = this.#incidents?.of(region, timestamp);
    const failed = incident?.failed ?? usually;
    const bytes = failed ? Math.floor(size * this.#random() ** 2 * 0.9) : size;
    return {
      event_id: `dl-${this.#nextId++}`,
      content_id: `c-${content + 1}`,
      user_id: this.#random() < 0.1 ? null : `u-${1 + Math.floor(this.#random() ** 2 * USERS)}`,
      region,
      device_type: device.type,
      os: device.os,
      os_version: device.versions.length === 0 ? null : this.#pick(device.versions),
      status: failed ? 'FAILED' : 'SUCCESS',
      bytes,
      ...this.#measured(bytes, incident?.mbps ?? typicalMbps),
      timestamp,
    };
  }

  /** Nothing can be measured of nothing. */
  #measured(bytes: number, typicalMbps: number): Pick<Download, 'duration_seconds' | 'speed_mbps'> {
    const mbps = Math.round(typicalMbps * (0.4 + 1.2 * this.#random()) * 100) / 100;
    if (bytes === 0) return { duration_seconds: null, speed_mbps: null };
    return { duration_seconds: Math.round((bytes * 8) / mbps / 1_000) / 1_000, speed_mbps: mbps };
  }

  #pick<T>(choices: readonly T[]): T {
    return pickEvenly(choices, this.#random());
  }
}

/** Downloads as records of their topic. */
export function downloadRecords(source: DownloadSource, topic = DOWNLOADS_TOPIC): DemoSource {
  return {
    topics: [topic],
    next(nowMs): DemoRecord {
      const download = source.next(nowMs);
      return { topic, key: download.content_id, value: { ...download } };
    },
  };
}

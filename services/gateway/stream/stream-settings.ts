/** The settings of live streams, as the environment has them. */
import { type Environment, numberSetting } from '../../../shared/config/environment.ts';

export interface StreamSettings {
  /** Streams at once. */
  readonly clients: number;
  readonly heartbeatMs: number;
  /** How far a client may fall behind before it is cut off. */
  readonly lagBytes: number;
  /** How long it may take nothing at all. */
  readonly stallMs: number;
  /** Events held for all clients, of each source. */
  readonly ringBytes: number;
  readonly reconnectMs: number;
  /** How long a source is read after its last client has gone. */
  readonly lingerMs: number;
  readonly retryMs: number;
  readonly lifeCheckMs: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_STREAM_SETTINGS: StreamSettings = {
  clients: 1_000,
  heartbeatMs: 15_000,
  lagBytes: MEBIBYTE,
  stallMs: 60_000,
  ringBytes: 4 * MEBIBYTE,
  reconnectMs: 2_000,
  lingerMs: 30_000,
  retryMs: 1_000,
  lifeCheckMs: 10_000,
};

/** Throws SettingError. */
export function readStreamSettings(env: Environment): StreamSettings {
  const usual = DEFAULT_STREAM_SETTINGS;
  const whole = (name: string, fallback: number, least: number, most: number) =>
    numberSetting(env, name, fallback, { least, most, whole: true });
  const lagBytes = whole('WEIR_STREAM_LAG_BYTES', usual.lagBytes, 64 * 1024, 256 * MEBIBYTE);
  return {
    ...usual,
    clients: whole('WEIR_STREAM_CLIENTS', usual.clients, 0, 100_000),
    heartbeatMs: whole('WEIR_STREAM_HEARTBEAT_SECONDS', usual.heartbeatMs / 1_000, 1, 3_600) * 1_000,
    lagBytes,
    ringBytes: Math.max(usual.ringBytes, 2 * lagBytes),
  };
}

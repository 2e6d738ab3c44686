/** The configuration file of an embedded nats-server, as text. Pure. */

export interface NatsConfig {
  readonly name: string;
  /** -1 lets the server choose. */
  readonly port: number;
  readonly monitorPort: number;
  /** The server keeps its files in `jetstream` below it. */
  readonly storeDir: string;
  /** A duration, or `always`: sync before every ack. */
  readonly sync: string;
  /** The server writes the ports it chose there. */
  readonly portsDir: string;
}

/** A frame and a commit are one message: 8 MiB is the largest payload nats-server takes without a warning. */
export const MAX_PAYLOAD_BYTES = 8_388_608;

export function natsConfig(config: NatsConfig): string {
  return [
    `server_name: ${quote(config.name)}`,
    'host: "127.0.0.1"',
    `port: ${config.port}`,
    `http_port: ${config.monitorPort}`,
    `ports_file_dir: ${quote(config.portsDir)}`,
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    'jetstream {',
    `  store_dir: ${quote(config.storeDir)}`,
    `  sync_interval: ${quote(config.sync)}`,
    '}',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return JSON.stringify(text);
}

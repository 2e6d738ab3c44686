/** Help texts of `npm run bridge`. */
import type { CommandName } from './arguments.ts';

const SHARED = `  --routes file             routes file (default: WEIR_ROUTES, or the built-in routes)
  --json                    JSON on stdout instead of text
  --help                    this text

Kafka, NATS and the schema registry are those of the environment: KAFKA_BOOTSTRAP_SERVERS (and login and TLS), NATS_URL,
SCHEMA_REGISTRY_URL.
Ends with 0: fine; 1: something is wrong; 2: it could not be run.
`;

export const HELP: Readonly<Record<CommandName, string>> = {
  check: `npm run bridge -- check [options]
Validates the routes, matches them with the topics that Kafka has, and shows what the newest records of each topic would
become. Changes nothing.

Options
  --topic name              sample this topic only
  --samples 20              newest records of each partition
${SHARED}`,
  verify: `npm run bridge -- verify [options]
Proves that the log holds exactly what Kafka's records become: decodes them again, up to what the bridge says it has taken
in, and compares with EVENTS (or a topic's mirror) line by line, and with the dead letters in DLQ. Changes nothing.

Options
  --topic name              this topic only
  --partition 0             this partition of it only
  --from 1000 --to 2000     these offsets only, both included
${SHARED}`,
  redrive: `npm run bridge -- redrive <subject of DLQ> [options]
Puts dead letters back to where they came from in Kafka, once, and takes them out of DLQ. The subject may have wildcards:
dlq.orders.bad-time, "dlq.orders.*", "dlq.>". Letters that would fail again are kept.

Options
  --dry-run                 only show what would be put back, and what it would become
  --seq 17,18               letters with these sequences in DLQ
  --since 2024-06-01        letters stored since then
  --limit 100               at most so many
  --to-topic name           to another topic
  --force                   also letters that would fail again
  --abandon                 forget an interrupted redrive of which Kafka no longer tells whether it was sent
${SHARED}`,
};

export const OVERVIEW = `npm run bridge -- <command> [options]
  check      what the routes would make of what Kafka has now
  verify     proves that the log holds exactly what Kafka's records become
  redrive    puts dead letters back
See npm run bridge -- <command> --help
`;

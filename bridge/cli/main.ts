/** `npm run bridge -- ...` as a process: settings, connections, one command, its words and its exit code. */
import { hostname } from 'node:os';
import { registryOf } from '../../shared/avro/registry-of-settings.ts';
import { activeRoutes } from '../../shared/config/active-routes.ts';
import { SettingError } from '../../shared/config/environment.ts';
import { readSettings, type Settings } from '../../shared/config/settings.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { redactUrls } from '../../shared/telemetry/redact.ts';
import { untilStopped } from '../../shared/telemetry/process.ts';
import { ArgumentError, type BridgeCommand, parseCommand } from './arguments.ts';
import { check, hasProblems } from './check.ts';
import { checkText } from './check-text.ts';
import { CommandError } from '../../shared/runtime/command-error.ts';
import { HELP, OVERVIEW } from './help.ts';
import { RouteJudge } from './judge-letter.ts';
import { isRight } from './partition-report.ts';
import { ProgressLine } from './progress-line.ts';
import { deleteLetter } from '../../shared/dead-letters/delete-letter.ts';
import { abandonRedrive, redrive } from '../../shared/dead-letters/redrive.ts';
import { redriveText } from './redrive-text.ts';
import { verify } from './verify.ts';
import { verifyText } from './verify-text.ts';

type Work = Exclude<BridgeCommand, { readonly name: 'help' }>;

const NATS_PATIENCE_MS = 10_000;
const FINE = 0;
const PROBLEMS = 1;
const NOT_RUN = 2;

const stop = new AbortController();
void untilStopped().then((signal) => stop.abort(new CommandError(`Stopped by ${signal}`)));
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exit(await main());

async function main(): Promise<number> {
  try {
    const command = parseCommand(process.argv.slice(2));
    if (command.name === 'help') {
      await print(command.of ? HELP[command.of] : OVERVIEW);
      return FINE;
    }
    return await run(command);
  } catch (error) {
    const known = error instanceof ArgumentError || error instanceof CommandError || error instanceof SettingError;
    const text = known
      ? explainKafkaError(error)
      : ((error instanceof Error ? error.stack : undefined) ?? String(error));
    process.stderr.write(
      `${redactUrls(error instanceof Error && !known ? `${explainKafkaError(error)}\n${text}` : text)}\n`,
    );
    return error instanceof SettingError && process.argv[2] === 'check' ? PROBLEMS : NOT_RUN;
  }
}

async function run(command: Work): Promise<number> {
  const settings = readSettings();
  const context = {
    routes: await activeRoutes(command.routes ?? settings.routesFile),
    registry: await registryOf(settings),
    kafka: await createKafkaClient({
      clientId: 'weir-cli',
      settings: settings.kafka,
      logger: createLogger('bridge', 'error'),
      retries: 3,
    }),
    signal: stop.signal,
  };
  switch (command.name) {
    case 'check': {
      const report = await check({ ...context, topic: command.topic, samples: command.samples });
      await print(command.json ? `${JSON.stringify(report, null, 2)}\n` : `${checkText(report)}\n`);
      return hasProblems(report) ? PROBLEMS : FINE;
    }
    case 'verify': {
      await using log = await openLog(settings);
      const line = new ProgressLine(process.stderr);
      const reports = await verify({
        ...{ ...command, ...context, log },
        onRecords: (count, source, offset, end) => line.records(count, source, offset, end),
      });
      line.clear();
      await print(command.json ? `${JSON.stringify(reports, null, 2)}\n` : `${verifyText(reports)}\n`);
      return reports.every(isRight) ? FINE : PROBLEMS;
    }
    case 'redrive': {
      await using log = await openLog(settings);
      const owner = `${hostname()}-${process.pid}`;
      if (command.abandon) {
        const forgotten = await abandonRedrive({ log, owner, signal: stop.signal });
        await print(
          `${forgotten ? `Forgot ${forgotten.letters.length} letters; they stay in DLQ.` : 'Nothing to forget.'}\n`,
        );
        return FINE;
      }
      const results = await redrive({
        ...{ ...command, ...context, log, owner },
        judge: new RouteJudge(context.routes, context.registry, stop.signal),
        transactionalId: `weir-redrive-${settings.kafkaGroup}`,
        deleteLetter: (seq) => deleteLetter(log, seq),
      });
      await print(command.json ? `${JSON.stringify(results, null, 2)}\n` : `${redriveText(results)}\n`);
      return results.some(({ status }) => status === 'kept') ? PROBLEMS : FINE;
    }
    default:
      return command satisfies never;
  }
}

/** A daemon waits for NATS as long as it takes; somebody at a terminal does not. */
async function openLog({ natsUrl }: Settings): Promise<JetStreamLog> {
  const opening = connectLog({ servers: natsUrl, name: `weir-cli-${hostname()}-${process.pid}` });
  const timer = Promise.withResolvers<never>();
  const away = new CommandError(
    `Cannot reach NATS at ${redactUrls(natsUrl)}: check NATS_URL, and that nats-server runs`,
  );
  const handle = setTimeout(() => timer.reject(away), NATS_PATIENCE_MS);
  try {
    return await Promise.race([opening, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}

/** Resolves when it is written: the process ends behind it. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** `npm run mesh -- backtest ...`: finds the mesh's NATS, replays, prints. */
import { hostname } from 'node:os';
import { CommandError } from '../../shared/runtime/command-error.ts';
import { PatternFileError } from '../../shared/cep/json/pattern-file-error.ts';
import { activeRoutes } from '../../shared/config/active-routes.ts';
import { type Environment, SettingError, textSetting } from '../../shared/config/environment.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { redactUrls } from '../../shared/telemetry/redact.ts';
import { askLauncher, NotRunningError, runningLauncher } from '../launcher/control-client.ts';
import { parseBacktest } from './arguments.ts';
import { backtest } from './backtest.ts';
import { BacktestError } from './backtest-error.ts';
import { BACKTEST_HELP } from './help.ts';
import { loadPattern } from './load-pattern.ts';
import { reportJson, reportText } from './report-text.ts';
import { SectionProgress } from './section-progress.ts';

const NATS_PATIENCE_MS = 10_000;

export interface BacktestContext {
  readonly env: Environment;
  readonly dataDir: string;
  /** ms, for `--from 2h`. */
  readonly now: number;
  readonly signal: AbortSignal;
  print(text: string): void;
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** The exit code. Expected errors are printed, others thrown. */
export async function runBacktest(args: readonly string[], context: BacktestContext): Promise<number> {
  try {
    await replay(args, context);
    return 0;
  } catch (error) {
    if (context.signal.aborted) return 130;
    if (!isExpected(error)) throw error;
    context.stderr.write(`${redactUrls(error.message)}\n`);
    return 1;
  }
}

async function replay(args: readonly string[], context: BacktestContext): Promise<void> {
  const { env, signal, print } = context;
  const asked = parseBacktest(args, context.now);
  if (asked.pattern === undefined) {
    print(BACKTEST_HELP);
    return;
  }
  const pattern = loadPattern(asked.pattern, textSetting(env, 'INIT_CWD') ?? process.cwd()); // npm changes the folder;
  const routes = await activeRoutes(textSetting(env, 'WEIR_ROUTES'));
  await using log = await openLog(await natsUrl(context));
  const progress = new SectionProgress(context.stderr);
  const { from, to, key, limit } = asked;
  const report = await backtest(log, {
    ...{ pattern, routes, from, to, key, limit, signal },
    onProgress: (events, seq, section) => progress.show(events, seq, section),
  });
  progress.clear();
  print(asked.json ? reportJson(report) : reportText(report));
}

/** The one that is named, or the one of the mesh that runs here. */
async function natsUrl({ env, dataDir }: BacktestContext): Promise<string> {
  const named = textSetting(env, 'NATS_URL');
  if (named !== undefined) return named;
  const answer = await askLauncher(runningLauncher(dataDir), { kind: 'status' });
  const url = answer.ok ? answer.report?.servers.find(({ name }) => name === 'NATS')?.url : undefined;
  if (url === undefined) throw new NotRunningError(`Cannot learn where NATS is: ${answer.message}; set NATS_URL`);
  return url;
}

/** Somebody waits: it gives up where a service would not. */
async function openLog(url: string): Promise<JetStreamLog> {
  const opening = connectLog({ servers: url, name: `weir-backtest-${hostname()}-${process.pid}` });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(
        new BacktestError(`Cannot reach NATS at ${redactUrls(url)}: see that the mesh runs, or set NATS_URL`),
      ),
    NATS_PATIENCE_MS,
  );
  try {
    return await Promise.race([opening, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isExpected(error: unknown): error is Error {
  const known = [BacktestError, PatternFileError, CommandError, NotRunningError, SettingError];
  return known.some((kind) => error instanceof kind);
}

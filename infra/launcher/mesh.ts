/** `npm run mesh -- ...`: talks to the launcher that runs in this data folder. */
import { setTimeout as sleep } from 'node:timers/promises';
import { dataFolder } from '../embedded/versions.ts';
import { SettingError } from '../../shared/config/environment.ts';
import { GenerateError } from '../../shared/demo/generate.ts';
import { ArgumentError, type MeshCommand, parseMesh } from './arguments.ts';
import { askLauncher, NotRunningError, runningLauncher } from './control-client.ts';
import { MESH_HELP } from './help.ts';
import { showLogs } from './log-viewer.ts';
import { fetchMeshSummary } from './mesh-summary.ts';
import { isAlive, type LauncherState } from './state-file.ts';
import { statusText } from './status-table.ts';

const STOP_POLL_MS = 100;

try {
  process.exitCode = await run(parseMesh(process.argv.slice(2)));
} catch (error) {
  const known = [ArgumentError, GenerateError, NotRunningError, SettingError].some((one) => error instanceof one);
  console.error(known && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();

async function run(command: MeshCommand): Promise<number> {
  const dataDir = dataFolder();
  switch (command.kind) {
    case 'help':
      console.log(MESH_HELP);
      return 0;
    case 'logs':
      return showLogs(dataDir, command.target, command.follow);
    case 'status':
      return status(runningLauncher(dataDir));
    case 'generate':
      return (await import('./generate.ts')).generate(command, dataDir, process.env);
    case 'backtest':
      return backtest(command.args, dataDir);
    case 'stop':
      return stop(runningLauncher(dataDir));
    case 'scale':
    case 'restart': {
      const answer = await askLauncher(runningLauncher(dataDir), command);
      console.log(answer.message);
      return answer.ok ? 0 : 1;
    }
    default:
      return command satisfies never;
  }
}

async function status(launcher: LauncherState): Promise<number> {
  const answer = await askLauncher(launcher, { kind: 'status' });
  if (!answer.ok || !answer.report) throw new NotRunningError(answer.message);
  console.log(statusText(answer.report, await fetchMeshSummary(answer.report.gatewayUrl, process.env), Date.now()));
  return 0;
}

/** Loaded here, so that the other commands do not pay for it. */
async function backtest(args: readonly string[], dataDir: string): Promise<number> {
  const { runBacktest } = await import('../backtest/main.ts');
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  return runBacktest(args, {
    ...{ env: process.env, dataDir, now: Date.now(), signal: interrupt.signal, stderr: process.stderr },
    print: (text) => console.log(text),
  });
}

/** Returns when everything has ended. A launcher still bringing up its servers is told by signal. */
async function stop(launcher: LauncherState): Promise<number> {
  if (launcher.control) await askLauncher(launcher, { kind: 'stop' });
  else process.kill(launcher.pid, 'SIGTERM');
  console.log('stopping ...');
  while (isAlive(launcher)) await sleep(STOP_POLL_MS);
  console.log('stopped');
  return 0;
}

/** `npm start`: the launcher as a process. Command line, the one-mesh-a-folder rule, signals, exit code. */
import { MissingToolError } from '../embedded/missing-tool.ts';
import { dataFolder } from '../embedded/versions.ts';
import { SettingError } from '../../shared/config/environment.ts';
import { ArgumentError, parseStart } from './arguments.ts';
import { ROOT } from './checkout.ts';
import { Console } from './console.ts';
import { START_HELP } from './help.ts';
import { runMesh } from './launcher.ts';
import { endLeftovers } from './leftovers.ts';
import { shortPath } from './servers.ts';
import { deleteState, isAlive, readState } from './state-file.ts';
import { listenForStop } from './stop-signal.ts';

const console = new Console();
// A closed terminal or pipe must not keep us from stopping what we started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exitCode = await main();
// Nothing is left to wait for; a keep-alive connection of fetch must not hold the prompt.
process.exit();

async function main(): Promise<number> {
  let killAll = () => {};
  const { stop, request } = listenForStop(
    (reason) => console.say(`stopping after ${reason}; once more ends everything at once`),
    () => {
      console.say('ending everything at once');
      killAll();
      process.exit(130);
    },
  );
  try {
    const start = parseStart(process.argv.slice(2));
    if (start.help) {
      console.text(START_HELP);
      return 0;
    }
    const dataDir = dataFolder();
    if (await isTaken(dataDir)) return 0;
    const env = process.env;
    const onWorkers = (kill: () => void) => {
      killAll = kill;
    };
    const root = env.WEIR_WORKERS_ROOT ?? ROOT;
    await runMesh({ root, dataDir, env, start, console, stop, requestStop: request, onWorkers });
    console.say(`stopped; data is kept in ${shortPath(dataDir)}`);
    return 0;
  } catch (error) {
    if (stop.aborted && error === stop.reason) return 0;
    explain(error);
    return 1;
  }
}

/** A second start beside a running one changes nothing; what a killed one left behind is ended. */
async function isTaken(dataDir: string): Promise<boolean> {
  const state = readState(dataDir);
  if (!state) return false;
  if (isAlive(state)) {
    console.say(`a mesh already runs in ${shortPath(dataDir)} (pid ${state.pid}); nothing was changed`);
    console.say('see `npm run mesh -- status`, or stop it with `npm run mesh -- stop`');
    return true;
  }
  await endLeftovers(state, (line) => console.say(line));
  deleteState(dataDir);
  return false;
}

function explain(error: unknown): void {
  const known =
    error instanceof MissingToolError ||
    error instanceof ArgumentError ||
    error instanceof RangeError ||
    error instanceof SettingError;
  const text = error instanceof Error ? (known ? error.message : withCause(error)) : String(error);
  for (const line of text.split('\n')) console.say(line);
}

function withCause(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

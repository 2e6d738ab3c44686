/** `npm run reset`: deletes what the mesh keeps between runs; refused while a mesh runs on it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dataFolder } from '../embedded/versions.ts';
import { endLeftovers } from './leftovers.ts';
import { shortPath } from './servers.ts';
import { isAlive, readState } from './state-file.ts';

/** All a data folder may hold: another folder named by mistake in WEIR_DATA_DIR is not deleted. */
const OURS = /^(nats|kafka|postgres|connect|dynamodb|logs|launcher\.json(\.\d+)?)$/;

process.exitCode = await reset(dataFolder());

async function reset(dataDir: string): Promise<number> {
  const shown = shortPath(dataDir);
  const state = readState(dataDir);
  if (state && isAlive(state)) {
    console.error(
      `Cannot delete "${shown}": a mesh runs on it (pid ${state.pid}); stop it with \`npm run mesh -- stop\``,
    );
    return 1;
  }
  if (!existsSync(dataDir)) {
    console.log(`Nothing to delete: there is no "${shown}"`);
    return 0;
  }
  const foreign = readdirSync(dataDir).find((name) => !OURS.test(name));
  if (foreign !== undefined) {
    console.error(`Cannot delete "${shown}": it holds "${foreign}", which is not ours; delete the folder yourself`);
    return 1;
  }
  if (state) await endLeftovers(state, console.log);
  rmSync(dataDir, { recursive: true });
  console.log(`Deleted "${shown}"`);
  return 0;
}

/** Asks the launcher that runs in this data folder. */
import type { ControlAnswer, ControlRequest } from './control-protocol.ts';
import { isAlive, type LauncherState, readState } from './state-file.ts';

/** Nobody runs a mesh here, or it cannot answer yet. */
export class NotRunningError extends Error {
  readonly code = 'not-running';
}

export function runningLauncher(dataDir: string): LauncherState {
  const state = readState(dataDir);
  if (!state || !isAlive(state)) throw new NotRunningError(`No mesh runs in "${dataDir}": start it with \`npm start\``);
  return state;
}

export async function askLauncher(state: LauncherState, request: ControlRequest): Promise<ControlAnswer> {
  if (!state.control)
    throw new NotRunningError(`The mesh (pid ${state.pid}) is still bringing up its servers: try again in a moment`);
  const response = await fetch(state.control.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${state.control.token}` },
    body: JSON.stringify(request),
  });
  const answer: unknown = await response.json();
  if (!isAnswer(answer)) throw new Error('Cannot understand the answer of the launcher: is it another version?');
  return answer;
}

function isAnswer(value: unknown): value is ControlAnswer {
  return typeof value === 'object' && value !== null && 'ok' in value && 'message' in value;
}

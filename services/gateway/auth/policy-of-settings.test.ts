import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import type { HttpPolicy } from '../http/policy.ts';
import { readGatewaySettings } from '../settings.ts';
import { makeKey } from './make-key.ts';
import { policyOfSettings } from './policy-of-settings.ts';

const made = makeKey(['ci', '--role', 'read'], 0);
const OWN = 'x'.repeat(16);
let folder: string;
let keysFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-policy-'));
  keysFile = join(folder, 'keys.yaml');
  await writeFile(keysFile, `keys:\n${made.line}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

function policyOf(env: Record<string, string>): Promise<HttpPolicy> {
  const logger = createLogger('test', 'error', () => {});
  return policyOfSettings(readGatewaySettings(env), { logger, now: () => 0, stop: AbortSignal.abort() });
}

async function roleBy({ authenticator }: HttpPolicy, key: string): Promise<string | undefined> {
  const verdict = await authenticator?.authenticate((name) => (name === 'x-api-key' ? key : undefined));
  return verdict?.kind === 'known' ? verdict.principal.role : undefined;
}

it('is open under the names of this machine where nobody else reaches it', async () => {
  const policy = await policyOf({ WEIR_GATEWAY_HOST: '127.0.0.2', WEIR_GATEWAY_NAMES: 'box.lan' });
  expect(policy).toMatchObject({ reference: 'open', names: ['127.0.0.2', 'box.lan'] });
  expect(policy.authenticator).toBeUndefined();
  expect((await policyOf({ WEIR_GATEWAY_HOST: '::1' })).names).toEqual(['[::1]']);
});

it('is open under any name behind a proxy, unless names are set', async () => {
  const open = { WEIR_GATEWAY_HOST: '0.0.0.0', WEIR_GATEWAY_OPEN: 'yes-i-know' };
  expect((await policyOf(open)).names).toBeUndefined();
  expect((await policyOf({ ...open, WEIR_GATEWAY_NAMES: 'box.lan' })).names).toEqual(['0.0.0.0', 'box.lan']);
});

it('takes the keys of the file and the one of the environment, and needs one for the reference elsewhere', async () => {
  const policy = await policyOf({ WEIR_GATEWAY_HOST: '0.0.0.0', WEIR_API_KEYS_FILE: keysFile, WEIR_API_KEY: OWN });
  expect([await roleBy(policy, made.key), await roleBy(policy, OWN), await roleBy(policy, 'other')]).toEqual([
    'read',
    'admin',
    undefined,
  ]);
  expect(policy).toMatchObject({ reference: 'read', readsPerSecond: 1_000, writesPerSecond: 20 });
  expect(policy.names).toBeUndefined();
  expect(await policyOf({ WEIR_API_KEYS_FILE: keysFile })).toMatchObject({ reference: 'open' });
});

it('refuses a key of the environment that could be guessed, or that a header would change', async () => {
  for (const key of ['x'.repeat(15), `${OWN} x`, `${OWN}\t`])
    await expect(policyOf({ WEIR_API_KEY: key })).rejects.toThrow(/WEIR_API_KEY: expected 16 characters or more/);
});

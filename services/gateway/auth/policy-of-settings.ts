/** The policy that the settings ask for: reads the keys, and keeps them current while the gateway runs. */
import { SettingError } from '../../../shared/config/environment.ts';
import { readSecret, type Secret } from '../../../shared/config/secret.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { HttpPolicy } from '../http/policy.ts';
import type { GatewaySettings } from '../settings.ts';
import { type ApiKey, type ApiKeys, byDigest, digestOf } from './api-key.ts';
import { Authenticator } from './authenticator.ts';
import { KeySet } from './key-set.ts';
import { KeysFile } from './keys-file.ts';

const MIN_KEY = 16;

/** `stop` ends the watch on the keys file. Throws SettingError. */
export async function policyOfSettings(
  settings: GatewaySettings,
  { logger, now, stop }: { readonly logger: Logger; readonly now: () => number; readonly stop: AbortSignal },
): Promise<HttpPolicy> {
  const { host, isOpen, isLocal, names, readsPerSecond, writesPerSecond, proxies, corsOrigins, timeoutMs } = settings;
  const checksNames = isOpen && (isLocal || names.length > 0);
  return {
    ...(!isOpen && { authenticator: await openAuthenticator(settings, logger, now, stop) }),
    reference: isLocal || isOpen ? 'open' : 'read',
    ...(checksNames && { names: [host.includes(':') ? `[${host}]` : host, ...names] }),
    ...(readsPerSecond !== undefined && { readsPerSecond }),
    ...(writesPerSecond !== undefined && { writesPerSecond }),
    proxies,
    corsOrigins,
    timeoutMs,
  };
}

async function openAuthenticator(
  { keysFile, key, tokens }: GatewaySettings,
  logger: Logger,
  now: () => number,
  stop: AbortSignal,
): Promise<Authenticator> {
  const file = keysFile === undefined ? undefined : await KeysFile.open(keysFile, logger);
  const own = key && (await readOwnKey(key));
  const keySet = tokens && new KeySet({ url: tokens.url, logger, now });
  void file?.run(stop);
  void keySet?.refresh(); // before the first token comes
  return new Authenticator({
    keys: together(file, own),
    ...(tokens && keySet && { tokens: { keySet, rules: tokens.rules } }),
    now,
  });
}

async function readOwnKey(secret: Secret): Promise<ApiKey> {
  const key = await readSecret(secret);
  if (key.length < MIN_KEY || /\s/.test(key))
    throw new SettingError(`Cannot use WEIR_API_KEY: expected ${MIN_KEY} characters or more, and no blanks`);
  return { name: 'WEIR_API_KEY', role: 'admin', sha256: digestOf(key) };
}

/** Looked up at each request: made anew only when the file has changed. */
function together(file: KeysFile | undefined, own: ApiKey | undefined): () => ApiKeys {
  const alone = byDigest(own ? [own] : []);
  if (!file) return () => alone;
  if (!own) return () => file.keys;
  let [from, merged] = [file.keys, byDigest([...file.keys.values(), own])];
  return () => {
    if (from !== file.keys) [from, merged] = [file.keys, byDigest([...file.keys.values(), own])];
    return merged;
  };
}

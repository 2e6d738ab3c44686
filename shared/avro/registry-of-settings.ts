/** The schema registry that the settings name. */
import { readSecret } from '../config/secret.ts';
import type { Settings } from '../config/settings.ts';
import { SchemaRegistry } from './schema-registry.ts';

/** undefined: the settings name none. Throws SettingError when the password's file cannot be read. */
export async function registryOf(settings: Settings): Promise<SchemaRegistry | undefined> {
  const { schemaRegistryUrl: urls, schemaRegistryUser: user, schemaRegistryPassword: from } = settings;
  if (urls === undefined) return undefined;
  return new SchemaRegistry({ urls, user, password: from && (await readSecret(from)) });
}

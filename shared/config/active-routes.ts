/**
 * The routes in force: the built-in ones, or those of the file that WEIR_ROUTES names.
 * The file's reader (YAML, validation) is imported only when there is a file: an idle worker does without
 * 6 MB of modules.
 */
import { DEFAULT_ROUTES, type Route } from './routes.ts';

/** Throws SettingError when the file cannot be read or says something that cannot be used. */
export async function activeRoutes(file: string | undefined): Promise<readonly Route[]> {
  if (file === undefined) return DEFAULT_ROUTES;
  const { loadRoutes } = await import('./routes-file.ts');
  return loadRoutes(file);
}

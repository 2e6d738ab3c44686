/** `npm run gateway -- <command>`. The one command there is makes an API key. */
import { SettingError } from '../../shared/config/environment.ts';
import { makeKey, USAGE } from './auth/make-key.ts';

const [command, ...args] = process.argv.slice(2);

try {
  if (command !== 'key') throw new SettingError(USAGE);
  const { key, line } = makeKey(args, Date.now());
  process.stdout.write(`The key, shown this once:

  ${key}

Its entry in the file of WEIR_API_KEYS_FILE, below "keys:"; a running gateway takes it within seconds:

${line}
`);
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

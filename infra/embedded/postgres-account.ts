/**
 * Who PostgreSQL runs as: it refuses to run as root, so root gives it another account of the machine, `postgres` or else
 * `nobody`. No account is made. Everybody else runs it as themselves.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** undefined: we are not root. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const account = accountOf(passwd, 'postgres') ?? accountOf(passwd, 'nobody');
  if (!account)
    throw new Error(
      'Cannot start PostgreSQL as root, and found no account "postgres" or "nobody": run as another user, or set DATABASE_URL',
    );
  return account;
}

/** From the text of passwd(5). */
export function accountOf(passwd: string, name: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((line) => line[0] === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { name, uid, gid } : undefined;
}

/** Throws when a folder above `path` does not let the account in: what it runs would only say that a file is absent. */
export async function checkAccess(account: Account, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0)
      throw new Error(
        `Cannot start PostgreSQL as user "${account.name}": it may not enter "${folder}"; run as another user than root, move the checkout or WEIR_DATA_DIR to where others may look, or set DATABASE_URL`,
      );
  }
}

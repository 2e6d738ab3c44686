/** A server's URL as people may see it. Pure. */
import { redactUrls } from '../../shared/telemetry/redact.ts';

/** Without a login; a database's keeps the user, whom one has to name to look into it. */
export function shownUrl(url: string): string {
  if (!/^postgres(ql)?:/.test(url) || !URL.canParse(url)) return redactUrls(url);
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

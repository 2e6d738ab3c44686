/**
 * Keeps secrets out of logs: fields named like a secret, and the userinfo part of any URL.
 * It cannot know a secret that stands alone in a message; callers never put one there.
 */

const SECRET_NAME =
  /pass(word|wd|phrase)?$|secret|token|credential|authorization|cookie|api_?key|private_?key|^nkey|^seed$|jwt/i;
const USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi;

export const REDACTED = '[redacted]';

/** True for a field whose value is never shown: `password`, `natsToken`, `api_key`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** `nats://user:pw@host` becomes `nats://[redacted]@host`. */
export function redactUrls(text: string): string {
  return text.replace(USERINFO, `$1${REDACTED}@`);
}

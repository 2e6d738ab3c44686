/** Patterns of keys, as NATS matches subjects: `*` is one token, `>` is one or more at the end. */
export function matchesKey(pattern: string, key: string): boolean {
  const wanted = pattern.split('.');
  const tokens = key.split('.');
  const isOpen = wanted.at(-1) === '>';
  if (isOpen ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, at) => token === '*' || token === '>' || token === tokens[at]);
}

/** A routes file as text: its document, and where in the text a member is. */
import { isNode, LineCounter, parseDocument } from 'yaml';
import { SettingError } from './environment.ts';

export interface RouteSource {
  readonly document: unknown;
  /** `line 3, routes[0].decoder` */
  place(path: readonly PropertyKey[]): string;
}

/** JSON is YAML too. `file`, and `what` it is, are for messages. Throws SettingError. */
export function readSource(text: string, file: string, what = 'routes file'): RouteSource {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = parsed.errors;
  if (error) {
    const place = `line ${lines.linePos(error.pos[0]).line}`;
    throw new SettingError(
      `Cannot read the ${what} "${file}": it is neither JSON nor YAML (${place}: ${error.message}); correct it there`,
    );
  }
  const place = (path: readonly PropertyKey[]) => {
    const node = nearest(path, (keys) => parsed.getIn(keys, true));
    const line = node?.range ? `line ${lines.linePos(node.range[0]).line}, ` : '';
    return `${line}${named(path)}`;
  };
  return { document: documentOf(() => parsed.toJS(), file, what), place };
}

function documentOf(read: () => unknown, file: string, what: string): unknown {
  try {
    return read();
  } catch (cause) {
    throw new SettingError(`Cannot read the ${what} "${file}": its aliases cannot be resolved; write them out`, {
      cause,
    });
  }
}

/** The node at the path, or the closest one around it. */
function nearest(path: readonly PropertyKey[], at: (keys: readonly PropertyKey[]) => unknown) {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? undefined : at(path.slice(0, length));
    if (isNode(node)) return node;
  }
  return undefined;
}

function named(path: readonly PropertyKey[]): string {
  return (
    path
      .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
      .join('')
      .slice(1) || 'the file'
  );
}

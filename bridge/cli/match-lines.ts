/**
 * The lines that a frame should have against those it has: which are there, and which are on one side only. Pure.
 *
 * Equal lines are not told apart: two equal orders are two lines, and two must be there.
 */

export interface Expected {
  readonly line: string;
  readonly offset: number;
  /** Of a record that is in DLQ, and would bring this line today: it should not be there. */
  readonly notThen?: true;
}

export interface Matched {
  /** In the frame, but behind a line that comes after them. */
  readonly outOfOrder: readonly Expected[];
  /** Not in the frame. */
  readonly absent: readonly Expected[];
  /** In the frame, but not expected there; `beside`: the absent line in whose place it stands. */
  readonly extra: readonly { readonly line: string; readonly beside: Expected | undefined }[];
}

export function matchLines(expected: readonly Expected[], found: readonly string[]): Matched {
  const head = commonHead(expected, found);
  const tail = commonTail(expected, found, head);
  const wanted = expected.slice(head, expected.length - tail);
  const had = found.slice(head, found.length - tail);
  const places = placesOf(wanted);
  const outOfOrder: Expected[] = [];
  const strangers: { line: string; after: number }[] = [];
  const isThere = new Array<boolean>(wanted.length).fill(false);
  let furthest = -1;
  for (const line of had) {
    const place = places.get(line)?.shift();
    const one = place === undefined ? undefined : wanted[place];
    if (place === undefined || !one) {
      strangers.push({ line, after: furthest });
      continue;
    }
    isThere[place] = true;
    if (place < furthest) outOfOrder.push(one);
    furthest = Math.max(furthest, place);
  }
  const standIns = new Map<number, string>();
  const extra = strangers.map(({ line, after }) => {
    const place = standIn(isThere, standIns, after + 1);
    if (place !== undefined) standIns.set(place, line);
    return { line, beside: place === undefined ? undefined : wanted[place] };
  });
  return { outOfOrder, absent: wanted.filter((_one, place) => !isThere[place]), extra };
}

/** The first absent line from here on that nothing stands in for yet, before the next one that is there. */
function standIn(isThere: readonly boolean[], taken: ReadonlyMap<number, string>, from: number): number | undefined {
  for (let place = from; place < isThere.length && !isThere[place]; place++) if (!taken.has(place)) return place;
  return undefined;
}

function placesOf(wanted: readonly Expected[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, { line }] of wanted.entries()) {
    const same = places.get(line);
    if (same) same.push(place);
    else places.set(line, [place]);
  }
  return places;
}

function commonHead(expected: readonly Expected[], found: readonly string[]): number {
  const most = Math.min(expected.length, found.length);
  let at = 0;
  while (at < most && expected[at]?.line === found[at]) at++;
  return at;
}

function commonTail(expected: readonly Expected[], found: readonly string[], head: number): number {
  const most = Math.min(expected.length, found.length) - head;
  let at = 0;
  while (at < most && expected[expected.length - 1 - at]?.line === found[found.length - 1 - at]) at++;
  return at;
}

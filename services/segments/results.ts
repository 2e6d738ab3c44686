/**
 * What readers see of users: their documents and their member keys.
 *
 * Owns: tables `user` and `member`. Does not own: when a user is evaluated, and its events.
 *
 * Invariant (segments.property.test.ts): a member key is there exactly while the user's document says qualified; also
 * when the rules that decided the former document are gone, and when a crash has made them unknown.
 */
import type { Table } from '../../shared/events/stage.ts';
import { isQualified } from '../../shared/segments/evaluate.ts';
import type { SegmentMember } from '../../shared/segments/segment-result.ts';
import type { Rules } from './rules.ts';
import type { User } from './user-document.ts';

export class Results {
  readonly #documents: Table<User>;
  readonly #members: Table<SegmentMember>;
  /** Segments that are gone, of which users may still be members whose rules are not known. */
  formerSegments: readonly string[] = [];

  constructor(documents: Table<User>, members: Table<SegmentMember>) {
    this.#documents = documents;
    this.#members = members;
  }

  /** Brings all that shows a changed user up to date. */
  show(user: User, rules: Rules, reached: number): void {
    if (user.rules === rules) this.#updateMembers(user, rules);
    else this.adopt(user, rules, reached);
    if (rules.segments.length > 0) this.#documents.put(user.token, user);
  }

  /** A last document says that the user is in no segment. `at`: as of when. */
  showLast(user: User, rules: Rules, at: number): void {
    for (const [n, { id }] of rules.segments.entries()) if (user.qualified[n]) this.#setMember(user, id, false);
    user.qualified.fill(false);
    user.goneAt = at;
    if (rules.segments.length > 0) this.#documents.put(user.token, user);
  }

  /** Evaluates a user by other rules than before. */
  adopt(user: User, rules: Rules, reached: number): void {
    const { rules: former, qualified: was, events } = user;
    if (events.windows !== rules.windows) events.useWindows(rules.windows, reached);
    evaluate(user, rules);
    for (const [at, { id }] of rules.segments.entries()) {
      const before = former && was[former.places.get(id) ?? -1] === true;
      const is = user.qualified[at] === true;
      if (is !== before) this.#setMember(user, id, is);
    }
    for (const id of former?.places.keys() ?? this.formerSegments)
      if (!rules.places.has(id) && (!former || was[former.places.get(id) ?? -1])) this.#setMember(user, id, false);
    if (rules.segments.length === 0) this.#documents.delete(user.token);
  }

  /** Hot path: runs with every event. */
  #updateMembers(user: User, { segments }: Rules): void {
    const { totals } = user.events;
    const { qualified } = user;
    for (let at = 0; at < segments.length; at++) {
      const segment = segments[at];
      if (!segment) continue;
      const is = isQualified(segment, totals, qualified);
      if (is === qualified[at]) continue;
      qualified[at] = is;
      this.#setMember(user, segment.id, is);
    }
  }

  #setMember({ token, id }: User, segment: string, is: boolean): void {
    const key = `${segment}.${token}`;
    if (is) this.#members.put(key, { user_id: id });
    else this.#members.delete(key);
  }
}

/** Sets what a user qualifies for, telling nobody. */
export function evaluate(user: User, rules: Rules): void {
  user.rules = rules;
  user.qualified = [];
  for (const segment of rules.segments) user.qualified.push(isQualified(segment, user.events.totals, user.qualified));
}

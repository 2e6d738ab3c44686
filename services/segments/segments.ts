/**
 * Segments: who meets which rules, by what each user did in the last 5, 30 or 60 minutes.
 *
 * A user is evaluated at once with every event, and again when an event slides out of a window: as of the later of the
 * user's latest event and the watermark (in steps of `stepMs`). So a user's document depends on the events taken, the
 * rules and the watermark, and not on the order of arrival (infra/adr/0007).
 *
 * Rules come through the log of events and hold from their place in it on. Users who have events are evaluated anew, in
 * the order of their keys, so many at a time; a user with a new event at once. The same bound holds for all that slides
 * out when event time leaps.
 *
 * Owns: tables `events` (the last hour in chunks), `rules`, `pending` (how far the work of a rule change or a leap has
 * come), and which users there are. Does not own: what is shown of them (results.ts), their counts (user-events.ts).
 *
 * Invariants (segments.property.test.ts):
 * 1. A user's document is a naive evaluation of all rules over the events of the last hour.
 * 2. A member key is there exactly while the user's document says qualified.
 * 3. An event as old as an hour at the watermark goes to LATE; every other one counts.
 * 4. What one message causes is bounded; the rest is done with the messages that follow, and the outcome for those who
 *    have events is the same. (The last document of a user forgotten meanwhile is of the rules in force when its turn comes.)
 */
import { decodeId, encodeId } from '../../shared/events/id.ts';
import {
  BEFORE_ALL_TIME,
  type Decision,
  type StageContext,
  type StageDefinition,
  type Table,
} from '../../shared/events/stage.ts';
import { USER_EVENT_TYPES, type UserEvent } from '../../shared/events/user-event.ts';
import { decodeChunk, encodeChunk, type EventChunk } from '../../shared/segments/event-chunk.ts';
import { readRuleSet } from '../../shared/segments/read-rule-set.ts';
import type { SegmentRuleSet } from '../../shared/segments/rule-set.ts';
import { MAX_VALUE, scaleValue } from '../../shared/segments/value.ts';
import { DueUsers } from './due-users.ts';
import { evaluate, Results } from './results.ts';
import { NO_RULES, type Rules, rulesOf } from './rules.ts';
import { encodeUser, type User } from './user-document.ts';
import { HOUR_MS, UserEvents } from './user-events.ts';

export interface SegmentsOptions {
  /** Events slide out in steps of this much event time, ms: what slides out together is told once. */
  readonly stepMs: number;
  /** Results (a user's in one segment) that a rule change or a leap of time may cause with one message. */
  readonly resultsAMessage: number;
  /** The same, with one event. */
  readonly resultsAnEvent: number;
}

export const DEFAULT_SEGMENTS: SegmentsOptions = { stepMs: 1_000, resultsAMessage: 5_000, resultsAnEvent: 50 };

/** What is left to do of a rule change or a leap of time. */
interface Pending {
  /** The time reached so far, ms; absent: the watermark. */
  readonly reached?: number;
  /** The last user (its token) evaluated by the new rules; absent: all are. */
  readonly after?: string;
  /** Segments that users not evaluated yet may be members of. */
  readonly segments?: readonly string[];
}

export function segments(options: SegmentsOptions = DEFAULT_SEGMENTS): StageDefinition<UserEvent> {
  return {
    service: 'segments',
    input: { kind: 'events', events: ['userEvent'], rules: 'segments' },
    tables: {
      rules: { kind: 'result' }, // read by the gateway: which partitions follow which version
      pending: { kind: 'state' },
      events: { kind: 'state', encode: encodeChunk, decode: decodeChunk },
      user: { kind: 'output', encode: encodeUser, lifetimeMs: () => HOUR_MS },
      member: { kind: 'output' },
    },
    open: (ctx) => new Segments(ctx, options),
  };
}

class Segments implements Decision<UserEvent> {
  readonly #ctx: StageContext;
  readonly #options: SegmentsOptions;
  readonly #ruleSets: Table<SegmentRuleSet>;
  readonly #pending: Table<Pending>;
  readonly #chunks: Table<EventChunk>;
  readonly #results: Results;
  readonly #users = new Map<string, User>();
  readonly #due: DueUsers<User>;
  #rules: Rules = NO_RULES;
  /** The time up to which events have slid out, ms. */
  #reached: number;
  /** Users to be evaluated by the new rules, the next one last. */
  #stale: User[] = [];
  /** The last user evaluated by them (its token). */
  #after = '';

  constructor(ctx: StageContext, options: SegmentsOptions) {
    this.#ctx = ctx;
    this.#options = options;
    this.#ruleSets = ctx.table('rules');
    this.#pending = ctx.table('pending');
    this.#chunks = ctx.table('events');
    this.#results = new Results(ctx.table('user'), ctx.table('member'));
    this.#due = new DueUsers(options.stepMs);
    const set = this.#ruleSets.get('');
    if (set) this.#rules = rulesOf(set, NO_RULES);
    const { reached, after, segments: former = [] } = this.#pending.get('') ?? {};
    this.#reached = reached ?? this.#target();
    this.#results.formerSegments = former;
    this.#after = after ?? '';
    this.#load(after);
  }

  onEvent(event: UserEvent): void {
    this.#catchUp(this.#options.resultsAnEvent);
    const scaled = scaleValue(event.value);
    if (scaled === undefined) this.#ctx.late({ reason: `a value over ${MAX_VALUE} cannot be summed exactly`, event });
    else if (event.t + HOUR_MS <= this.#target()) this.#ctx.late({ reason: 'over an hour old', event });
    else if (event.retract) this.#retract(event, scaled);
    else this.#add(event, scaled);
  }

  onRules(json: unknown): void {
    const reading = readRuleSet(json);
    if (reading.kind === 'wrong') {
      this.#ctx.late({ reason: `the rules before stay in force: ${reading.problems.join('; ')}`, event: json });
      return;
    }
    const formerSegments = new Set([...this.#results.formerSegments, ...this.#rules.places.keys()]);
    this.#rules = rulesOf(reading.set, this.#rules);
    this.#ruleSets.put('', reading.set);
    this.#results.formerSegments = [...formerSegments].filter((id) => !this.#rules.places.has(id));
    this.#stale = [...this.#users.values()].sort(byTokenFalling);
    this.#after = '';
    this.#catchUp(this.#options.resultsAMessage);
  }

  onWatermark(): void {
    this.#catchUp(this.#options.resultsAMessage);
  }

  #add({ t, k, type }: UserEvent, scaled: number): void {
    const user = this.#userOf(k) ?? this.#welcome(k);
    const { events } = user;
    const isNewest = t > events.latest;
    const asOf = isNewest ? t : events.asOf;
    const isCounted = events.add(t, USER_EVENT_TYPES.indexOf(type), scaled);
    events.advance(this.#reached);
    if (isNewest || isCounted || events.asOf !== asOf) this.#settle(user);
    else this.#due.schedule(user, events.nextChange); // older than all that the rules look at
  }

  #retract(event: UserEvent, scaled: number): void {
    const { k, t, type } = event;
    const user = this.#userOf(k);
    if (!user?.events.remove(t, USER_EVENT_TYPES.indexOf(type), scaled, this.#reached))
      this.#ctx.late({ reason: 'retraction of an event that was never counted', event });
    else if (user.events.isEmpty) this.#forget(user, t);
    else this.#settle(user);
  }

  #userOf(id: string): User | undefined {
    const user = this.#users.get(id);
    if (!user?.events.isOver(this.#target())) return user;
    this.#slideOut(user); // its turn would come only later: whether it is known must not depend on that
    return undefined;
  }

  #target(): number {
    const { watermark } = this.#ctx;
    return watermark === BEFORE_ALL_TIME ? watermark : this.#due.floor(watermark);
  }

  #load(after: string | undefined): void {
    const byToken = Map.groupBy(this.#chunks.entries(), ([id]) => id.slice(0, id.lastIndexOf('.')));
    for (const [token, entries] of byToken) {
      const chunks = entries.map(([id, chunk]) => {
        chunk.key = id;
        chunk.keyTime = chunk.first;
        return chunk;
      });
      const user = this.#hold(decodeId(token), token, chunks);
      user.events.useWindows(this.#rules.windows, this.#reached);
      evaluate(user, this.#rules);
      this.#due.schedule(user, user.events.nextChange);
      if (after === undefined || token <= after) continue;
      user.rules = undefined; // what it is a member of was decided by rules that are gone, or by these
      this.#stale.push(user);
    }
    this.#stale.sort(byTokenFalling);
  }

  #welcome(id: string): User {
    const user = this.#hold(id, encodeId(id), []);
    user.events.useWindows(this.#rules.windows, this.#reached);
    return user;
  }

  #hold(id: string, token: string, chunks: readonly EventChunk[]): User {
    const user: User = {
      id,
      token,
      idText: JSON.stringify(id),
      events: new UserEvents(this.#chunks, token, chunks),
      rules: this.#rules,
      qualified: this.#rules.segments.map(() => false),
      goneAt: undefined,
      slot: Number.POSITIVE_INFINITY,
    };
    this.#users.set(id, user);
    return user;
  }

  #settle(user: User): void {
    this.#results.show(user, this.#rules, this.#reached);
    this.#due.schedule(user, user.events.nextChange);
  }

  /** Goes on with what a leap of time and a rule change left to do. */
  #catchUp(results: number): void {
    const target = this.#target();
    if (this.#reached === target && this.#stale.length === 0) return;
    const aUser = this.#rules.segments.length + 1;
    let left = results;
    while (left > 0 && this.#reached < target) {
      const next = this.#due.next;
      this.#reached = Math.min(next ?? target, target);
      if (next === this.#reached) for (const user of this.#due.takeNext()) if (this.#slide(user)) left -= aUser;
    }
    while (left > 0 && this.#stale.length > 0) left -= this.#refresh(this.#stale.pop());
    this.#storePending(target);
  }

  /** The user's time has come; false: too early. */
  #slide(user: User): boolean {
    const { events } = user;
    if (events.isOver(this.#reached)) this.#slideOut(user);
    else if (events.advance(this.#reached)) this.#settle(user);
    else {
      this.#due.schedule(user, events.nextChange);
      return false;
    }
    return true;
  }

  /** What it cost. */
  #refresh(user: User | undefined): number {
    if (!user) return 0;
    this.#after = user.token;
    if (user.rules === this.#rules || user.goneAt !== undefined) return 0;
    this.#settle(user);
    return this.#rules.segments.length + 1 + user.events.chunkCount;
  }

  #storePending(target: number): void {
    if (this.#stale.length === 0) this.#results.formerSegments = [];
    const isBehind = this.#reached !== target;
    if (!isBehind && this.#stale.length === 0) this.#pending.delete('');
    else
      this.#pending.put('', {
        ...(isBehind && { reached: this.#reached }),
        ...(this.#stale.length > 0 && { after: this.#after, segments: this.#results.formerSegments }),
      });
  }

  /** Nothing of the last hour is left of the user. */
  #slideOut(user: User): void {
    const { events } = user;
    if (user.rules !== this.#rules) this.#results.adopt(user, this.#rules, this.#reached);
    events.advance(events.latest + HOUR_MS);
    this.#forget(user, events.latest + HOUR_MS);
  }

  #forget(user: User, at: number): void {
    if (user.rules !== this.#rules) this.#results.adopt(user, this.#rules, this.#reached);
    this.#results.showLast(user, this.#rules, at);
    user.slot = Number.POSITIVE_INFINITY;
    user.events.dropAll();
    this.#users.delete(user.id);
  }
}

function byTokenFalling(a: User, b: User): number {
  return a.token < b.token ? 1 : a.token > b.token ? -1 : 0;
}

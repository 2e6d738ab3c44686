/** What readers see of a user: the value of `<partition>.user.<user>` in the bucket of segments. */

export interface SegmentResult {
  readonly qualified: boolean;
  /**
   * What the rule `ruleId` compares: the count, or the sum. Of a derived segment: in how many of its bases the user is.
   */
  readonly value: number;
  /** As of when, in event time, ISO 8601. */
  readonly timestamp: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  /** The first rule that does not hold; the first rule when all hold. null: a derived segment, which has no rules. */
  readonly ruleId: string | null;
  /** What each rule compares, by rule; only when there are several. */
  readonly rules?: Readonly<Record<string, number>>;
}

export interface UserSegments {
  readonly user_id: string;
  /** By segment, all that there are. */
  readonly segments: Readonly<Record<string, SegmentResult>>;
  /** As of when, in event time, ISO 8601. */
  readonly updated: string;
}

/** The value of `<partition>.member.<segment>.<user>`, which is there while the user qualifies. */
export interface SegmentMember {
  readonly user_id: string;
}

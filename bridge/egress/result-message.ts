/** What leaves the mesh: one record of one of three topics, and by what it is known whether it is news. */

export type ResultTopic = 'analytics' | 'aggregations' | 'anomalies';

export interface ResultMessage {
  readonly topic: ResultTopic;
  /** Results about the same thing go to the same Kafka partition, in order. */
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Absent: news whatever was sent before. */
  readonly identity?: ResultIdentity;
}

/** A result that its service may tell again as it is: then it is not sent again. */
export interface ResultIdentity {
  /** Of its window, `2024-06-01T00:00:00`. */
  readonly start: string;
  /** What it is about, within the window. */
  readonly name: string;
  /** What it says. Without `before`, the same as this counts as told: a first result that says nothing. */
  readonly content: string;
  readonly isNothing: boolean;
}

/** The egress of one service, as its owner sees it. */
export interface EgressStatus {
  readonly service: string;
  readonly state: 'starting' | 'running';
  /** Sequence in the service's log up to which everything is in Kafka. */
  readonly position: number;
  /** Commits stored behind the last one read. */
  readonly lagEntries: number;
  readonly lagSeconds: number;
  /** Results read and not yet committed to Kafka. */
  readonly waiting: number;
  readonly sent: number;
  readonly transactions: number;
  /** Sessions that ended in doubt. */
  readonly restarts: number;
  /** Commits that were deleted before they were read. */
  readonly missed: number;
  readonly alarm?: string;
  readonly isReady: boolean;
}

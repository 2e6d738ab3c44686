/** A Kafka partition. */
export interface Source {
  readonly topic: string;
  readonly partition: number;
}

/** What every event of the mesh has, whatever its kind; the kinds' own files say the rest. */
export interface MeshEvent {
  /** Event time, ms since the epoch. */
  readonly t: number;
  /** Key: decides the mesh partition. */
  readonly k: string;
  /** True: an event that counted before, at exactly these values, counts no more. */
  readonly retract?: true;
}

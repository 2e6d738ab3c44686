/** What a user did: topics `order_events`, `activity_events`, `install_events`. */
import type { MeshEvent } from './event.ts';

export const USER_EVENT_TYPES = ['purchase', 'view', 'install'] as const;
export type UserEventType = (typeof USER_EVENT_TYPES)[number];

/** `k`: the user's id. */
export interface UserEvent extends MeshEvent {
  readonly type: UserEventType;
  /** What rules compare with: an amount, a count. 0 when the record has none. */
  readonly value: number;
  readonly session?: string;
  /** As it came. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

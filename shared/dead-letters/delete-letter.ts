/** Takes a letter out of DLQ; that it is gone already is as good. */
import type { JetStreamLog } from '../log/jetstream-log.ts';
import { DLQ } from '../log/names.ts';

export async function deleteLetter({ manager }: JetStreamLog, seq: number): Promise<void> {
  try {
    await manager.streams.deleteMessage(DLQ, seq);
  } catch (error) {
    if ((await manager.streams.getMessage(DLQ, { seq })) !== null) throw error; // else it is gone already
  }
}

/** Downloads of StreamPulse. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import { DOWNLOAD_STATUSES, type DownloadEvent } from '../../../shared/events/download.ts';
import { DataError, quoted } from '../data-error.ts';
import { readChoice, readId, readNumber, readText, readWhole } from '../fields.ts';
import type { JsonObject } from '../json-text.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';
import { jsonText } from './json-line.ts';

export function downloadModel(route: EventRoute<'download'>): Model<DownloadEvent> {
  const { fields } = route;
  const members = [fields.id, fields.key, fields.status, fields.time];
  return {
    read(row) {
      const { values } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const idField = present(values, fields.id);
      const id = readId(values[idField], idField, 'bad-id');
      const userField = present(values, fields.user);
      const user = values[userField] ?? '';
      const statusField = present(values, fields.status);
      const status = readChoice(values[statusField], statusField, DOWNLOAD_STATUSES);
      const seconds = measured(values, fields.seconds, readNumber);
      const mbps = measured(values, fields.mbps, readNumber);
      return {
        t: eventTime(route, fields.time, row),
        k,
        id,
        user: user === '' ? '' : readId(user, userField, 'bad-id'),
        region: text(values, fields.region),
        device: text(values, fields.device),
        os: text(values, fields.os),
        osVersion: text(values, fields.osVersion),
        status,
        bytes: measured(values, fields.bytes, readWhole) ?? 0,
        ...(seconds !== undefined && { seconds }),
        ...(mbps !== undefined && { mbps }),
      };
    },
    isWhole: (values) => hasAll(values, members),
    line: (event) =>
      `{"t":${event.t},"k":${jsonText(event.k)},"id":${jsonText(event.id)},"user":${jsonText(event.user)}` +
      `,"region":${jsonText(event.region)},"device":${jsonText(event.device)},"os":${jsonText(event.os)}` +
      `,"osVersion":${jsonText(event.osVersion)},"status":"${event.status}","bytes":${event.bytes}` +
      `${event.seconds === undefined ? '' : `,"seconds":${event.seconds}`}` +
      `${event.mbps === undefined ? '' : `,"mbps":${event.mbps}`}${event.retract ? ',"retract":true' : ''}}`,
  };
}

/** What a failed download may not know is empty. */
function text(values: JsonObject, names: readonly string[]): string {
  const field = present(values, names);
  return readText(values[field] ?? '', field);
}

function measured(
  values: JsonObject,
  names: readonly string[],
  read: (value: unknown, field: string) => number,
): number | undefined {
  const field = present(values, names);
  const value = values[field] ?? null;
  if (value === null) return undefined;
  const number = read(value, field);
  if (number >= 0) return number;
  throw new DataError('bad-value', `Cannot read ${field} ${quoted(value)}: below zero; correct it at the source`);
}

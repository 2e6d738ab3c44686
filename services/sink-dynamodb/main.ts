/** Composition root of the sink to DynamoDB. */
import { runSink } from '../../shared/sink/run-sink.ts';
import { openDynamoDb } from './open-dynamodb.ts';
import { readDynamoDbSettings } from './settings.ts';

if (import.meta.main) await runSink('dynamodb', (surroundings) => openDynamoDb(readDynamoDbSettings(), surroundings));

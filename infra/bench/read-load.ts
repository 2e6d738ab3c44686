/**
 * A process of its own that reads from the gateway at a steady pace: HTTP/1.1 written and read by hand over connections
 * that stay, because a client's cost would be measured as the gateway's.
 *
 *   read-load.ts <host> <port> <reads a second> <seconds> <customers> <connections> <query>
 *
 * Prints a JSON line in the end (ReadsMade), and one as soon as it counts: the first seconds are not counted.
 * Invariants:
 * 1. A read's time begins when it is due: one that has to wait for a connection has waited for the gateway.
 * 2. Every answer is read whole and is a 200 with the customer that was asked for; another one ends the load.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { latencyFigures } from './percentiles.ts';
import type { LatencyFigures } from './result.ts';

export interface ReadsMade {
  readonly reads: number;
  readonly seconds: number;
  readonly latencyMs: LatencyFigures;
  /** CPU of this process meanwhile. */
  readonly cpuUs: number;
  readonly answerBytes: number;
}

export const COUNTING = 'counting';
/** Until then code is compiled and connections are made; then what had to wait meanwhile is worked off, for so long at most. */
export const WARM_UP_S = 5;
const WORK_OFF_S = 20;
const TICK_MS = 2;
/** Spreads customers over the partitions and the store; has no common divisor with any count of them we use. */
const STRIDE = 7_919;
const HEAD_END = '\r\n\r\n';

class Reads {
  readonly #free: Connection[] = [];
  /** When each read that waits for a connection was due. */
  #due: number[] = [];
  #next = 0;
  #made = 0;
  readonly #customers: number;
  latencies: number[] = [];
  answerBytes = 0;

  constructor(customers: number) {
    this.#customers = customers;
  }

  /** Due, and not asked yet. */
  get waiting(): number {
    return this.#due.length - this.#next;
  }

  due(atMs: number): void {
    this.#due.push(atMs);
    const connection = this.#free.shift(); // in turn: one that is never used is closed by the gateway
    if (connection) this.#ask(connection);
  }

  answered(connection: Connection, dueMs: number, bytes: number): void {
    this.latencies.push(performance.now() - dueMs);
    this.answerBytes += bytes;
    this.ready(connection);
  }

  ready(connection: Connection): void {
    if (this.#next < this.#due.length) this.#ask(connection);
    else this.#free.push(connection);
  }

  #ask(connection: Connection): void {
    const dueMs = this.#due[this.#next++] ?? 0;
    if (this.#next > 10_000) {
      this.#due = this.#due.slice(this.#next);
      this.#next = 0;
    }
    connection.ask(String((this.#made++ * STRIDE) % this.#customers), dueMs);
  }
}

/** One question at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #reads: Reads;
  readonly #request: readonly [string, string];
  #customer = '';
  #dueMs = 0;
  #answer = '';

  constructor(socket: Socket, reads: Reads, host: string, query: string) {
    this.#socket = socket;
    this.#reads = reads;
    this.#request = ['GET /api/v1/customers/', `${query} HTTP/1.1\r\nHost: ${host}\r\n\r\n`];
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('close', () => fail('The gateway closed a connection'));
    reads.ready(this);
  }

  ask(customer: string, dueMs: number): void {
    this.#customer = customer;
    this.#dueMs = dueMs;
    this.#answer = '';
    this.#socket.write(this.#request[0] + customer + this.#request[1]);
  }

  #take(text: string): void {
    this.#answer += text;
    const head = this.#answer.indexOf(HEAD_END);
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#answer.slice(0, head))?.[1]);
    const end = head + HEAD_END.length + length;
    if (Number.isNaN(end)) fail(`An answer without a length: ${this.#answer.slice(0, 300)}`);
    if (this.#answer.length < end) return;
    const isRight = this.#answer.startsWith('HTTP/1.1 200') && this.#answer.includes(`"${this.#customer}"`);
    if (!isRight) fail(`Not customer "${this.#customer}": ${this.#answer.slice(0, 1_000)}`);
    this.#reads.answered(this, this.#dueMs, end);
  }
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}

async function load(reads: Reads, rate: number, seconds: number): Promise<ReadsMade> {
  const startMs = performance.now();
  let total = rate * (WARM_UP_S + WORK_OFF_S + seconds);
  let countedMs = 0;
  let cpuUs = 0;
  for (let made = 0; made < total; await sleep(TICK_MS)) {
    const now = performance.now();
    const due = Math.min(total, Math.floor(((now - startMs) * rate) / 1_000));
    for (; made < due; made++) reads.due(startMs + (made * 1_000) / rate);
    if (countedMs > 0 || made < rate * WARM_UP_S) continue;
    if (reads.waiting > 0 && made < rate * (WARM_UP_S + WORK_OFF_S)) continue;
    countedMs = now;
    total = made + rate * seconds;
    cpuUs = usedUs();
    reads.latencies = [];
    reads.answerBytes = 0;
    console.log(COUNTING);
  }
  const { latencies, answerBytes } = reads;
  const spentMs = performance.now() - countedMs;
  return {
    reads: latencies.length,
    seconds: spentMs / 1_000,
    latencyMs: latencyFigures(latencies),
    cpuUs: usedUs() - cpuUs,
    answerBytes: answerBytes / latencies.length,
  };
}

function usedUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

if (import.meta.main) {
  const [host = '', port = '', rate = '', seconds = '', customers = '', connections = '', query = ''] =
    process.argv.slice(2);
  const reads = new Reads(Number(customers));
  for (let n = 0; n < Number(connections); n++)
    new Connection(connect({ host, port: Number(port), noDelay: true }), reads, `${host}:${port}`, query);
  console.log(JSON.stringify(await load(reads, Number(rate), Number(seconds))));
  process.exit();
}

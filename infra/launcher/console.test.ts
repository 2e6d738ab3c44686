import { describe, expect, it } from 'vitest';
import { Console } from './console.ts';

function record(isTTY: boolean, env = {}): { console: Console; text: () => string } {
  const written: string[] = [];
  const output = { isTTY, write: (text: string) => written.push(text) };
  return { console: new Console(output, env), text: () => written.join('') };
}

describe('Console', () => {
  it('puts the name before each line, aligned', () => {
    const { console, text } = record(false);
    console.line('sales-1', 'a');
    console.line('rfm-1', 'b');
    console.say('c');
    expect(text()).toBe('sales-1 | a\nrfm-1   | b\nweir    | c\n');
  });

  it('keeps one colour a worker on a terminal, and none when NO_COLOR is set', () => {
    const { console, text } = record(true);
    for (const name of ['a', 'b', 'a']) console.line(name, 'x');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for
    const codes = [...text().matchAll(/\u001b\[(\d+)m[ab]/g)].map((match) => match[1]);
    expect(codes[0]).toBe(codes[2]);
    expect(codes[0]).not.toBe(codes[1]);
    const plain = record(true, { NO_COLOR: '1' });
    plain.console.line('a', 'x');
    expect(plain.text()).toBe('a      | x\n');
  });
});

/**
 * The page that compares this bridge with others (comparison.md) may say of itself only what a test shows.
 *
 * Owns: that each code of the page (T: our tests, N R D M: their sources) leads somewhere. Does not own: that a test
 * shows what the page says of it, nor what stands behind the links.
 *
 * 1. A cell about Weir names a test, or says no; a cell about another names a source, or says that there is none.
 * 2. Every code that is used is defined, once; every code that is defined is used.
 * 3. Every test that is named is there: its file, and in it one test, or one group of tests, of that title.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Row {
  readonly section: string;
  /** Of its first column. */
  readonly label: string;
  /** By the column's title. */
  readonly cells: ReadonlyMap<string, string>;
}

const page = readFileSync(new URL('./comparison.md', import.meta.url), 'utf8');
const rows = readRows(page);
const compared = rows.filter(({ cells }) => cells.has('Weir'));
const tests = rows.filter(({ section }) => section === 'Our tests');
const sources = rows.filter(({ section }) => section === 'Their sources');

describe('cells (invariant 1)', () => {
  it('about Weir name a test, or say no', () => {
    const bare = compared.filter(({ cells }) => !/\bT\d|^no$|^not yet\b/.test(cells.get('Weir') ?? ''));
    expect(bare.map(({ label }) => label)).toEqual([]);
    expect(compared.length).toBeGreaterThan(50);
  });
  it('about others name a source, or say that there is none', () => {
    const isFounded = /\b[NRDM]\d|\bnot documented$|\bas above$/;
    const bare = compared.flatMap(({ label, cells }) =>
      [...cells].filter(([who, cell]) => who && who !== 'Weir' && !isFounded.test(cell)).map(([who]) => [label, who]),
    );
    expect(bare).toEqual([]);
  });
  it('are not left open', () => expect(page).not.toMatch(/TODO|TBD|\?\?/));
});

describe('codes (invariant 2)', () => {
  const used = new Set(compared.flatMap(({ cells }) => [...cells.values()].flatMap(codesIn)));
  const defined = [...tests, ...sources].map(({ label }) => label);

  it('that are used are defined', () => expect([...used].filter((code) => !defined.includes(code))).toEqual([]));
  it('that are defined are used', () => expect(defined.filter((code) => !used.has(code))).toEqual([]));
  it('are defined once, and are codes', () => {
    expect(defined.length).toBe(new Set(defined).size);
    expect(defined.filter((code) => codesIn(code)[0] !== code)).toEqual([]);
  });
});

describe('tests that are named (invariant 3)', () => {
  for (const { label, cells } of tests) {
    const [file = '', title = ''] = [cells.get('file'), cells.get('test')];
    it(`${label}: ${file}, ${title}`, () => {
      const url = new URL(`../${file}`, import.meta.url);
      expect(/\.test\.ts$/.test(file) && existsSync(url), 'there is such a file').toBe(true);
      expect(titlesIn(readFileSync(url, 'utf8')).filter((each) => each === title)).toEqual([title]);
    });
  }
});

describe('the titles in a file', () => {
  it('are those of tests and groups, with … for what is filled in', () => {
    const source = [
      "it('one', () => {",
      'test.each(cases)("%s is two", (_) => {',
      "it.each([\n  ['x'],\n])(\n  'three %j', () => {",
      'describe.each(all)("of $name", () => {',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source
      "it(`four ${of.join(', ')}: ${`x`}`, () => {",
      "it('it\\'s five', () => {",
      "expect('six').toBe('seven'); // it ('eight')",
    ].join('\n');
    expect(titlesIn(source)).toEqual(['one', '… is two', 'three …', 'of …', 'four …: …', "it's five"]);
  });
});

/** All rows of all tables. */
function readRows(text: string): Row[] {
  const found: Row[] = [];
  let section = '';
  let titles: readonly string[] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    if (!line.startsWith('|')) titles = undefined;
    else if (!titles) titles = cellsOf(line);
    else if (!/^[|\s-]+$/.test(line)) found.push(readRow(section, titles, cellsOf(line)));
  }
  return found;
}

function readRow(section: string, titles: readonly string[], cells: readonly string[]): Row {
  const [label = ''] = cells;
  if (cells.length !== titles.length) throw new Error(`Cannot read row "${label}": it has ${cells.length} cells`);
  return { section, label, cells: new Map(titles.map((title, at) => [title, cells[at] ?? ''])) };
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function codesIn(cell: string): string[] {
  return cell.match(/\b[TNRDM]\d+\b/g) ?? [];
}

/** A title stands behind `it(`, `test(`, `describe(`, or `each(...)(`. */
function titlesIn(source: string): string[] {
  const literals = source.matchAll(
    /(?:\b(?:it|test|describe)|\))\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:\$\{(?:[^{}`]|`[^`]*`)*\}|[^`\\]|\\.)*)`)/g,
  );
  return [...literals].map(([, single, double, template]) => {
    const title = template?.replaceAll(/\$\{(?:[^{}`]|`[^`]*`)*\}/g, '…') ?? single ?? double ?? '';
    return title.replaceAll(/%[sdijfoO]|\$\w+/g, '…').replaceAll(/\\(.)/g, '$1');
  });
}

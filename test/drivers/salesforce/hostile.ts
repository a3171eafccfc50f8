/** Texts that mean something to SOQL or SOSL, and texts by chance of the same stuff. */

const BY_HAND = [
  "' OR Id != null OR Name = '",
  "\\' OR Id != null OR Name='",
  "\\\\' OR Id != null OR Name='",
  "\\\\\\' OR Name LIKE '%",
  "'",
  "''",
  '\\',
  '\\\\',
  "\\'",
  "'\\",
  "zz' LIMIT 2000 OFFSET 0 --",
  "zz') OR (Name LIKE '%",
  "zz' ORDER BY Name",
  '\\u0027 OR Name != null OR Name = \\u0027',
  '\\n\\r\\t\\b\\f\\"',
  '\\%',
  '\\_',
  '%',
  '_',
  '%%__',
  '100%',
  'a_b',
  '*',
  '?',
  'zz*',
  '?z?z',
  '}',
  '{',
  '{}',
  'zz} IN ALL FIELDS RETURNING User(Id)',
  'zz"} IN ALL FIELDS RETURNING Contact(Id, Email) LIMIT 200',
  '" OR "zz',
  'zz" OR "Id',
  '\\" OR \\"',
  '\\\\" OR "zz',
  'AND',
  'OR',
  'NOT',
  'AND NOT',
  'zz AND yy',
  'zz OR yy',
  'zz AND NOT yy',
  'not in (select Id from User)',
  'zz & yy | xx ! ww',
  '(zz',
  'zz)',
  '((zz) OR (yy))',
  '[zz] ^2 ~3 :4',
  'zz + yy - xx',
  '?&|!{}[]()^~*:\\"\'+-',
  '\\?\\&\\|\\!\\{\\}',
  'zz\nyy',
  "zz\n' OR Id != null",
  'zz\r\n\tyy',
  'zz\u0000yy',
  'zz\u2028yy\u2029xx',
  'ﬀ ＇ OR ＇ ʼ ’',
  '＼’ OR Id != null',
  '😀 👩‍👩‍👧 🇩🇪',
  'é\u0301\u0301\u0301',
  '\u202Ezz\u202C',
  'ＡＮＤ',
  '中文 العربية עברית',
  'SELECT Id FROM Contact',
  "Contact WHERE Email != '",
  'null',
  'true',
  '2026-11-23T00:00:00Z',
  'TODAY',
  '12345',
  ':variable',
  '{!$User.Id}',
  '%27%20OR%20Id%20!%3D%20null',
  '&#39; OR 1=1',
  'a+b@example.test',
  "o'brien@example.test",
  '../../query?q=SELECT+Id+FROM+User',
  'zz#fragment?x=1&q=SELECT',
]

const STUFF = [
  ...[
    '\\',
    "'",
    '"',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '%',
    '_',
    '*',
    '?',
    '&',
    '|',
    '!',
    '^',
    '~',
    ':',
    '+',
    '-',
    ',',
    ';',
    '=',
    '<',
    '>',
    '#',
    '/',
  ],
  ...[' ', '  ', '\n', '\r', '\t', '\u00a0', '\u2028', '\u0000', '\u0085', '\ufeff'],
  ...['zz', 'yy', 'x1', '7', 'ß', 'İ', '你', '😀', 'e\u0301', 'ﬁ', '＇', '’', 'ʼ'],
  ...[
    ' AND ',
    ' OR ',
    ' NOT ',
    ' LIKE ',
    ' IN ',
    'AND',
    'or',
    'Not',
    'null',
    'true',
    ' LIMIT 1',
    ' WHERE ',
    ' FROM User',
    'RETURNING ',
  ],
  ...["\\'", '\\\\', '\\"', '\\%', '\\_', '\\u0027', "' OR ", "') OR (", '"}', '\\}', '@example.test'],
]

/** The same numbers for the same seed. */
const chance = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const LONGEST_PARTS = 24

const made = (next: () => number): string => {
  const parts = 1 + Math.floor(next() ** 2 * LONGEST_PARTS)
  return Array.from({ length: parts }, () => STUFF[Math.floor(next() * STUFF.length)]).join('')
}

export const hostileTexts = (count: number, seed: number): string[] => {
  const next = chance(seed)
  const long = [1_000, 5_000, 20_000].flatMap((length) => ["'", '\\', '"', '%', 'z', '你'].map((char) => char.repeat(length)))
  const known = [...BY_HAND, ...BY_HAND.map((text) => `${text}@example.test`), ...long]
  return [...known, ...Array.from({ length: count - known.length }, () => made(next))]
}

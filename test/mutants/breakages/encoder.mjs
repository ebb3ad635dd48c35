import { transform } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const rows = [transform('escapes'), transform('limits'), transform('columns'), transform('hostile')]

export const ENCODER = [
  ...inFile('transform/writing/json-text', rows, [
    ['does not escape control characters in JSON', 'code < SPACE || ', ''],
    ['does not escape a quote in a long text', '((quote - 0x01010101) & ~quote) |', ''],
    ['splits a surrogate pair where it cuts', 'splitsPair ? end - 1 : end', 'end'],
    ['leaves the text behind when its escapes need new memory', 'out.length = end //', '//'],
    ['makes too little room for what it escapes', 'out.reserve(added + 1)', 'out.reserve(1)'],
  ]),
  ...inFile(
    'transform/sql/text',
    [transform('compact'), transform('ddl')],
    [['does not escape a quote in SQL text', `"'": "\\\\'", `, '']],
  ),
  ...inFile(
    'transform/sql/identifier',
    [transform('ddl')],
    [['does not escape a backtick in an identifier', "'`': '\\\\`',", '']],
  ),
  ...inFile(
    'transform/values/time',
    [transform('time')],
    [
      [
        'gives the wrong nanoseconds',
        'writeDigits(out, seconds)\n    writeNine',
        'writeDigits(out, seconds)\n    writeDigits',
      ],
      ['forgets the borrow of a duration', 'end[0] - start[0] - borrow', 'end[0] - start[0]'],
      [
        'lets a time pass that no column holds',
        'isAfter(time, MAX_TIME) ? MAX_TIME : time',
        'time',
      ],
      [
        'takes milliseconds for nanoseconds',
        '(millis - seconds * 1000) * 1e6',
        'millis - seconds * 1000',
      ],
      [
        'adds seconds and nanoseconds as floats for the milliseconds',
        'Number(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])) / 1e6',
        '(time[0] * NANOS + time[1]) / 1e6',
      ],
      [
        'has milliseconds other than the server divides them',
        'return Number(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])) / 1e6',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the broken code
        'return Number(`${BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])}e-6`)',
      ],
      [
        'reads nanoseconds that no double holds as they are',
        'return readDigits(String(Math.trunc(nanos)))',
        'return readDigits(String(BigInt(Math.trunc(nanos))))',
      ],
    ],
  ),
  ...inFile(
    'transform/writing/digits',
    [transform('numbers'), transform('time')],
    [
      [
        'forgets the zeros in the middle of a number',
        'triple(bytes, at, value - head * 1000)\n  return at + 3',
        'return shortDigits(bytes, at, value - head * 1000)',
      ],
      ['forgets the sign of −0', ' || (value === 0 && 1 / value < 0)', ''],
      ['keeps the zeros at the end of a fraction', 'while (bytes[end - 1] === ZERO) end--', ''],
      ['takes a number for a decimal that is only near to it', ' && millionths / 1e6 === size', ''],
    ],
  ),
  ...inFile(
    'transform/attributes/ordinary',
    [transform('limits'), transform('numbers'), transform('inherited'), transform('hostile')],
    [
      ['does not take back what it had begun to write', '  out.length = start\n', ''],
      ['takes an attribute more than it may', '--left < 0', '--left < -1'],
      [
        'writes numbers that are longer than an attribute may be',
        'return length <= (limits.attributeValueLength ?? length)',
        'return true',
      ],
      [
        'takes what an object inherits for its attributes',
        'for (const _ in prototype) return false',
        '',
      ],
    ],
  ),
  ...inFile(
    'transform/writing/json-text',
    [transform('collector-values')],
    [
      ['leaves U+2028 in nested texts', ".replaceAll('\\u2028', '\\\\u2028')", ''],
      ['leaves U+2029 in nested texts', ".replaceAll('\\u2029', '\\\\u2029')", ''],
    ],
  ),
  ...inFile(
    'transform/values/nested-json',
    [transform('collector-values'), transform('attribute')],
    [
      ['leaves the keys of nested maps in the order they were added in', '.sort(compareUtf8)', ''],
      ['sorts the keys of nested maps by UTF-16', '.sort(compareUtf8)', '.sort()'],
      [
        'sorts all keys of a map, however few can be written',
        '.slice(0, mostElements(encoding) + 1).sort',
        '.slice().sort',
      ],
      [
        'forgets the sign of a nested −0',
        'Number.isFinite(value) ? numberText(value)',
        'Number.isFinite(value) ? String(value)',
      ],
    ],
  ),
  ...inFile(
    'transform/values/utf8-order',
    [transform('collector-values')],
    [
      [
        'takes the order of UTF-16 for that of UTF-8',
        'one < FIRST_SURROGATE && other < FIRST_SURROGATE',
        'true',
      ],
      ['takes a key and one that goes on for equals', 'return a.length - b.length', 'return 0'],
    ],
  ),
  ...inFile(
    'transform/attributes/source',
    [transform('collector-values')],
    [['sorts attributes that are looked into by UTF-16', 'compareUtf8(a, b)', 'a < b ? -1 : 1']],
  ),
  ...inFile(
    'transform/otlp/id',
    [transform('otlp-id')],
    [
      ['leaves ids in base64', 'if (text.length === 2 * size) return text', 'return text'],
      ['takes what is not quite base64 for an id', ' && isBase64Of(bytes, text)', ''],
      ['takes base64 of any length for an id', 'bytes.length === size && ', ''],
      ['knows no URL-safe base64 in ids', ".replace(/-/g, '+')", ''],
      ['wants ids in base64 padded', " || standard === padded.replace(/=+$/, '')", ''],
    ],
  ),
  ...inFile(
    'transform/otlp/any-value',
    [transform('collector-values')],
    [
      ['gives a whole number a sign at zero', 'number + 0', 'number'],
      ['rounds whole numbers of 64 bits', 'BigInt(int as string | number)', 'number'],
    ],
  ),
  ...inFile(
    'transform/compact/compact-rows',
    [transform('compact'), transform('wide')],
    [
      [
        'puts a resource of any length in the statement',
        'if (select.length > MAX_SELECT) return undefined',
        '',
      ],
      [
        'takes a brace in a text of the resource for the end of its map',
        "token !== '}'",
        "token !== '}' && token !== '\"a}\"'",
      ],
      ['gives two columns one short name', 'index < 26 ? letter : ', 'index < 27 ? letter : '],
    ],
  ),
  ...inFile(
    'transform/row/derived',
    [transform('compact')],
    [
      [
        'has milliseconds in a row made whole other than the server divides them',
        'Number(of) / 1e6',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the broken code
        'Number(`${of}e-6`)',
      ],
    ],
  ),
  ...inFile(
    'transform/compact/whole-row',
    [transform('compact')],
    [
      [
        'forgets what follows from other columns when it makes a row whole',
        'row[name] = DERIVATIONS[how].value(row[of])',
        'void DERIVATIONS[how].value(row[of])',
      ],
      [
        'makes a row whole with the keys of another',
        '(listNumber as number) - 1',
        '(listNumber as number) - 2',
      ],
    ],
  ),
  ...inFile(
    'transform/attributes/path',
    [transform('compact'), transform('tables')],
    [
      [
        'takes any key for the one that came next last time',
        'guess !== undefined && guess.name === name',
        'guess',
      ],
      ['does not sort keys', 'compareUtf8(a.name, b.name)', '1'],
      ['sorts keys by UTF-16', 'compareUtf8(a.name, b.name)', 'a.name < b.name ? -1 : 1'],
      ['remembers paths of any length', ' || path.length === MAX_LENGTH', ''],
    ],
  ),
  ...inFile(
    'transform/compact/key-lists',
    [transform('compact')],
    [
      ['numbers key lists from 0 on', 'this.#lists.push(list)', 'this.#lists.push(list) - 1'],
      ['gives key lists more room than there is', 'if (taken > this.#room) {', 'if (false) {'],
    ],
  ),
  ...inFile(
    'transform/row/keyed-map',
    [transform('compact')],
    [
      ['names no key list in the row', 'out.piece(numberMember)\n      writeDigits', 'writeDigits'],
      ['leaves values in the row that have no keys', '    out.length = start\n', ''],
      [
        'counts a text twice that was repaired',
        '    tally.repairedStrings = repairedStrings\n',
        '',
      ],
    ],
  ),
  ...inFile(
    'transform/writing/recent-texts',
    [transform('recent-texts')],
    [
      [
        'takes any text of a length for the one it knows',
        'slot.text === text',
        'slot.text.length === length',
      ],
      [
        'holds what a text is part of',
        'keep(slot, length, start, encoding)\n',
        'keep(slot, length, start, encoding)\n    if (slot.text === text) slot.text = text\n',
      ],
      ['copies a text into a row that has no room for it', ' || length > encoding.room', ''],
    ],
  ),
  ...inFile(
    'transform/types/hex-id',
    [transform('hex-id'), transform('otlp-id')],
    [
      ['makes small letters of what is not hex', ' && HEX.test(value)', ''],
      ['takes any letter for a hex digit', '/[0-9a-f]/.test', '/[0-9a-z]/.test'],
      ['does not count ids that are not hex', 'if (isWritten) encoding', 'if (false) encoding'],
    ],
  ),
  ...inFile(
    'transform/row/once-per-object',
    [transform('once')],
    [
      [
        'remembers a resource of which attributes are still to come',
        'if (source.asyncAttributesPending) return undefined',
        '',
      ],
      ['remembers a resource that has changed', 'source.attributes === attributes &&', ''],
    ],
  ),
  ...inFile(
    'transform/types/number',
    [transform('columns'), transform('hostile')],
    [
      [
        'lets a whole number pass that the column does not hold',
        'number < min ? min : number > max ? max : number',
        'number',
      ],
    ],
  ),
]

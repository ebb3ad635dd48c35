import { transform } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const rows = [transform('escapes'), transform('limits'), transform('columns'), transform('hostile')]

export const ENCODER = [
  ...inFile('transform/writing/json-text', rows, [
    ['does not escape control characters in JSON', 'code < SPACE || ', ''],
    ['does not escape a quote in a long text', '((quote - 0x01010101) & ~quote) |', ''],
    ['splits a surrogate pair when it cuts a text', 'splitsPair ? end - 1 : end', 'end'],
    ['loses the text when its escapes need a larger buffer', 'out.length = end //', '//'],
    ['reserves too little room for escapes', 'out.reserve(added + 1)', 'out.reserve(1)'],
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
        'writes wrong nanoseconds',
        'writeDigits(out, seconds)\n    writeNine',
        'writeDigits(out, seconds)\n    writeDigits',
      ],
      ['forgets the borrow of a duration', 'end[0] - start[0] - borrow', 'end[0] - start[0]'],
      [
        'does not clamp a time that no column can hold',
        'isAfter(time, MAX_TIME) ? MAX_TIME : time',
        'time',
      ],
      [
        'reads milliseconds as nanoseconds',
        '(millis - seconds * 1000) * 1e6',
        'millis - seconds * 1000',
      ],
      [
        'adds seconds and nanoseconds as floats to compute milliseconds',
        'Number(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])) / 1e6',
        '(time[0] * NANOS + time[1]) / 1e6',
      ],
      [
        'computes milliseconds differently from the server',
        'return Number(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])) / 1e6',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the broken code
        'return Number(`${BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])}e-6`)',
      ],
      [
        'reads the exact value of a double instead of its shortest digits as nanoseconds',
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
        'leaves out zeros in the middle of a number',
        'triple(bytes, at, value - head * 1000)\n  return at + 3',
        'return shortDigits(bytes, at, value - head * 1000)',
      ],
      ['forgets the sign of −0', ' || (value === 0 && 1 / value < 0)', ''],
      ['keeps the zeros at the end of a fraction', 'while (bytes[end - 1] === ZERO) end--', ''],
      ['writes a decimal that is only close to the number', ' && millionths / 1e6 === size', ''],
    ],
  ),
  ...inFile(
    'transform/attributes/ordinary',
    [transform('limits'), transform('numbers'), transform('inherited'), transform('hostile')],
    [
      ['does not remove attributes that it began to write', '  out.length = start\n', ''],
      ['writes one attribute more than the limit', '--left < 0', '--left < -1'],
      [
        'writes numbers that are longer than the limit of an attribute',
        'return length <= longest',
        'return true',
      ],
      [
        'writes what attributes inherit of their class',
        'prototype === null || Object.getPrototypeOf(prototype) === null',
        'true',
      ],
    ],
  ),
  ...inFile(
    'transform/writing/json-text',
    [transform('collector-values')],
    [
      ['does not escape U+2028 in nested texts', ".replaceAll('\\u2028', '\\\\u2028')", ''],
      ['does not escape U+2029 in nested texts', ".replaceAll('\\u2029', '\\\\u2029')", ''],
    ],
  ),
  ...inFile(
    'transform/values/nested-json',
    [transform('collector-values'), transform('attribute')],
    [
      ['does not sort the keys of nested maps', '.sort(compareUtf8)', ''],
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
        'compares texts by UTF-16 instead of UTF-8',
        'one < FIRST_SURROGATE && other < FIRST_SURROGATE',
        'true',
      ],
      [
        'treats a key as equal to a longer one that begins with it',
        'return a.length - b.length',
        'return 0',
      ],
    ],
  ),
  ...inFile(
    'transform/attributes/source',
    [transform('collector-values')],
    [
      [
        'sorts attributes by UTF-16 when it reads them one by one',
        'compareUtf8(a, b)',
        'a < b ? -1 : 1',
      ],
    ],
  ),
  ...inFile(
    'transform/otlp/id',
    [transform('otlp-id')],
    [
      [
        'does not convert ids from base64',
        'if (text.length === 2 * size) return text',
        'return text',
      ],
      ['accepts invalid base64 as an id', ' && isBase64Of(bytes, text)', ''],
      ['accepts base64 of any length as an id', 'bytes.length === size && ', ''],
      ['does not read URL-safe base64 in ids', ".replace(/-/g, '+')", ''],
      ['requires padding in base64 ids', " || standard === padded.replace(/=+$/, '')", ''],
    ],
  ),
  ...inFile(
    'transform/otlp/any-value',
    [transform('collector-values')],
    [
      ['keeps the sign of an integer −0', 'number + 0', 'number'],
      ['rounds 64-bit integers', 'BigInt(int as string | number)', 'number'],
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
        'reads a brace in a text of the resource as the end of its map',
        "token !== '}'",
        "token !== '}' && token !== '\"a}\"'",
      ],
      ['gives two columns the same short name', 'index < 26 ? letter : ', 'index < 27 ? letter : '],
    ],
  ),
  ...inFile(
    'transform/row/derived',
    [transform('compact')],
    [
      [
        'computes milliseconds in a row made whole differently from the server',
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
        'leaves out derived columns when it makes a row whole',
        'row[name] = DERIVATIONS[how].value(row[of])',
        'void DERIVATIONS[how].value(row[of])',
      ],
      [
        'makes a row whole with the keys of another row',
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
        'assumes that the same key follows as last time',
        'guess?.name === name ? guess',
        'guess ? guess',
      ],
      ['takes an inherited key for an attribute', 'Object.hasOwn(values, name) ?', 'true ?'],
      ['does not sort keys', 'compareUtf8(a.name, b.name)', '1'],
      ['sorts keys by UTF-16', 'compareUtf8(a.name, b.name)', 'a.name < b.name ? -1 : 1'],
      ['remembers paths of any length', ' || path.length === MAX_LENGTH', ''],
    ],
  ),
  ...inFile(
    'transform/compact/key-lists',
    [transform('compact')],
    [
      ['numbers key lists from 0', 'this.#lists.push(list)', 'this.#lists.push(list) - 1'],
      ['uses more room for key lists than there is', 'if (taken > this.#room) {', 'if (false) {'],
    ],
  ),
  ...inFile(
    'transform/row/keyed-map',
    [transform('compact')],
    [
      [
        'does not write the number of the key list into the row',
        'out.piece(numberMember)\n      writeDigits',
        'writeDigits',
      ],
      ['leaves values without keys in the row', '    out.length = start\n', ''],
      ['counts a repaired text twice', '    tally.repairedStrings = repairedStrings\n', ''],
    ],
  ),
  ...inFile(
    'transform/writing/recent-texts',
    [transform('recent-texts')],
    [
      ['confuses texts of the same length', 'slot.text === text', 'slot.text.length === length'],
      [
        'keeps the long text in memory that a remembered text is a slice of',
        'slot.text = copy\n',
        'slot.text = text\n',
      ],
      ['copies a text into a row that has no room for it', ' && text.length <= encoding.room', ''],
    ],
  ),
  ...inFile(
    'transform/types/hex-id',
    [transform('hex-id'), transform('otlp-id')],
    [
      ['turns ids that are not hex into lower case', ' && HEX.test(value)', ''],
      ['accepts any letter as a hex digit', '/[0-9a-f]/.test', '/[0-9a-z]/.test'],
      ['does not count ids that are not hex', 'if (isWritten) encoding', 'if (false) encoding'],
    ],
  ),
  ...inFile(
    'transform/row/once-per-object',
    [transform('once')],
    [
      [
        'remembers a resource whose attributes are still pending',
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
        'does not clamp an integer that the column cannot hold',
        'number < min ? min : number > max ? max : number',
        'number',
      ],
    ],
  ),
]

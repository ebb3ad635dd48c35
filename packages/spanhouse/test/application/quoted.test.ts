// Arguments for the shell of Windows. The program reads its line by the rules of Microsoft's C runtime.
import { expect, test } from 'vitest'
import { quoted } from '../../src/application/child.js'

test.each([
  ['a plain word stays as it is', 'app.js', 'app.js'],
  ['a folder stays as it is', 'C:\\app\\', 'C:\\app\\'],
  ['an empty argument stays an argument', '', '""'],
  ['blanks are quoted', 'two words', '"two words"'],
  ['a quote is doubled', 'say "hi" now', '"say ""hi"" now"'],
  ['a backslash at the end does not escape the quote', 'C:\\my app\\', '"C:\\my app\\\\"'],
  ['several of them neither', 'a b\\\\', '"a b\\\\\\\\"'],
  ['nor does one before a quote', 'a\\"b', '"a\\\\""b"'],
  ['other backslashes stay', 'C:\\my app\\x', '"C:\\my app\\x"'],
])('%s', (_, text, line) => {
  expect(quoted(text)).toBe(line)
})

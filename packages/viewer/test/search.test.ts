import { describe, expect, test } from 'vitest'
import { completed, typingAt, valueSuggestions, wordSuggestions } from '../src/traces/completion.js'
import {
  chipParts,
  quoted,
  tokensOf,
  unquoted,
  withDuration,
  withMore,
  without,
} from '../src/traces/tokens.js'

const texts = (text: string) => tokensOf(text).map((token) => token.text)

describe('conditions of a search text', () => {
  test('spaces separate them, but not in quotes', () => {
    expect(texts(' service:shop  name:"GET /users/:id" "free text" a="b \\" c" ')).toEqual([
      'service:shop',
      'name:"GET /users/:id"',
      '"free text"',
      'a="b \\" c"',
    ])
  })

  test('a quote that is not closed goes to the end', () => {
    expect(texts('status:error name:"GET /us')).toEqual(['status:error', 'name:"GET /us'])
    expect(texts('a="b\\')).toEqual(['a="b\\'])
  })

  test('one can be removed, and one that is there already is not added again', () => {
    expect(without('a=1 "b c" d=2', 1)).toBe('a=1 d=2')
    expect(withMore('a=1', 'a=1 b=2')).toBe('a=1 b=2')
    expect(withDuration('a=1 duration:>5ms b', 'duration:<9ms')).toBe('a=1 b duration:<9ms')
  })

  test.each(['plain', 'two words', 'a "quote"', 'back\\slash', '', '"', '\\"', '🙂 {x:String}'])(
    'the value %j is the same after it was quoted, and is one condition',
    (value) => {
      expect(unquoted(quoted(value))).toBe(value)
      expect(texts(`key=${quoted(value)}`)).toHaveLength(1)
    },
  )

  test('a chip has the parts of its condition', () => {
    expect(chipParts('duration:>500ms')).toEqual({ key: 'duration', op: ':>', value: '500ms' })
    expect(chipParts('user.id!=3')).toEqual({ key: 'user.id', op: '!=', value: '3' })
    expect(chipParts('"free text"')).toEqual({ key: '', op: '', value: 'free text' })
    expect(chipParts('url=http://a/?b=c')).toEqual({ key: 'url', op: '=', value: 'http://a/?b=c' })
  })
})

describe('completion', () => {
  test('knows what is being typed at the caret', () => {
    expect(typingAt('status:error ser', 16)).toMatchObject({ kind: 'word', prefix: 'ser' })
    expect(typingAt('service:sh', 10)).toMatchObject({
      kind: 'field',
      field: 'service',
      prefix: 'sh',
    })
    expect(typingAt('http.route=/us', 14)).toMatchObject({
      key: 'http.route',
      op: '=',
      prefix: '/us',
    })
    expect(typingAt('name:"GET /u', 12)).toMatchObject({ field: 'name', prefix: 'GET /u' })
    expect(typingAt('a=1  ', 5)).toMatchObject({ kind: 'word', prefix: '' })
  })

  test('words of the language come before attributes, beginnings before what contains it', () => {
    const keys = [
      { key: 'http.status_code', place: 'span' },
      { key: 'status.text', place: 'span' },
    ]
    expect(wordSuggestions('status', keys).map(({ insert }) => insert)).toEqual([
      'status:',
      'status.text=',
      'http.status_code=',
    ])
  })

  test('a value takes the place of what was typed and is quoted if it must be', () => {
    const draft = 'a=1 name:ge b=2'
    const typing = typingAt(draft, 11)
    if (typing.kind === 'word') throw new Error('it is a value')
    const [first] = valueSuggestions(typing, [{ value: 'GET /users', hint: '' }])
    expect(first && completed(draft, typing.token, first)).toEqual({
      draft: 'a=1 name:"GET /users" b=2',
      caret: 21,
    })
  })

  test('a key that the language would read otherwise is quoted, and its values are found', () => {
    const [suggestion] = wordSuggestions('a:b', [{ key: 'a:b c', place: 'span' }])
    expect(suggestion?.insert).toBe('"a:b c"=')
    const typing = typingAt('"a:b c"=x', 9)
    expect(typing).toMatchObject({ kind: 'attribute', key: 'a:b c', prefix: 'x' })
    if (typing.kind === 'word') throw new Error('it is a value')
    expect(valueSuggestions(typing, [{ value: 'xy', hint: '' }])[0]?.insert).toBe('"a:b c"=xy')
    expect(chipParts('"a:b c"=xy')).toEqual({ key: 'a:b c', op: '=', value: 'xy' })
  })
})

import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { clock } from '../../src/common/clock.js'
import { watchFirstRows } from '../../src/telemetry/first-rows.js'

let subjects = 0
let lines: string[]
let pass: () => void

beforeEach(() => {
  lines = []
  const due = new Set<() => void>()
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void lines.push(String(text)))
  vi.spyOn(clock, 'setTimeout').mockImplementation((callback) => {
    due.add(callback)
    return Object.assign(callback, { unref: () => callback }) as never
  })
  vi.spyOn(clock, 'clearTimeout').mockImplementation(
    (timer) => void due.delete(timer as never as () => void),
  )
  onTestFinished(() => void vi.restoreAllMocks())
  pass = () => {
    for (const callback of due) callback()
    due.clear()
  }
})

const watch = (subject = `subject ${subjects++}`) => watchFirstRows('primary (host)', subject)

test('failures are said once, after a while', () => {
  const watched = watch()
  watched.failed('refused.', 3)
  expect(lines).toEqual([])
  watched.failed('still refused.', 5)
  pass()
  watched.failed('still refused.', 7)
  pass()
  watched.ended(7)
  expect(lines).toEqual([
    'primary (host) has taken no rows: still refused. Rows are kept and sent again (5 so far).',
  ])
})

test('a server that comes meanwhile is not complained of, nor one that fails later', () => {
  const watched = watch()
  watched.failed('refused.', 3)
  watched.taken()
  pass()
  watched.failed('refused.', 3)
  pass()
  watched.ended(3)
  expect(lines).toEqual([])
})

test('rows that are not kept are not said to be', () => {
  const watched = watch()
  watched.failed('rows were dropped (too_large).', 0)
  pass()
  expect(lines).toEqual(['primary (host) has taken no rows: rows were dropped (too_large).'])
})

test('an end has the number of lost rows in the one line', () => {
  const watched = watch()
  watched.failed('refused.', 3)
  watched.ending()
  watched.failed('refused again.', 3)
  pass()
  expect(lines).toEqual([])
  watched.ended(3)
  watched.ended(3)
  expect(lines).toEqual([
    'primary (host) has taken no rows: refused again. 3 rows were not delivered and are lost.',
  ])
})

test('an end that loses nothing is none: what fails after it is said', () => {
  const watched = watch()
  watched.failed('refused.', 2)
  watched.ending()
  watched.ended(0)
  watched.failed('refused.', 2)
  pass()
  expect(lines).toHaveLength(1)
})

test('a server that has not answered at all is said at the end', () => {
  const watched = watch()
  watched.ending()
  watched.ended(2)
  expect(lines[0]).toContain('it has not answered')
})

test('two exporters to one destination say it once', () => {
  const subject = `subject ${subjects++}`
  for (const watched of [watch(subject), watch(subject)]) watched.ended(1)
  expect(lines).toHaveLength(1)
})

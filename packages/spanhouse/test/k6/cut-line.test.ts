import { expect, test } from 'vitest'
import { newIntake } from '../../src/k6/intake.js'
import type { Sample } from '../../src/k6/record.js'

const LINE = JSON.stringify({
  ...{ metric: 'waited', type: 'Point' },
  data: { time: '2026-11-29T12:00:00Z', value: 12.5, tags: { place: 'Zürich {"x":1}' } },
})
const PROGRESS = '\nrunning (00m01.0s), 1/1 VUs, 7 complete\ndefault   [  50% ] 1 VUs\n'

function read(bytes: Buffer) {
  const samples: Sample[] = []
  const texts: string[] = []
  const intake = newIntake(
    { attributes: { run_id: 'r' } },
    { sample: (one) => samples.push(one), text: (line) => texts.push(line) },
  )
  intake.take(bytes)
  intake.end()
  return { samples, texts, skipped: intake.skipped }
}

const cutAt = (at: number, between = PROGRESS) => {
  const bytes = Buffer.from(LINE)
  const parts = [bytes.subarray(0, at), Buffer.from(between), bytes.subarray(at)]
  return Buffer.concat([...parts, Buffer.from(`\n${LINE}\n`)])
}

test('a sample that the progress of k6 has cut in two is whole again, unless a letter was cut', () => {
  const inLetter = Buffer.from(LINE.slice(0, LINE.indexOf('ü'))).length + 1
  for (let at = 1; at < Buffer.byteLength(LINE); at++) {
    const { samples, texts, skipped } = read(cutAt(at))
    const isWhole = at !== inLetter
    expect(samples.length, `cut at ${at}`).toBe(isWhole ? 2 : 1)
    for (const { value, tags } of samples)
      expect({ value, tags }).toEqual({ value: 12.5, tags: { place: 'Zürich {"x":1}' } })
    expect(texts.length).toBe(isWhole ? 2 : 3)
    expect(skipped).toMatchObject({ text: isWhole ? 2 : 3, broken: isWhole ? 0 : 1 })
  }
})

test('a sample without its end is counted once, whatever follows', () => {
  const begun = LINE.slice(0, 50)
  expect(read(Buffer.from(begun)).skipped.broken).toBe(1)
  expect(read(Buffer.from(`${begun}\n${PROGRESS}`)).skipped).toMatchObject({ broken: 1, text: 2 })
  expect(read(Buffer.from(`${begun}\n${LINE}\n`))).toMatchObject({
    samples: [{ value: 12.5 }],
    skipped: { broken: 1, text: 0 },
  })
  expect(read(Buffer.from(`${begun}\n${begun}\n${LINE.slice(50)}\n`))).toMatchObject({
    samples: [{ value: 12.5 }],
    skipped: { broken: 1, text: 0 },
  })
})

test('the end is not looked for without end', () => {
  const between = 'a line\n'.repeat(2000)
  expect(read(cutAt(50, `\n${between}`)).samples).toHaveLength(1)
})

test('lines of the summary of k6 that begin with a brace are no broken samples', () => {
  const lines =
    '      { expected_response:true }...: avg=84ms min=10ms\n      { name:shop }.......: 2\n'
  expect(read(Buffer.from(lines)).skipped).toMatchObject({ text: 2, broken: 0 })
})

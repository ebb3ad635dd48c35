// docs/comparison.md: that its figures about us are the measured ones, and that each statement about others has its source.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../packed/packed.js'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const text = read('docs/comparison.md')
const [body = '', sources = ''] = text.split('## Sources')

test('each figure about spanhouse stands in docs/performance.md, where it was measured', () => {
  const [, ours = ''] = /^- \*\*spanhouse\*\*: (.*?)\n- \*\*/ms.exec(body) ?? []
  const figures = ours.match(/\d+[.,]\d+/g) ?? []
  expect(figures.length).toBeGreaterThan(8)
  const measured = read('docs/performance.md')
  for (const figure of figures) expect(measured).toContain(figure)
})

test('each number in brackets is a source, and each source is used', () => {
  const used = new Set(
    [...body.matchAll(/\[([\d, ]+)\](?!\()/g)].flatMap(([, list = '']) => list.split(', ')),
  )
  const given = [...sources.matchAll(/^(\d+)\. /gm)].map(([, number]) => number)
  expect([...used].sort()).toEqual(given)
})

test('a source in a repository names the commit at which it was read', () => {
  const links = [...sources.matchAll(/https:\/\/github\.com\/[^)]+/g)].map(([link]) => link)
  expect(links.length).toBeGreaterThan(5)
  for (const link of links) expect(link).toMatch(/\/(blob|tree)\/[0-9a-f]{40}\//)
})

test('every row of the table says something about each way', () => {
  const [, table = ''] = body.split('## Side by side')
  const rows = table.split('\n').filter((line) => line.startsWith('| '))
  expect(rows.length).toBeGreaterThan(12)
  for (const row of rows) expect(row.split(' | '), row).toHaveLength(7)
})

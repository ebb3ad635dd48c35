// Every link of the documents that stays in this repository: to a file, and to a heading of it.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { documents } from '../packed/documents.js'
import { root } from '../packed/packed.js'

const texts = new Map(documents())

/** As GitHub makes them: in lower case, without punctuation, with hyphens for spaces, numbered if they repeat. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>()
  const headings = withoutCode(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)
  return [...headings].map(([, heading = '']) => {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
    const anchor = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '')

/** Links of a document, those to our repository on GitHub as paths. */
function linksOf(file: string, text: string): [path: string, anchor: string][] {
  const targets = [
    ...withoutCode(text).matchAll(/\]\(\s*<?([^)\s>]+)/g),
    ...text.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/gm),
  ].map(([, target = '']) => target)
  return targets.flatMap((target): [string, string][] => {
    const own = target.replace(
      /^https:\/\/github\.com\/OWNER\/spanhouse\/(?:blob|tree)\/main\//,
      '/',
    )
    if (/^[a-z][a-z+.-]*:/i.test(own)) return []
    const [path = '', anchor = ''] = own.split('#')
    if (path === '') return [[file, anchor]]
    return [[path.startsWith('/') ? path.slice(1) : normalize(join(dirname(file), path)), anchor]]
  })
}

test.each([...texts])('each link of %s leads to a file, and to a heading of it', (file, text) => {
  for (const [path, anchor] of linksOf(file, text)) {
    expect(existsSync(join(root, path)), path).toBe(true)
    if (anchor !== '') expect(anchorsOf(texts.get(path) ?? ''), path).toContain(anchor)
  }
})

test('a link without its heading is found, and so are headings with code and repeated ones', () => {
  const text = '# The `stats()` call\n## Again\n## Again\n```sh\n# no heading\n```\n'
  expect(anchorsOf(text)).toEqual(['the-stats-call', 'again', 'again-1'])
  expect(linksOf('docs/a.md', '[a](b.md#c) [d](#e) [f](https://example.com) `[x]`')).toEqual([
    ['docs/b.md', 'c'],
    ['docs/a.md', 'e'],
  ])
  const ours = 'https://github.com/OWNER/spanhouse/blob/main/docs/own-tables.md#x'
  expect(linksOf('README.md', `[a](${ours})`)).toEqual([['docs/own-tables.md', 'x']])
})

test('every document of docs is reached from the README or from a document beside it', () => {
  const linked = new Set(
    [...texts].flatMap(([file, text]) => linksOf(file, text).map(([path]) => path)),
  )
  const lost = [...texts.keys()].filter(
    (file) => /^docs\/[^/]+\.md$/.test(file) && !linked.has(file),
  )
  expect(lost).toEqual([])
})

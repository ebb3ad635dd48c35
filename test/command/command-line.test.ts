import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../packages/spanhouse/src/commands/index.js'
import { main } from '../../packages/spanhouse/src/commands/main.js'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { memoryOutput } from '../kit/memory-output.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

async function type(line: string[], width = 80) {
  const out = memoryOutput({ width })
  const err = memoryOutput({ width })
  const signal = new AbortController().signal
  const code = await main(line, { env: {}, cwd: temporaryDirectory(), out, err, signal })
  return { code, out: out.text(), err: err.text(), lines: out.lines() }
}

/** Without the examples: they are to be copied, so they are never broken. */
function prose(lines: readonly string[]): readonly string[] {
  return lines.filter((one) => !one.startsWith('  spanhouse '))
}

describe.each([80, 140, 60])('At %d columns', (width) => {
  test.each([[], ['--help'], ['-h'], ['help']])('%j lists all commands', async (...line) => {
    const { code, lines, out } = await type(line as string[], width)
    expect(code).toBe(0)
    for (const name of Object.keys(COMMANDS)) expect(out).toContain(`  ${name}`)
    for (const one of prose(lines)) expect(displayWidth(one)).toBeLessThanOrEqual(width)
  })

  test.each(Object.keys(COMMANDS))('the help of %s has its options and examples', async (name) => {
    const { code, lines, out } = await type([name, '--help'], width)
    expect(code).toBe(0)
    expect(out).toBe((await type(['help', name], width)).out)
    expect(out).toBe((await type(['--help', name], width)).out)
    expect(out).toBe((await type(['-h', name, '--json'], width)).out)
    expect(out).toMatch(
      new RegExp(`^.*Usage: spanhouse ${name} .*Examples:\\n  spanhouse ${name}`, 's'),
    )
    for (const one of prose(lines)) expect(displayWidth(one)).toBeLessThanOrEqual(width)
  })
})

test('--version prints the version', async () => {
  expect(await type(['--version'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
  })
})

test.each([
  [['dvv'], /no command dvv: did you mean spanhouse dev\?$/],
  [['ruN'], /did you mean spanhouse run\?$/],
  [['dve'], /did you mean spanhouse dev\?$/],
  [['qqqqq'], /no command qqqqq: choose dev, run, ui, .* or table\.$/],
  [['constructor'], /no command constructor/],
  [['--port', 'dev'], /The command comes first, and then its options: .* spanhouse dev --port/],
  [['--', 'node', 'app.js'], /Name a command first: spanhouse dev -- node app\.js\.$/],
  [['node', 'app.js'], /did you mean spanhouse dev -- node\?$/],
  [['app.mjs'], /did you mean spanhouse dev -- node app\.mjs\?$/],
  [['https://me:secret@host'], /must be a command/],
  [['dev', '--frsh'], /has no option --frsh: did you mean --fresh\? See spanhouse dev --help\.$/],
  [['dev', '--frehs'], /did you mean --fresh\?/],
  [['dev', '--password=secret'], /has no option --password/],
  [['dev', '--endpoint'], /--endpoint needs a value: --endpoint URL\. See/],
  [['tail', '--service', '--errors'], /--service needs a value: --service NAME\. See/],
  [['dev', '--fresh=1'], /--fresh takes no value\. See/],
  [['ui', 'extra'], /The form is: spanhouse ui/],
  [
    ['ui', 'https://me:secret@host'],
    /[Gg]ive the URL with --endpoint: spanhouse ui --endpoint URL\. See/,
  ],
  [['ddl', 'http://me:secret@host'], /The form is: spanhouse ddl/],
  [['ui', '--', 'node'], /starts no command/],
  [['ui', '--port', '99999'], /--port takes a number/],
  [['ui', '--port', 'x'], /--port takes a number/],
  [['ui', '--endpoint', 'ftp://me:secret@host'], /--endpoint must begin with http/],
  [['ui', '--endpoint', 'http://me:secret@host:port'], /--endpoint must be a URL/],
  [['run'], /Name the command/],
])('%j is answered with one sentence', async (line, sentence) => {
  const { code, out, err } = await type(line)
  expect(code).toBeGreaterThan(0)
  expect(out).toBe('')
  expect(err).toMatch(/^spanhouse: [^\n]+\n$/)
  expect(err.trim()).toMatch(sentence)
  expect(err).not.toContain('secret')
})

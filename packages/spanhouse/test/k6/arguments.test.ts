import { expect, test } from 'vitest'
import { isK6, withOutput } from '../../src/k6/arguments.js'

const FILES = { output: '/tmp/o', summary: '/tmp/s' }
const OURS = ['--out', 'json=/tmp/o']
const SUMMARY = ['--summary-export', '/tmp/s']
const words = (text: string) => text.split(' ')

test.each([
  ['k6 run script.js', ['k6', 'run', ...OURS, ...SUMMARY, 'script.js']],
  ['k6 -q run -u 5 script.js', ['k6', '-q', 'run', ...OURS, ...SUMMARY, '-u', '5', 'script.js']],
  [
    'k6 --log-output none -a localhost:0 run x.js',
    ['k6', '--log-output', 'none', '-a', 'localhost:0', 'run', ...OURS, ...SUMMARY, 'x.js'],
  ],
  ['k6 run -', ['k6', 'run', ...OURS, ...SUMMARY, '-']],
  ['./k6-kafka run run', ['./k6-kafka', 'run', ...OURS, ...SUMMARY, 'run']],
  ['env A=1 k6 run x.js', ['env', 'A=1', 'k6', 'run', ...OURS, ...SUMMARY, 'x.js']],
  ['npm run k6 run x.js', ['npm', 'run', 'k6', 'run', ...OURS, ...SUMMARY, 'x.js']],
  ['mine run x.js', ['mine', 'run', ...OURS, ...SUMMARY, 'x.js']],
])('%s gets our output and summary after run', (line, command) => {
  expect(withOutput(words(line), {}, FILES)).toEqual({ command, summary: '/tmp/s' })
})

test.each([
  ['k6 run --summary-export mine.json x.js', {}, 'mine.json'],
  ['k6 run --summary-export=mine.json x.js', {}, 'mine.json'],
  ['k6 run x.js', { K6_SUMMARY_EXPORT: 'mine.json' }, 'mine.json'],
])('the summary of %s with %j is read where the user wants it', (line, env, summary) => {
  const made = withOutput(words(line), env, FILES)
  expect(made.summary).toBe(summary)
  expect(made.command).not.toContain('/tmp/s')
})

test('outputs of K6_OUT stay, unless the command line has outputs, which replace them', () => {
  const env = { K6_OUT: 'csv=a.csv,, json=b.json' }
  const count = (line: string) =>
    withOutput(words(line), env, FILES).command.filter((word) => word === '--out').length
  expect(count('k6 run x.js')).toBe(3)
  expect(count('k6 run -o csv x.js')).toBe(1)
  expect(count('k6 run --out=csv x.js')).toBe(1)
})

test.each([
  ...['k6 version', 'k6', 'docker run grafana/k6 run -', 'kubectl exec k6 run x.js'],
  ...['k6 cloud run x.js', 'k6 cloud run --local-execution x.js', 'k6 cloud x.js', 'k6 help run'],
  ...['k6 inspect run', 'k6 archive x.js', 'k6 -v new run'],
])('%s is refused', (line) => {
  expect(() => withOutput(words(line), {}, FILES)).toThrow(/spanhouse k6/)
})

test.each([
  ['k6', true],
  ['/opt/k6.exe', true],
  ['C:\\k6\\k6.exe', true],
  ['./k6-kafka', true],
  ['k6.json', false],
  ['results.json', false],
  ['my-k6', false],
])('%s as a first word begins the command of the user: %s', (word, isIt) => {
  expect(isK6(word)).toBe(isIt)
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { envWithFile, only } from './config-kit.js'

const PAGE = new URL('../../../../docs/clusters.md', import.meta.url)
// test/command/ddl-cluster.test.ts runs its commands.
const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  .filter(([, language]) => language !== 'sh')
  .map(([, language = '', text = '']) => [language, text] as const)

test.each(blocks)(
  'each block of docs/clusters.md that is no command is a configuration file: %s %s',
  (language, text) => {
    expect(language).toBe('json')
    const { hosts, targets } = only({}, envWithFile(JSON.parse(text)))
    expect(hosts?.endpoints.length).toBeGreaterThan(1)
    const { schema, creation, database, table } = targets[0]
    expect(schema.ddl({ ...creation, database, table }).length).toBeGreaterThan(1)
  },
)

test('rows go into the table that `insertInto` names, and both tables are created', () => {
  const into = (insertInto: string) => {
    const options = { cluster: 'main', distributed: { insertInto } }
    const [target] = only(options).targets
    return [target.table, target.insertsInto]
  }
  expect(into('distributed')).toEqual(['traces', undefined])
  expect(into('local')).toEqual(['traces', 'traces_local'])
})

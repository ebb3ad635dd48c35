import type { DestinationConfig, Signal } from '#exporter'
import { type Check, type Finding, type Found, ok } from '../check.js'
import type { Facts } from '../facts.js'
import { NOT_CHECKED, runChecks } from '../run-checks.js'
import { newTableFacts } from '../table-facts.js'
import { rights } from './rights.js'
import { columns, deduplication, engine, table, ttl } from './table.js'

const OF_A_TABLE = [rights, table, engine, columns, deduplication, ttl] as const

/** What was asked for the traces, for the tables of logs and metrics: one line if all is well. */
export const logs: Check<Facts> = tablesOf('logs')
export const metrics: Check<Facts> = tablesOf('metrics')

function tablesOf(signal: Exclude<Signal, 'traces'>): Check<Facts> {
  return {
    id: signal,
    title: signal,
    needs: ['credentials'],
    deadlineMs: 60_000,
    async run(facts, abort) {
      const { configs, destination } = facts
      const own = configs.get(signal)?.destinations.find(({ name }) => name === destination.name)
      if (!own) return []
      const found: Found[] = []
      const names: string[] = []
      for (const target of own.targets) {
        // Its checks have run.
        if (destination.signal === signal && target === destination.targets[0]) continue
        names.push(`${target.database}.${target.table}`)
        const findings = await findingsOn(facts, { ...own, targets: [target] }, abort)
        found.push(...findings.filter(isNews).map(named(names.at(-1) ?? '')))
      }
      return found.length > 0 || names.length === 0 ? found : [ok(wellText(names))]
    },
  }
}

function isNews({ level, text }: Finding): boolean {
  return level !== 'ok' && !text.startsWith(NOT_CHECKED)
}

function findingsOn(
  facts: Facts,
  destination: DestinationConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [target] = destination.targets
  const factsOf = (passed: Facts['passed']): Facts => ({
    ...facts,
    destination,
    table: newTableFacts(facts.server, target),
    passed,
  })
  const watch = { signal, begin: () => () => {} }
  return runChecks(OF_A_TABLE, factsOf, watch, ['credentials'])
}

/** Says which table a finding is about, if it does not itself. */
function named(table: string): (found: Finding) => Found {
  return ({ check: _, title, text, ...found }) => ({
    ...found,
    text: text.includes(table) ? text : `${table}: ${text}`,
  })
}

function wellText(names: readonly string[]): string {
  const [first = ''] = names
  const which = names.length === 1 ? first : `${first} and ${names.length - 1} more tables`
  return `${which}: rights, columns, deduplication are fine`
}

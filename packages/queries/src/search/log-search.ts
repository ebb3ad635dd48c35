import type { LogTable } from '../table/log-table.js'
import { attribute, holds, oneOf, traceIs } from './conditions.js'
import type { AttributeCondition } from './search.js'
import { severityOf } from './severity.js'
import { all, type Sql } from './sql.js'
import { inTimeRange, type TimeRange } from './time-range.js'

/** Which lines of logs are looked for. All conditions must be fulfilled. */
export interface LogSearch extends TimeRange {
  readonly services?: readonly string[] | undefined
  /** The least severity as OTLP numbers them: 9 is info, 13 is warn, 17 is error. */
  readonly minSeverity?: number | undefined
  /** A whole id, or the beginning of one. */
  readonly traceId?: string | undefined
  /** Of the line or of its resource. */
  readonly attributes?: readonly AttributeCondition[] | undefined
  /** Words in the body, the event's name or a value of an attribute, in any case. */
  readonly text?: readonly string[] | undefined
}

/** What a line must fulfil, as an expression of SQL over `log`. */
export function logConditions(table: LogTable, search: LogSearch): Sql {
  const { fields } = table
  const { services, minSeverity, traceId, attributes = [], text = [] } = search
  return all([
    inTimeRange(table, search),
    services && services.length > 0 ? oneOf(fields.service, services) : undefined,
    minSeverity === undefined
      ? undefined
      : {
          sql: `${severityOf(table)} >= {min_severity:UInt8}`,
          parameters: { min_severity: minSeverity },
        },
    traceId === undefined ? undefined : traceIs(fields.traceId, traceId),
    ...attributes.map((condition, index) => attribute(table, condition, index)),
    ...text.map((word, index) => anywhere(table, word, index)),
  ])
}

function anywhere({ fields }: LogTable, text: string, index: number): Sql {
  const word = `{word_${index}:String}`
  const tests = [
    holds(fields.body, word),
    holds(fields.eventName, word),
    `arrayExists(value -> ${holds('value', word)}, mapValues(${fields.attributes}))`,
  ]
  return { sql: `(${tests.join('\n    OR ')})`, parameters: { [`word_${index}`]: text } }
}

// The shop's database is simulated: it only waits, and makes the spans that a real one would make.
import { setTimeout as sleep } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import { inSpan } from './service.mjs'

export function query(operation, collection, text, { typicalMs, rows = 1 }) {
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.operation.name': operation,
    'db.collection.name': collection,
    'db.query.text': text,
    'server.address': 'db.shop.internal',
    'server.port': 5432,
  }
  return inSpan(
    `${operation} ${collection}`,
    { kind: SpanKind.CLIENT, attributes },
    async (span) => {
      await takeTime(typicalMs)
      span.setAttribute('db.response.returned_rows', rows)
    },
  )
}

/** Mostly about `typicalMs`, now and then several times as long, as real latencies are. */
export function takeTime(typicalMs) {
  return sleep(typicalMs * Math.exp(0.5 * normal()))
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

// Calls the handler as Lambda does: here, twice.
import { handler } from './handler.mjs'

for (const orderId of ['o-1', 'o-2']) {
  const startedAt = Date.now()
  const context = { getRemainingTimeInMillis: () => 3000 - (Date.now() - startedAt) }
  console.log(orderId, await handler({ orderId }, context))
}

import { SpanKind, trace } from '@opentelemetry/api'
import { query, takeTime } from './database.mjs'
import { express, inSpan, SimulatedFailure, serve } from './service.mjs'

const app = express().use(express.json())

app.post('/charges', async (request, response) => {
  const { userId, amountCents } = request.body
  trace.getActiveSpan()?.setAttributes({ 'user.id': userId, 'payment.amount_cents': amountCents })
  await inSpan('check fraud', { attributes: { 'fraud.rules': 12 } }, async (span) => {
    await takeTime(12)
    span.setAttribute('fraud.score', Math.round(Math.random() * 100) / 100)
  })
  await chargeCard(amountCents)
  await query('INSERT', 'charges', 'INSERT INTO charges (user_id, cents) VALUES ($1, $2)', {
    typicalMs: 5,
    rows: 0,
  })
  response.status(201).json({ charged: amountCents })
})

function chargeCard(amountCents) {
  const attributes = { 'payment.provider': 'examplepay', 'payment.amount_cents': amountCents }
  return inSpan('charge card', { kind: SpanKind.CLIENT, attributes }, async () => {
    const luck = Math.random()
    await takeTime(luck < 0.2 ? 150 : 40)
    if (luck < 0.2) throw new PaymentError('the card network did not answer in time', 503)
    if (luck < 0.3) throw new PaymentError('the card was declined', 402)
  })
}

class PaymentError extends SimulatedFailure {
  name = 'PaymentError'
}

serve(app)

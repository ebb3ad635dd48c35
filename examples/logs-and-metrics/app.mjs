// A box office. It knows pino, the console and the API of OpenTelemetry, but not where its telemetry goes.
import './console-to-logs.mjs'
import { setTimeout as sleep } from 'node:timers/promises'
import { metrics } from '@opentelemetry/api'
import express from 'express'
import pino from 'pino'

const log = pino()
const orders = metrics
  .getMeter('tickets')
  .createCounter('tickets.orders', { unit: '{order}', description: 'Orders that were placed' })

const app = express().use(express.json())

app.get('/concerts/:id', async (request, response) => {
  await sleep(5 + 10 * Math.random())
  log.debug({ 'concert.id': request.params.id }, 'concert read')
  response.json({ id: request.params.id, left: 12 })
})

app.post('/orders', async (request, response) => {
  const { kind, card } = request.body
  log.info({ 'ticket.kind': kind }, 'order received')
  // The bank takes its time over a card that it refuses.
  await sleep(card === 'expired' ? 250 : 30)
  if (card === 'expired') {
    log.error({ 'ticket.kind': kind }, 'the bank refused the card')
    return response.status(402).json({ error: 'card refused' })
  }
  orders.add(1, { 'ticket.kind': kind })
  response.status(201).json({ ordered: kind })
})

app.get('/seating-plan', (_request, response) => {
  const end = performance.now() + 120
  while (performance.now() < end); // blocks the event loop, as a large computation would
  console.info('the seating plan took %d ms without a pause', 120)
  response.json({ rows: 40 })
})

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`The box office is open: http://localhost:${server.address().port}`)
})

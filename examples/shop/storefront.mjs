import { SpanKind, trace } from '@opentelemetry/api'
import { query, takeTime } from './database.mjs'
import { client } from './http-json.mjs'
import { express, inSpan, log, serve } from './service.mjs'

const catalog = client('catalog', process.env.SHOP_CATALOG_URL)
const payment = client('payment', process.env.SHOP_PAYMENT_URL)

const app = express().use(express.json())

app.use((request, _response, next) => {
  trace.getActiveSpan()?.setAttribute('user.id', request.get('x-user-id') ?? 'anonymous')
  next()
})

app.get('/', async (_request, response) => {
  const [products] = await Promise.all([
    catalog.get('/products'),
    inSpan('pick recommendations', { attributes: { 'recommendations.model': 'tea-2' } }, () =>
      takeTime(15),
    ),
  ])
  response.json(products.body)
})

app.get('/products/:id', async (request, response) => {
  const { status, body } = await catalog.get(`/products/${request.params.id}`)
  if (status >= 500) throw failureOf('catalog', { status, body })
  response.status(status).json(body)
})

app.get('/search', async (request, response) => {
  const { body } = await catalog.get(`/search?q=${encodeURIComponent(request.query.q)}`)
  response.json(body)
})

app.post('/cart', async (request, response) => {
  const attributes = { 'cart.id': request.body.cartId, 'cart.items': request.body.items.length }
  await inSpan('price cart', { attributes }, async () => {
    await catalog.get(`/products/${request.body.items[0]}`)
    await query('INSERT', 'cart_items', 'INSERT INTO cart_items VALUES ($1, $2)', {
      typicalMs: 4,
      rows: 0,
    })
  })
  response.status(201).json({})
})

app.post('/checkout', async (request, response) => {
  const { cartId, userId, items, amountCents } = request.body
  const attributes = {
    'cart.id': cartId,
    'cart.items': items.length,
    'cart.total_cents': amountCents,
  }
  await inSpan('place order', { attributes }, async (span) => {
    await catalog.post('/reservations', { items })
    await pay({ userId, amountCents }, span)
    await query('INSERT', 'orders', 'INSERT INTO orders (cart_id) VALUES ($1)', {
      typicalMs: 7,
      rows: 0,
    })
    await inSpan('send receipts', { kind: SpanKind.PRODUCER }, () => takeTime(2))
  })
  log('INFO', 'order placed', { 'cart.id': cartId, 'cart.items': items.length })
  response.status(201).json({ ordered: items.length })
})

async function pay(charge, span) {
  let answer = await payment.post('/charges', charge)
  if (answer.status === 503) {
    span.addEvent('payment retried', { 'http.response.status_code': answer.status })
    log('WARN', 'payment is tried again', { 'user.id': charge.userId })
    answer = await payment.post('/charges', charge)
  }
  if (answer.status >= 400) throw failureOf('payment', answer)
}

/** Turns another service's failure into one of this service, simulated if the original was. */
function failureOf(service, { status, body }) {
  const error = new Error(`${service} answered ${status}: ${body.error}`)
  return Object.assign(error, { httpStatus: status, simulated: body.simulated })
}

serve(app)

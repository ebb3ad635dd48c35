import { query } from './database.mjs'
import { express, SimulatedFailure, serve } from './service.mjs'

const products = new Map(
  ['Teapot', 'Kettle', 'Cup', 'Sieve', 'Tray', 'Spoon', 'Honey', 'Oolong', 'Assam', 'Sencha'].map(
    (name, i) => [i + 1, { id: i + 1, name, priceCents: 490 + 370 * i }],
  ),
)
// One broken record, as every shop has.
products.set(13, { id: 13, name: 'Samovar' })

const app = express().use(express.json())

app.get('/products', async (_request, response) => {
  await query('SELECT', 'products', 'SELECT id, name FROM products LIMIT $1', {
    typicalMs: 6,
    rows: 10,
  })
  response.json([...products.values()])
})

app.get('/products/:id', async (request, response) => {
  const product = products.get(Number(request.params.id))
  const rows = product ? 1 : 0
  await query('SELECT', 'products', 'SELECT * FROM products WHERE id = $1', { typicalMs: 3, rows })
  if (!product) {
    const error = 'there is no such product'
    return response.status(404).json({ error, simulated: error })
  }
  await query('SELECT', 'reviews', 'SELECT avg(stars) FROM reviews WHERE product_id = $1', {
    typicalMs: 5,
  })
  if (!product.priceCents) throw new SimulatedFailure('a product has no price', 500)
  response.json({ ...product, price: product.priceCents.toFixed(0) })
})

app.get('/search', async (request, response) => {
  const text = "SELECT id FROM products WHERE name ILIKE '%' || $1 || '%'"
  await query('SELECT', 'products', text, { typicalMs: 90, rows: 4 })
  response.json([...products.values()].filter((product) => product.name.includes(request.query.q)))
})

app.post('/reservations', async (request, response) => {
  const items = request.body.items.length
  await query('SELECT', 'stock', 'SELECT left FROM stock WHERE product_id = ANY($1) FOR UPDATE', {
    typicalMs: 8,
    rows: items,
  })
  await query('UPDATE', 'stock', 'UPDATE stock SET left = left - 1 WHERE product_id = ANY($1)', {
    typicalMs: 10,
    rows: 0,
  })
  response.status(201).json({ reserved: items })
})

serve(app)

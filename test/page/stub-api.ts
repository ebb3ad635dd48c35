import { type Api, META, type Reply } from './kit.js'
import { stubHeat, stubRates, stubTraces } from './stub-traces.js'

type Answers = Partial<Record<string, (asked: URLSearchParams) => Reply | Promise<Reply>>>

/** An API with the given answers; everything else has no rows. */
export function stubApi(answers: Answers): Api {
  return (name, asked) =>
    answers[name]?.(asked) ?? (name === 'meta' ? { body: META } : { rows: [] })
}

const number = (asked: URLSearchParams, name: string) => Number(asked.get(name))

/** Plenty of everything, up to now. */
export function busyApi(answers: Answers = {}): Api {
  const traces = stubTraces(200, Date.now() * 1000 - 1e6)
  return stubApi({
    traces: () => ({ rows: traces }),
    heat: (asked) => ({
      rows: stubHeat(number(asked, 'from'), number(asked, 'to'), number(asked, 'bucket')),
    }),
    rates: (asked) => ({
      rows: stubRates(number(asked, 'from'), number(asked, 'to'), number(asked, 'bucket')),
    }),
    keys: () => ({
      rows: [
        { key: 'http.route', place: 'span', spans: 900 },
        { key: 'user.id', place: 'span', spans: 40 },
        { key: 'deployment.environment.name', place: 'resource', spans: 1000 },
      ],
    }),
    services: () => ({
      rows: [
        { service: 'storefront', spans: 700 },
        { service: 'payment', spans: 90 },
      ],
    }),
    'operation-names': () => ({ rows: [{ value: 'GET /products/:id', spans: 70 }] }),
    values: () => ({
      rows: [
        { value: '/products/:id', spans: 70 },
        { value: '/cart', spans: 20 },
      ],
    }),
    ...answers,
  })
}

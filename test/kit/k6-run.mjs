// A run of k6, as its JSON output and its summaries say it: our own data, in the format of k6 2.2. Plain JavaScript, because the
// program that stands for k6 makes the same run. Everything follows from the options, so a test can compute what must come out.

const URLS = ['/', '/cart', '/search', '/checkout']
const METRICS = {
  vus: ['gauge', 'default'],
  iterations: ['counter', 'default'],
  iteration_duration: ['trend', 'time'],
  http_reqs: ['counter', 'default'],
  http_req_duration: ['trend', 'time'],
  http_req_failed: ['rate', 'default'],
  checks: ['rate', 'default'],
  group_duration: ['trend', 'time'],
  data_received: ['counter', 'data'],
  waiting_time: ['trend', 'time'],
  basket_size: ['gauge', 'default'],
  errors_seen: ['counter', 'default'],
  cache_hits: ['rate', 'default'],
}

/** The thresholds of the script, by metric. Those of submetrics are not in the stream. */
export const THRESHOLDS = {
  http_req_duration: [
    'p(95)<400',
    { threshold: 'max<10', abortOnFail: true, delayAbortEval: '5s' },
  ],
  'http_req_duration{status:200}': ['avg<300'],
  http_req_failed: ['rate<0.5'],
  http_reqs: ['count>1', 'rate>0.1'],
  checks: ['rate>0.999'],
  basket_size: ['value>=0'],
  waiting_time: ['med<60', 'p(99.9)<200'],
  'errors_seen{url:/nowhere}': ['count<1'],
}

/** Seeded, so that runs can be told apart and made again. */
function randomOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Nine decimals, and an offset as of a machine that is not in UTC. */
function timeText(ms, nanos, offsetMinutes) {
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19)
  const fraction = String((ms % 1000) * 1e6 + nanos)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const sign = offsetMinutes < 0 ? '-' : '+'
  const [hours, minutes] = [Math.abs(offsetMinutes) / 60, Math.abs(offsetMinutes) % 60]
  const two = (number) => String(Math.floor(number)).padStart(2, '0')
  const zone = offsetMinutes === 0 ? 'Z' : `${sign}${two(hours)}:${two(minutes)}`
  return `${local}${fraction === '' ? '' : `.${fraction}`}${zone}`
}

/** The points of a run, one iteration after the other. */
export function* pointsOf({
  seed = 1,
  iterations = 20,
  startMs = 1_764_000_000_000,
  everyMs = 250,
}) {
  const random = randomOf(seed)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const at = startMs + iteration * everyMs
    const url = URLS[iteration % URLS.length]
    const isFailed = random() < 0.1
    const duration = 20 + Math.floor(random() * 4000) / 10
    const tags = {
      method: 'GET',
      name: url,
      url,
      status: isFailed ? '500' : '200',
      scenario: 'default',
      group: '::shop',
    }
    const http = { ...tags, proto: 'HTTP/1.1', expected_response: String(!isFailed) }
    const point = (metric, value, its = { scenario: 'default' }) => ({
      metric,
      value,
      tags: its,
      ms: at,
      nanos: Math.floor(random() * 1e6),
      ...(metric === 'waiting_time' && { metadata: { vu: '1', iter: String(iteration) } }),
    })
    yield point('http_reqs', 1, http)
    yield point('http_req_duration', duration, http)
    yield point('http_req_failed', Number(isFailed), http)
    yield point('checks', Number(!isFailed), {
      check: 'status is 200',
      scenario: 'default',
      group: '::shop',
    })
    yield point('group_duration', duration + 5, { group: '::shop', scenario: 'default' })
    yield point('data_received', 1000 + iteration, {})
    yield point('waiting_time', Math.floor(random() * 100))
    yield point('basket_size', Math.floor(random() * 5))
    if (isFailed) yield point('errors_seen', 1, { url })
    yield point('cache_hits', Number(random() < 0.7))
    yield point('iteration_duration', duration + 10)
    yield point('iterations', 1)
    yield point('vus', 1 + (iteration % 3), {})
  }
}

function tagsIn(metric) {
  const [, list] = /\{(.*)\}$/.exec(metric) ?? []
  return Object.fromEntries(
    (list ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split(/:(.*)/s).slice(0, 2)),
  )
}

const nameIn = (metric) => metric.split('{')[0]

function declarationOf(name) {
  const [type, contains] = METRICS[name]
  const submetrics = Object.keys(THRESHOLDS)
    .filter((one) => one !== name && nameIn(one) === name)
    .map((one) => ({ name: one, suffix: one.slice(name.length + 1, -1), tags: tagsIn(one) }))
  if (name === 'http_req_duration')
    submetrics.push({
      name: `${name}{expected_response:true}`,
      suffix: 'expected_response:true',
      tags: { expected_response: 'true' },
    })
  return {
    type: 'Metric',
    data: {
      name,
      type,
      contains,
      thresholds: THRESHOLDS[name] ?? [],
      submetrics: submetrics.length > 0 ? submetrics : null,
    },
    metric: name,
  }
}

/** The lines that k6 writes for these points. */
export function* linesOf(points, { offsetMinutes = 120 } = {}) {
  const seen = new Set()
  for (const { metric, value, tags, metadata, ms, nanos } of points) {
    if (!seen.has(metric)) yield JSON.stringify(declarationOf(metric))
    seen.add(metric)
    const time = timeText(ms, nanos, offsetMinutes)
    yield JSON.stringify({
      metric,
      type: 'Point',
      data: { time, value, tags, ...(metadata && { metadata }) },
    })
  }
}

const COMPARE = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** A figure of some values, by the definitions of k6: the plain way, with all values sorted. */
export function figureOf(what, type, values, seconds) {
  const sum = values.reduce((all, one) => all + one, 0)
  const sorted = [...values].sort((a, b) => a - b)
  const percentile = (percent) => {
    const place = (percent / 100) * (sorted.length - 1)
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return below + (above - below) * (place % 1)
  }
  switch (what) {
    case 'count':
      return sum
    case 'rate':
      return type === 'rate'
        ? values.filter((one) => one !== 0).length / values.length
        : sum / seconds
    case 'value':
      return values.at(-1)
    case 'avg':
      return values.length === 0 ? 0 : sum / values.length
    case 'min':
      return sorted[0]
    case 'max':
      return sorted.at(-1)
    case 'med':
      return percentile(50)
    default:
      return percentile(Number(/\d+(\.\d+)?/.exec(what)[0]))
  }
}

/** Every threshold of the script, with what was observed and whether it was kept. */
export function verdictsOf(points) {
  const all = [...points]
  const times = all.map(({ ms, nanos }) => ms + nanos / 1e6)
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000
  return Object.entries(THRESHOLDS).flatMap(([metric, thresholds]) => {
    const [name, wanted] = [nameIn(metric), Object.entries(tagsIn(metric))]
    const values = all
      .filter(
        (one) => one.metric === name && wanted.every(([key, value]) => one.tags[key] === value),
      )
      .map(({ value }) => value)
    return thresholds.map((one) => {
      const source = one.threshold ?? one
      const [, what, operator, bound] = /^(.+?)(<=|>=|<|>)(.+)$/.exec(source)
      const observed = figureOf(what, METRICS[name][0], values, seconds)
      return {
        metric,
        source,
        observed,
        isKept: COMPARE[operator](observed, Number(bound)),
        abortOnFail: one.abortOnFail ?? false,
      }
    })
  })
}

/** The summary of a run, in one of the three forms. */
export function summaryOf(points, form) {
  const all = [...points]
  const verdicts = verdictsOf(all)
  if (form === '--new-machine-readable-summary')
    return {
      version: '1.0.0',
      metadata: { generatedAt: '2026-01-01T00:00:00Z', k6Version: '2.2.0' },
      config: { duration: 5, execution: 'local', script: 'script.js' },
      results: {
        checks: null,
        metrics: Object.entries(METRICS).map(([name, [type, contains]]) => ({
          name,
          type,
          contains,
          values: { count: 1 },
        })),
      },
    }
  const metrics = {}
  for (const name of new Set([...all.map(({ metric }) => metric), ...Object.keys(THRESHOLDS)])) {
    const own = verdicts.filter(({ metric }) => metric === name)
    const values = { count: all.filter(({ metric }) => metric === name).length }
    const [type, contains] = METRICS[nameIn(name)]
    const thresholds = (of) =>
      own.length > 0
        ? { thresholds: Object.fromEntries(own.map((one) => [one.source, of(one)])) }
        : {}
    metrics[name] =
      form === 'handleSummary'
        ? { type, contains, values, ...thresholds(({ isKept }) => ({ ok: isKept })) }
        : { ...values, ...thresholds(({ isKept }) => !isKept) }
  }
  return { metrics, root_group: { name: '', path: '', groups: {}, checks: {} } }
}

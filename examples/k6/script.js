// k6 run script.js, or npx spanhouse k6 -- k6 run script.js
import { check, group } from 'k6'
import http from 'k6/http'
import { Counter, Gauge, Rate, Trend } from 'k6/metrics'

const waitingTime = new Trend('waiting_time', true)
const basketSize = new Gauge('basket_size')
const errorsSeen = new Counter('errors_seen')
const cacheHits = new Rate('cache_hits')

export const options = {
  vus: 3,
  duration: '10s',
  thresholds: {
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
  },
}

const SHOP = __ENV.SHOP || 'http://localhost:3000'

export default function () {
  group('shop', () => {
    for (const url of ['/', '/cart', '/search', '/checkout']) {
      const response = http.get(SHOP + url, { tags: { name: url } })
      check(response, { 'status is 200': ({ status }) => status === 200 })
      if (response.error) errorsSeen.add(1, { url })
      waitingTime.add(response.timings.waiting)
      cacheHits.add(response.headers['X-Cache'] === 'HIT')
    }
  })
  basketSize.add(Math.floor(Math.random() * 5))
}

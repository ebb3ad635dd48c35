import { startService } from './service-process.mjs'

/** What the services send, with the word for one of it. */
export const SIGNALS = { traces: 'span', logs: 'log record', metrics: 'data point' }

/** The three services; they send their spans, log records and metrics to `servers`. */
export function openShop({ servers, runId }) {
  const [{ username, password }] = servers
  const services = []

  function start(name, urls = {}) {
    const service = startService(name, {
      ...withoutTelemetrySettings(process.env),
      // The exporter reads these two by itself.
      ...(username && { OTEL_EXPORTER_CLICKHOUSE_USERNAME: username }),
      ...(password && { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: password }),
      SHOP_SERVICE: name,
      SHOP_RUN_ID: runId,
      SHOP_DESTINATIONS: JSON.stringify(servers.map(({ name, endpoint }) => ({ name, endpoint }))),
      ...urls,
    })
    services.push(service)
    return service.ask('url')
  }

  const askAll = (question) => Promise.all(services.map((service) => service.ask(question)))

  return {
    /** Gives the URL of the storefront. */
    async open() {
      const [catalog, payment] = await Promise.all([start('catalog'), start('payment')])
      return start('storefront', { SHOP_CATALOG_URL: catalog, SHOP_PAYMENT_URL: payment })
    },
    flush: () => askAll('flush'),
    /** Sends what there is, and makes no more data points. */
    finish: () => askAll('finish'),
    /** The open spans of all services, and for each signal what they made and the statistics of their exporters for each server. */
    async figures() {
      const figures = await askAll('figures')
      const ofSignal = (signal) => ({
        made: sum(figures.map((one) => one[signal].made)),
        destinations: Object.fromEntries(
          servers.map(({ name }) => [
            name,
            total(figures.map((one) => one[signal].destinations[name])),
          ]),
        ),
      })
      const signals = Object.keys(SIGNALS).map((signal) => [signal, ofSignal(signal)])
      return { open: sum(figures.map(({ open }) => open)), ...Object.fromEntries(signals) }
    },
    async close() {
      await askAll('shutdown')
      await Promise.all(services.map((service) => service.kill()))
    },
    kill: () => Promise.all(services.map((service) => service.kill())),
    /** The last lines of the services on stderr. */
    complaints: () => services.flatMap((service) => service.complaints()),
  }
}

// A sampler, limits or an endpoint in the environment must not change the demo's figures.
function withoutTelemetrySettings(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_')))
}

function total(stats) {
  const dropped = {}
  for (const [reason, rows] of stats.flatMap((one) => Object.entries(one.dropped))) {
    dropped[reason] = (dropped[reason] ?? 0) + rows
  }
  return {
    accepted: sum(stats.map(({ accepted }) => accepted)),
    waiting: sum(stats.map(({ waiting }) => waiting)),
    dropped,
  }
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)

import type { ExtentRow } from '@spanhouse/queries'
import { useEffect } from 'preact/hooks'
import type { Meta } from '../api/answers.js'
import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { Empty, Loading } from '../common/states.js'
import { agoText, counted, dateTimeText } from '../common/text.js'
import { change } from '../shell/address.js'
import { askMetaAgain, meta } from '../shell/meta.js'
import { boundsOf, RANGES } from '../shell/range.js'
import { rangeText } from '../shell/range-control.js'
import { clock, now, POLL_MS, range, setRange } from '../shell/time.js'
import { tokensOf, without } from './tokens.js'

/** The server has no table of spans. The page looks again by itself: the exporter creates the table with the first spans. */
export function NoTable({ meta: known }: { readonly meta: Meta }): VNode {
  useEffect(() => {
    const timer = setInterval(askMetaAgain, 2 * POLL_MS)
    return () => clearInterval(timer)
  }, [])
  return html`<${Empty} title="No table of spans yet">
    <p>${`${known.server.url} has none. The exporter creates it with the first spans; they appear here by themselves.`}</p>
    <${LinesToRun} endpoint=${known.server.url} />
  <//>`
}

/** The table is there and has never had a span. */
export function EmptyTable(): VNode {
  const endpoint = meta.value?.server.url ?? 'http://127.0.0.1:8123'
  return html`<${Empty} title="Waiting for the first trace">
    <p>The table is there and empty. Start an application; its traces appear here by themselves.</p>
    <${LinesToRun} endpoint=${endpoint} />
  <//>`
}

export interface NothingProps {
  readonly q: string
  readonly extent: ExtentRow | undefined
}

/** Nothing is listed, although the table has spans. */
export function Nothing({ q, extent }: NothingProps): VNode {
  if (q) return html`<${NoMatch} q=${q} />`
  if (!extent) return html`<${Loading} what="the extent of the table" />`
  return html`<${NothingInRange} spans=${extent.spans} firstUs=${extent.first_us} lastUs=${extent.last_us} />`
}

interface NothingInRangeProps {
  readonly spans: number
  readonly firstUs: number
  readonly lastUs: number
}

function NothingInRange({ spans, firstUs, lastUs }: NothingInRangeProps): VNode {
  const ageUs = now.value - lastUs
  const fitting = RANGES.find(
    (text) =>
      boundsOf({ kind: 'relative', text, lengthUs: LENGTHS[text] }, now.value).fromUs <= lastUs,
  )
  const title =
    range.value.kind === 'relative'
      ? `No traces in the ${rangeText(range.value).toLowerCase()}`
      : 'No traces in this range'
  // The last hour of the data; less if there is less.
  const hour = { fromUs: Math.max(firstUs, lastUs - 3600e6) - 1e6, toUs: lastUs + 1e6 }
  return html`<${Empty} title=${title}>
    <p>
      ${`The table has ${counted(spans, 'span')}. ${lastText(lastUs)}`}
    </p>
    <p class="actions">
      <button type="button" class="button primary" onClick=${() => setRange(hour)}>Show the last hour with data</button>
      ${
        fitting &&
        ageUs > 0 &&
        html`<button type="button" class="button" onClick=${() => setRange({ range: fitting })}>
          ${rangeText({ kind: 'relative', text: fitting, lengthUs: LENGTHS[fitting] })}
        </button>`
      }
    </p>
  <//>`
}

/** A clock a few seconds ahead is usual; one of years is a mistake, and the spans before it are hard to find by this one. */
function lastText(lastUs: number): string {
  const text = agoText(lastUs, clock.value)
  return lastUs > clock.value + 3600e6
    ? `The last one has a time in the future (${dateTimeText(lastUs).slice(0, 16)}): a clock was wrong when it was recorded.`
    : `The last one started ${text}.`
}

const LENGTHS = {
  '5m': 300e6,
  '15m': 900e6,
  '1h': 3600e6,
  '6h': 21_600e6,
  '24h': 86_400e6,
  '7d': 604_800e6,
}

function NoMatch({ q }: { readonly q: string }): VNode {
  const tokens = tokensOf(q)
  return html`<${Empty} title="No trace matches">
    <p>
      ${`A trace is found if one of its spans meets every condition. Searched: ${rangeText(range.value)}.`}
    </p>
    <p class="actions">
      ${
        tokens.length > 1 &&
        tokens.map(
          (
            { text },
            index,
          ) => html`<button type="button" class="button" onClick=${() => change({ q: without(q, index) })}>
            Without <code>${text}</code>
          </button>`,
        )
      }
      <button type="button" class="button" onClick=${() => change({ q: undefined })}>Show all traces</button>
      ${
        range.value.kind === 'relative' &&
        range.value.lengthUs < LENGTHS['7d'] &&
        html`<button type="button" class="button" onClick=${() => setRange({ range: '7d' })}>Search the last 7 days</button>`
      }
    </p>
  <//>`
}

function LinesToRun({ endpoint }: { readonly endpoint: string }): VNode {
  const variable = `OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=${endpoint}`
  const ways = [
    ['With the command', `${variable} npx spanhouse run -- node app.js`],
    [
      'With the exporter, installed in the application',
      `${variable} node --import @spanhouse/exporter-clickhouse/register app.js`,
    ],
  ] as const
  return html`${ways.map(
    ([title, line]) => html`<section class="line-to-run">
      <header><h3>${title}</h3><${CopyButton} label="Copy" text=${() => line} /></header>
      <pre tabindex="0">${line}</pre>
    </section>`,
  )}`
}

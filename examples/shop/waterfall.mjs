import { milliseconds } from './table.mjs'
import { paint, wrap } from './terminal.mjs'

const DURATION_WIDTH = 10 // 12,345 ms and a mark
const colours = ['cyan', 'magenta', 'yellow', 'green', 'blue']

/** The spans of one trace as lines: who called whom, when, and for how long. */
export function waterfall(spans, width) {
  const rows = inTreeOrder(spans)
  const services = [...new Set(rows.map(({ span }) => span.service))]
  const colourOf = (service) => colours[services.indexOf(service) % colours.length]

  const serviceWidth = longest(services)
  const nameWidth = Math.min(longest(rows.map(({ label }) => label)), Math.floor(width * 0.4))
  const left = width - serviceWidth - nameWidth - DURATION_WIDTH - 6
  const barWidth = left < 6 ? 0 : left
  const totalNs = Math.max(...spans.map((span) => span.offset_ns + span.duration_ns))

  const lines = rows.map(({ span, label }) => {
    const failed = span.status === 'error'
    const bar = barOf(span, totalNs, barWidth)
    return [
      paint(colourOf(span.service), span.service.padEnd(serviceWidth)),
      fit(label, nameWidth),
      ...(bar ? [paint(failed ? 'red' : colourOf(span.service), bar)] : []),
      milliseconds(span.duration_ns / 1e6).padStart(DURATION_WIDTH - 2) +
        (failed ? paint('red', ' ✗') : ''),
    ].join('  ')
  })
  const errors = rows
    .filter(({ span }) => span.status_message)
    .flatMap(({ span }) =>
      wrap(`${span.service}, ${span.name}: ${span.status_message}`, width, '✗ '),
    )
    .map((line) => line.replace(/^✗/, paint('red', '✗')))
  return errors.length > 0 ? [...lines, '', ...errors] : lines
}

function inTreeOrder(spans) {
  const known = new Set(spans.map((span) => span.span_id))
  const children = new Map()
  for (const span of spans) {
    const parent = known.has(span.parent_span_id) ? span.parent_span_id : ''
    children.set(parent, [...(children.get(parent) ?? []), span])
  }

  function walk(parent, indent) {
    const siblings = children.get(parent) ?? []
    return siblings.flatMap((span, i) => {
      const last = i === siblings.length - 1
      const isRoot = parent === ''
      return [
        { span, label: isRoot ? span.name : `${indent}${last ? '└' : '├'} ${span.name}` },
        ...walk(span.span_id, isRoot ? '' : `${indent}${last ? '  ' : '│ '}`),
      ]
    })
  }
  return walk('', '')
}

function barOf({ offset_ns, duration_ns }, totalNs, width) {
  if (width === 0) return ''
  const start = Math.min(width - 1, Math.floor((offset_ns / totalNs) * width))
  const length = Math.max(1, Math.min(width - start, Math.round((duration_ns / totalNs) * width)))
  return ' '.repeat(start) + '█'.repeat(length) + ' '.repeat(width - start - length)
}

const longest = (texts) => Math.max(...texts.map((text) => text.length))
const fit = (text, width) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)

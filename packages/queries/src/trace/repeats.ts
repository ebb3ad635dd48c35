import { busyNs } from './busy.js'
import type { Draft } from './draft.js'
import type { Repeat } from './trace.js'

const FEWEST = 5

/** Groups siblings of the same service, name and kind, also where others stand between them. */
export function findRepeats(spans: readonly Draft[], roots: readonly Draft[]): Repeat[] {
  const families = [roots, ...spans.map((span) => span.children)]
  return families
    .filter((family) => family.length >= FEWEST)
    .flatMap(groupsOf)
    .sort((a, b) => (a.spans[0]?.index ?? 0) - (b.spans[0]?.index ?? 0))
}

function groupsOf(siblings: readonly Draft[]): Repeat[] {
  const groups = new Map<string, Draft[]>()
  for (const draft of siblings) {
    const { service, name, kind } = draft.row
    const key = JSON.stringify([service, name, kind])
    const group = groups.get(key)
    if (group) group.push(draft)
    else groups.set(key, [draft])
  }
  return [...groups.values()].filter((group) => group.length >= FEWEST).map(repeatOf)
}

function repeatOf(spans: Draft[]): Repeat {
  const { service, name, kind } = (spans[0] as Draft).row
  const totalNs = spans.reduce((sum, span) => sum + span.endNs - span.startNs, 0)
  const wallNs = busyNs(spans)
  const repeat: Repeat = {
    service,
    name,
    kind,
    spans,
    count: spans.length,
    errors: spans.filter((span) => span.row.status === 'error').length,
    totalNs,
    wallNs,
    sequential: wallNs >= totalNs * 0.9,
  }
  for (const span of spans) span.repeat = repeat
  return repeat
}

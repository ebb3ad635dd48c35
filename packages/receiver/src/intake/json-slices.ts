import type { Records, Signal } from '#exporter'
import { Refusal } from '../answers/refusal.js'
import { checkJson } from './json-check.js'
import type { Kind } from './kind.js'

const SLICE = 1000
/** An empty record takes two bytes of the body and some hundred bytes of memory. */
const MAX_RECORDS = 1_000_000

type Json = Readonly<Record<string, unknown>>

/** The records of a body in JSON. Empty slices come while it is checked. */
export function* jsonSlices<On extends Signal>(
  kind: Kind<On>,
  body: Buffer,
): Generator<Records[On][]> {
  const [groups, scopes, records] = kind.lists
  for (const _ of checkJson(body)) yield []
  const all = [...scopesIn(parsed(body), groups, scopes)]
  const count = all.reduce((sum, { scope }) => sum + listIn(scope, records).length, 0)
  if (count > MAX_RECORDS) throw tooMany()
  for (const { group, scope } of all) {
    const list = listIn(scope, records)
    for (let from = 0; from < list.length; from += SLICE) {
      const some = { ...scope, [records]: list.slice(from, from + SLICE) }
      yield kind.fromJson({ [groups]: [{ ...group, [scopes]: [some] }] })
    }
  }
}

function* scopesIn(
  request: unknown,
  groups: string,
  scopes: string,
): Generator<{ group: Json; scope: Json }> {
  if (!isObject(request)) throw new Refusal('malformed', 'The body must be a JSON object.')
  for (const group of listIn(request, groups)) {
    if (!isObject(group)) throw new Refusal('malformed', `${groups} must hold objects.`)
    for (const scope of listIn(group, scopes)) {
      if (!isObject(scope)) throw new Refusal('malformed', `${scopes} must hold objects.`)
      yield { group, scope }
    }
  }
}

/** A list that is absent is empty. */
function listIn(json: Json, name: string): readonly unknown[] {
  const list = json[name]
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new Refusal('malformed', `${name} must be a list.`)
  return list
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function tooMany(): Refusal {
  return new Refusal('too_large', 'The body has too many records: send fewer in a request.')
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Its message would quote the text.
    throw new Refusal('malformed', 'The body is not JSON.')
  }
}

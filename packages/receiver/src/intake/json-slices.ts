import type { Records, Signal } from '#exporter'
import { Refusal } from '../answers/refusal.js'
import type { Kind } from './kind.js'

const SLICE = 1000
/** An empty object takes two bytes of the body and a hundred in memory, and an empty record more. */
const MAX_OBJECTS = 4_000_000
const MAX_RECORDS = 1_000_000

const BRACE = 0x7b
const BRACKET = 0x5b

type Json = Readonly<Record<string, unknown>>

/** The records of a body in JSON. JSON.parse() blocks: about a second for 64 MiB. */
export function* jsonSlices<On extends Signal>(
  kind: Kind<On>,
  body: Buffer,
): Generator<Records[On][]> {
  const [groups, scopes, records] = kind.lists
  checkSize(body)
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

/** Fields that are not known are ignored, and those that are not there are empty. */
function listIn(json: Json, name: string): readonly unknown[] {
  const list = json[name]
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new Refusal('malformed', `${name} must be a list.`)
  return list
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function checkSize(body: Buffer): void {
  let objects = 0
  for (const byte of body) if (byte === BRACE || byte === BRACKET) objects++
  if (objects > MAX_OBJECTS) throw tooMany()
}

function tooMany(): Refusal {
  return new Refusal('too_large', 'The body has too many objects: send fewer in a request.')
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Its message would quote the text.
    throw new Refusal('malformed', 'The body is not JSON.')
  }
}

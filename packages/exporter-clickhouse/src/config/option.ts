import { MAX_TIMER_MS } from '../common/deadline.js'

/** One entry of the table of options (`option-table.ts`). The path of the option follows from its place in the table. */
export interface Option {
  readonly type: Type
  /** The value if nobody gives one. Absent if it depends on other options, or if the option then has no value. */
  readonly default?: unknown
  /** Its part of the names of environment variables, if that does not follow from its name (`variable-names.ts`). */
  readonly environment?: string
  /** Messages must not show its value, nor that of any option in it. */
  readonly isSecret?: true
  /**
   * It says which records, or which parts of them, must not reach a destination. If a variable for it cannot be read, the destination
   * gets nothing, because what has been sent cannot be taken back.
   */
  readonly withholds?: true
}

export type Fields = Readonly<Record<string, Option>>

/** Which values an option accepts, and how layers merge: groups and dictionaries field by field; any other value replaces the lower one. */
export type Type = Text | Numeric | Flag | Choice | Custom | Data | Dictionary | Group | List

/** What is wrong with a text, as the end of a sentence; undefined if nothing is. */
export type TextCheck = (text: string) => string | undefined

export interface Text {
  readonly kind: 'text'
  readonly mayBeEmpty: boolean
  readonly problemOf: TextCheck | undefined
  /** Options that may be given in place of the text. */
  readonly or?: Group
}

export type Unit = 'milliseconds' | 'seconds' | 'bytes'

export interface Numeric {
  readonly kind: 'number'
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
  readonly unit: Unit | undefined
  /** A word that is accepted too. */
  readonly or?: string
}

export interface Flag {
  readonly kind: 'boolean'
}

export interface Choice {
  readonly kind: 'choice'
  readonly values: readonly string[]
  /** Another kind of value that is accepted too, and its name in messages. */
  readonly or?: { readonly name: string; accepts(value: unknown): boolean }
}

/** Values that only code can give, such as functions. */
export interface Custom {
  readonly kind: 'custom'
  readonly rule: string
  accepts(value: unknown): boolean
}

/** Rules of a form of their own, such as lists of objects, which a text expresses as JSON. Another source replaces them as a whole. */
export interface Data {
  readonly kind: 'data'
  /** Rules that a name can stand for: a text may then be names with commas in between. */
  readonly hasNames?: true
  /** The end of a sentence. Must not show the value. */
  problemOf(value: unknown): string | undefined
}

/** An object whose names the user chooses. */
export interface Dictionary {
  readonly kind: 'map'
  readonly nameProblem: TextCheck
  readonly value: Type
}

export interface Group {
  readonly kind: 'group'
  readonly fields: Fields
  /** Fields that cannot be left out. */
  readonly required: readonly string[]
  /** If not all fields go together: the sets that do. The first field of each set is required. */
  readonly forms?: readonly (readonly string[])[]
  /** If nobody gives the group, it stays undefined: the defaults of its fields do not create it. */
  readonly isOffByDefault: boolean
}

export interface List {
  readonly kind: 'list'
  readonly item: Group | Choice | Text
  readonly max: number
  /** An empty one takes back what a weaker source says. */
  readonly mayBeEmpty?: true
}

export function text(problemOf?: TextCheck): Text {
  return { kind: 'text', mayBeEmpty: false, problemOf }
}

export function textOrEmpty(problemOf?: TextCheck): Text {
  return { kind: 'text', mayBeEmpty: true, problemOf }
}

export function number(min: number, max: number): Numeric {
  return { kind: 'number', min, max, isWhole: false, unit: undefined }
}

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Numeric {
  return { ...number(min, max), isWhole: true }
}

export function wholeOr(word: string, min: number): Numeric {
  return { ...whole(min), or: word }
}

export function bytes(min: number, max?: number): Numeric {
  return { ...whole(min, max), unit: 'bytes' }
}

export function seconds(min: number): Numeric {
  return { ...whole(min), unit: 'seconds' }
}

export function milliseconds(min = 0): Numeric {
  return { ...number(min, MAX_TIMER_MS), unit: 'milliseconds' }
}

export const FLAG: Flag = { kind: 'boolean' }

export function choice(...values: string[]): Choice {
  return { kind: 'choice', values }
}

export function custom(rule: string, accepts: Custom['accepts']): Custom {
  return { kind: 'custom', rule, accepts }
}

export const FUNCTION: Custom = custom('must be a function', (value) => typeof value === 'function')

export function data(problemOf: Data['problemOf']): Data {
  return {
    kind: 'data',
    problemOf(value) {
      try {
        return problemOf(value)
      } catch {
        return ' cannot be read: a getter or Proxy throws' // in code only
      }
    },
  }
}

export function map(nameProblem: TextCheck, value: Type): Dictionary {
  return { kind: 'map', nameProblem, value }
}

export function group(fields: Fields): Group {
  return { kind: 'group', fields, required: [], isOffByDefault: false }
}

export function list(item: List['item'], max: number): List {
  return { kind: 'list', item, max }
}

/** The options in a group or list, by name. Other values hold no options. */
export function fieldsOf(type: Type | undefined): Fields {
  if (type?.kind === 'list') return fieldsOf(type.item)
  if (type?.kind === 'text') return fieldsOf(type.or)
  return type?.kind === 'group' ? type.fields : {}
}

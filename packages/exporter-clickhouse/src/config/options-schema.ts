import * as z from 'zod/mini'
import type { Fields, Group, Numeric, TextCheck, Type } from './option.js'
import { describe, numberRule, unreadable } from './option-problems.js'
import { OPTIONS } from './option-table.js'
import type { Problem } from './problem.js'

/** What is wrong with each option by itself, as short sentences; empty if nothing is. */
export function checkOptions(options: unknown): Problem[] {
  try {
    return problemsOf(options)
  } catch {
    if (!checksWork()) return []
    // Some value is a Proxy that throws. Check the options one by one to find it.
    return Object.entries(options as object).flatMap(([name, value]) => {
      try {
        return problemsOf({ [name]: value })
      } catch {
        return [unreadable([name])]
      }
    })
  }
}

/** False if somebody has added an enumerable property to Object.prototype: zod throws then, whatever it checks. */
function checksWork(): boolean {
  try {
    problemsOf({ name: 'any' })
    return true
  } catch {
    return false
  }
}

function problemsOf(options: unknown): Problem[] {
  const parsed = z.safeParse(schemaFor(options), options)
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue, options))
}

/** The schema of the options that are given. That of all would take a third of the package's import. */
function schemaFor(options: unknown) {
  const given = Object.entries(OPTIONS.fields).filter(([name]) => name in Object(options))
  return objectSchema(Object.fromEntries(given), OPTIONS.required)
}

const made = new Map<Type, z.ZodMiniType>()

function schemaOf(type: Type): z.ZodMiniType {
  const schema = made.get(type) ?? newSchema(type)
  made.set(type, schema)
  return schema
}

function newSchema(type: Type): z.ZodMiniType {
  switch (type.kind) {
    case 'text': {
      const text = textSchema(type.problemOf, type.mayBeEmpty)
      return type.or ? z.union([text, groupSchema(type.or)]) : text
    }
    case 'number':
      return numberSchema(type)
    case 'boolean':
      return z.boolean()
    case 'choice': {
      const { values, or } = type
      return or
        ? z.custom((value) => values.includes(value as string) || or.accepts(value))
        : z.enum(values)
    }
    case 'custom':
      return z.custom(type.accepts, type.rule)
    case 'data':
      return z.unknown().check((payload) => {
        const message = type.problemOf(payload.value)
        if (message !== undefined)
          payload.issues.push({ code: 'custom', input: payload.value, message })
      })
    case 'map':
      return z.record(textSchema(type.nameProblem, true), schemaOf(type.value))
    case 'group':
      return groupSchema(type)
    case 'list': {
      const items = z.array(schemaOf(type.item))
      return type.mayBeEmpty ? items : items.check(z.minLength(1))
    }
  }
}

function textSchema(problemOf: TextCheck | undefined, mayBeEmpty: boolean) {
  const schema = z.string().check((payload) => {
    const message = problemOf?.(payload.value)
    if (message !== undefined)
      payload.issues.push({ code: 'custom', input: payload.value, message })
  })
  return mayBeEmpty ? schema : schema.check(z.minLength(1))
}

function numberSchema(type: Numeric): z.ZodMiniType {
  const { min, max, isWhole, or } = type
  if (or !== undefined)
    return z.custom(
      (value) => value === or || (Number.isSafeInteger(value) && Number(value) >= min),
      numberRule(type),
    )
  return (isWhole ? z.int() : z.number()).check(z.gte(min), z.lte(max))
}

function groupSchema({ fields, forms, required }: Group): z.ZodMiniType {
  if (!forms) return objectSchema(fields, required)
  return z.union(
    forms.map((names) =>
      objectSchema(
        Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name))),
        names.slice(0, 1),
      ),
    ),
  )
}

function objectSchema(fields: Fields, required: readonly string[]) {
  return z.strictObject(
    Object.fromEntries(
      Object.entries(fields).map(([name, { type }]) => {
        const schema = schemaOf(type)
        return [name, required.includes(name) ? schema : z.optional(schema)]
      }),
    ),
  )
}

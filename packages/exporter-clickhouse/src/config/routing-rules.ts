// What is wrong with the rules that options of routing hold, as the end of a sentence. Values are not shown: they may be secrets.

const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
const STATUSES = ['unset', 'ok', 'error']
const NAMED_VALUES = [
  'email',
  'credit_card',
  'ipv4',
  'bearer_token',
  'jwt',
  'url_credentials',
] as const
const MAX_RULES = 100
const MAX_PATTERN = 1000

type Problem = string | undefined
type Check = (value: unknown, at: string) => Problem

export function filterProblem(value: unknown): Problem {
  if (typeof value === 'function') return undefined
  return members({ keep: listOf(condition), drop: listOf(condition) })(value, '')
}

export function sampleRulesProblem(value: unknown): Problem {
  return listOf((rule, at) => members(RULE, 'rate')(rule, at))(value, '')
}

export function redactValuesProblem(value: unknown): Problem {
  return listOf((rule, at) => {
    if (typeof rule === 'function' || NAMED_VALUES.some((name) => name === rule)) return undefined
    if (isObject(rule) && rule['pattern'] instanceof RegExp)
      return rule['pattern'].test('') ? `: ${at}.pattern also matches an empty text` : undefined
    return `: ${at} must be ${NAMED_VALUES.map((one) => `'${one}'`).join(', ')}; or, in code, { pattern: RegExp } or a function`
  })(value, '')
}

export const patternProblem = (text: string): Problem =>
  text.length > MAX_PATTERN ? `must be at most ${MAX_PATTERN} characters` : undefined

const pattern: Check = (value, at) =>
  typeof value === 'string' && value !== '' && value.length <= MAX_PATTERN
    ? undefined
    : `: ${at} must be a text, in which * stands for any text`

const attribute: Check = (value, at) =>
  isObject(value)
    ? firstProblem(Object.keys(value), (key) => pattern(value[key], `${at}["${shownKey(key)}"]`))
    : `: ${at} must be an object of attribute names and patterns`

const severity: Check = (value, at) =>
  SEVERITIES.some((name) => name === value) || isNumber(value, 1, 24)
    ? undefined
    : `: ${at} must be 1 to 24, or ${SEVERITIES.map((one) => `'${one}'`).join(', ')}`

const milliseconds: Check = (value, at) =>
  isNumber(value, 0, Number.MAX_VALUE) ? undefined : `: ${at} must be a number of milliseconds`

const rate: Check = (value, at) =>
  isNumber(value, 0, 1) ? undefined : `: ${at} must be a number from 0 to 1`

const status: Check = (value, at) =>
  STATUSES.some((name) => name === value)
    ? undefined
    : `: ${at} must be ${STATUSES.map((one) => `'${one}'`).join(', ')}`

const CONDITION: Readonly<Record<string, Check>> = {
  name: pattern,
  service: pattern,
  scope: pattern,
  body: pattern,
  attribute,
  severity: (value, at) => members({ min: severity, max: severity })(value, at),
  durationMs: (value, at) => members({ min: milliseconds, max: milliseconds })(value, at),
  status,
}

const RULE: Readonly<Record<string, Check>> = {
  service: pattern,
  route: pattern,
  name: pattern,
  rate,
}

// A condition without a field would be true of every record: more likely a mistake than meant.
const condition: Check = (value, at) =>
  members(CONDITION)(value, at) ??
  (Object.keys(Object(value)).length === 0 ? `: ${at} says nothing` : undefined)

function members(checks: Readonly<Record<string, Check>>, required?: string): Check {
  const names = Object.keys(checks).join(', ')
  return (value, at) => {
    if (!isObject(value))
      return at === '' ? ` must be { ${names} } or a function` : `: ${at} must be { ${names} }`
    const inside = (name: string) => (at === '' ? name : `${at}.${name}`)
    const problem = firstProblem(Object.keys(value), (name) => {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined
      if (!check) return `: ${inside(shownKey(name))} is not known: it may have ${names}`
      return value[name] === undefined ? undefined : check(value[name], inside(name))
    })
    if (problem !== undefined || required === undefined || value[required] !== undefined)
      return problem
    return `: ${inside(required)} is missing`
  }
}

function listOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return at === '' ? ' must be a list' : `: ${at} must be a list`
    if (value.length > MAX_RULES)
      return `: ${at} ${value.length} are too many: at most ${MAX_RULES} are allowed`
    return firstProblem([...value.keys()], (index) => check(value[index], `${at}[${index}]`))
  }
}

function firstProblem<Item>(items: readonly Item[], check: (item: Item) => Problem): Problem {
  for (const item of items) {
    const problem = check(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumber(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max
}

function shownKey(name: string): string {
  return /^[\w.-]{1,60}$/.test(name) ? name : '(a name not shown)'
}

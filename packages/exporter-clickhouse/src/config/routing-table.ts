import {
  bytes,
  data,
  FLAG,
  FUNCTION,
  group,
  list,
  milliseconds,
  number,
  type Option,
  text,
  textOrEmpty,
} from './option.js'
import { originProblem } from './option-rules.js'
import type { DestinationRouting } from './routing-options.js'
import {
  filterProblem,
  patternProblem,
  redactValuesProblem,
  sampleRulesProblem,
} from './routing-rules.js'

const PATTERNS = list(text(patternProblem), 1000)

/**
 * The part of the table of options that decides which records a destination gets. `sample` withholds nothing: it is about the amount of data,
 * and without it a destination only gets more of what it may have.
 */
export const ROUTING: Record<keyof DestinationRouting<never>, Option> = {
  filter: { type: data(filterProblem), withholds: true },
  sample: {
    type: {
      ...group({
        rate: { type: number(0, 1), default: 1 },
        rules: { type: data(sampleRulesProblem) },
        keepErrors: { type: FLAG, default: true },
        keepSlowerThanMs: { type: milliseconds() },
        maxWaitMs: { type: milliseconds(1), default: 30_000 },
        maxWaitingBytes: { type: bytes(1), default: 16 * 1024 * 1024 },
      }),
      isOffByDefault: true,
    },
  },
  redact: {
    type: {
      ...group({
        allow: { type: PATTERNS },
        deny: { type: PATTERNS },
        hash: { type: PATTERNS },
        values: { type: { ...data(redactValuesProblem), hasNames: true } },
        key: { type: text(), isSecret: true },
        replace: { type: textOrEmpty(), default: '[redacted]' },
      }),
      isOffByDefault: true,
    },
    withholds: true,
  },
  dispatch: { type: FUNCTION },
  origin: { type: text(originProblem), withholds: true }, // other destinations leave records out by the origin
  skipIfOrigin: { type: list(text(originProblem), 100), withholds: true },
}

import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatTraces, type SpanLike, type Table } from '@spanhouse/transform'
import { main } from '../../packages/spanhouse/src/commands/main.js'
import { type MemoryOutput, memoryOutput } from '../kit/memory-output.js'

/** Fixed: golden outputs contain times. */
process.env['TZ'] = 'UTC'

export interface TestSpan {
  readonly trace?: string
  readonly id: string
  readonly parent?: string
  /** Start and end, in ms from `BASE_MS`. */
  readonly at: readonly [number, number]
  readonly service?: string
  readonly name?: string
  readonly kind?: number
  readonly error?: string
  readonly exception?: { readonly type: string; readonly message: string; readonly stack: string }
  readonly attributes?: Readonly<Record<string, string>>
}

export const TRACE = '0af7651916cd43dd8448eb211c80319c'
/** 2023-11-14 22:13:20 UTC. */
export const BASE_MS = 1_700_000_000_000

const hrTime = (ms: number): [number, number] => [
  Math.floor((BASE_MS + ms) / 1000),
  Math.round(((BASE_MS + ms) % 1000) * 1e6),
]

/** A text as a span id. */
export function spanId(text: string): string {
  return Buffer.from(text).toString('hex').padStart(16, '0').slice(-16)
}

function spanLike(span: TestSpan): SpanLike {
  const traceId = span.trace ?? TRACE
  const context = (id: string) => ({ traceId, spanId: spanId(id) })
  const { exception } = span
  return {
    name: span.name ?? span.id,
    kind: span.kind ?? 0,
    spanContext: () => context(span.id),
    parentSpanContext: span.parent === undefined ? undefined : context(span.parent),
    startTime: hrTime(span.at[0]),
    endTime: hrTime(span.at[1]),
    status: span.error === undefined ? { code: 0 } : { code: 2, message: span.error },
    attributes: span.attributes ?? {},
    events:
      exception === undefined
        ? []
        : [
            {
              name: 'exception',
              time: hrTime(span.at[1]),
              attributes: {
                'exception.type': exception.type,
                'exception.message': exception.message,
                'exception.stacktrace': exception.stack,
              },
            },
          ],
    links: [],
    resource: { attributes: { 'service.name': span.service ?? 'shop' } },
    instrumentationScope: { name: 'test' },
  }
}

export async function insert(
  server: ClickHouseServer,
  spans: readonly TestSpan[],
  { table = 'telemetry.traces', schema = flatTraces as Table<SpanLike> } = {},
): Promise<void> {
  const lines = spans.map((span) => schema.toLine(spanLike(span)))
  const columns = schema.insertColumns.map((name) => `\`${name}\``).join(', ')
  await server.query(`INSERT INTO ${table} (${columns}) FORMAT JSONEachRow ${lines.join('\n')}`)
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly out: MemoryOutput
  readonly err: MemoryOutput
  readonly ended: Promise<number>
  /** As Ctrl-C does. */
  end(): Promise<number>
}

type Surroundings = Parameters<typeof memoryOutput>[0] & {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** What stands at standard input. Default: nothing may ask for it. */
  readonly input?: NodeJS.ReadableStream
}

/** Starts one command line in this process. */
export function start(
  argv: readonly string[],
  { env = {}, cwd = process.cwd(), input, ...output }: Surroundings = {},
): Running {
  const out = memoryOutput(output)
  const err = memoryOutput()
  const ending = new AbortController()
  const ended = main(argv, {
    ...{ env, cwd, out, err, signal: ending.signal },
    input: input && (() => input),
  })
  return {
    out,
    err,
    ended,
    end() {
      ending.abort('SIGINT')
      return ended
    },
  }
}

/** Runs one command line to its end. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { out, err, ended } = start(argv, surroundings)
  const code = await ended
  return { code, out: out.text(), err: err.text() }
}

/** The statements that `spanhouse ddl` prints; comments are left out. */
export function statementsOf(out: string): string[] {
  return out
    .replaceAll(/^--.*$/gm, '')
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter(Boolean)
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { FIGURES, RESULTS } from './results.js'

type Failing = TestCase | TestModule | TestSuite
type Errors = Parameters<NonNullable<Reporter['onTestRunEnd']>>[1]

const COUNTED = ['passed', 'failed', 'skipped'] as const
type Counts = Record<(typeof COUNTED)[number], number>

interface Failure {
  readonly name: string
  readonly file: string
  readonly message: string
}

const EVERY_MS = process.stdout.isTTY ? 1000 : 15_000
const MAX_SHOWN = 20
const MAX_MESSAGE = 300

/**
 * Prints a line of progress now and then, each failure in full as it happens, and at the end a summary of one screen. The last
 * line, for scripts, is `N passed, N failed`. What tests print goes to a file.
 */
export default class ScreenReporter implements Reporter {
  #vitest: Vitest | undefined
  readonly #startedAt = performance.now()
  readonly #total: Counts = { passed: 0, failed: 0, skipped: 0 }
  readonly #running = new Set<TestModule>()
  readonly #output: string[] = []
  #files = 0
  #filesDone = 0
  #progress: NodeJS.Timeout | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
    mkdirSync(RESULTS, { recursive: true })
    for (const name of ['figures.jsonl', 'failures.txt', 'output.txt', 'summary.json'])
      rmSync(join(RESULTS, name), { force: true })
  }

  onTestRunStart(specifications: readonly unknown[]): void {
    this.#files = specifications.length
    console.log(`${this.#files} test files …`)
    this.#progress = setInterval(() => this.#showProgress(), EVERY_MS)
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(module)
  }

  onUserConsoleLog({ content, taskId }: { content: string; taskId?: string }): void {
    const entity = taskId && this.#vitest?.state.getReportedEntityById(taskId)
    this.#output.push(`${entity ? `${nameOf(entity as Failing)}\n` : ''}${content}\n`)
  }

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result()
    if (state !== 'pending') this.#total[state]++
    if (state === 'failed') this.#printErrors(test)
  }

  /** A failed hook, or an error outside of any test, counts as one failed test. */
  onTestSuiteResult(suite: TestSuite): void {
    if (suite.errors().length === 0) return
    this.#total.failed++
    this.#printErrors(suite)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module)
    this.#filesDone++
    if (module.errors().length === 0) return
    this.#total.failed++
    this.#printErrors(module)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: Errors, reason: string): void {
    clearInterval(this.#progress)
    this.#eraseProgress()
    for (const error of unhandled) {
      this.#total.failed++
      this.#vitest?.logger.printError(error, { fullStack: true })
    }
    const failures = [
      ...modules.flatMap((module) => [...failuresOf(module)]),
      ...unhandled.map(({ message }) => ({ name: 'outside of any test', file: '', message })),
    ]
    const seconds = (performance.now() - this.#startedAt) / 1000
    const projects = byProject(modules)
    this.#write(modules, { seconds, projects, failures })
    const shown = failures.slice(0, MAX_SHOWN).map(short)
    const more = failures.length - shown.length
    const lines = [
      '',
      ...table(projects),
      '',
      ...shown,
      ...(more > 0 ? [`… and ${more} more`] : []),
      ...(reason === 'interrupted' ? ['Interrupted: not all tests were run.'] : []),
      `Figures: ${here(FIGURES)}. Failures, durations and what tests printed are beside it. ${minutes(seconds)}`,
      `${this.#total.passed} passed, ${this.#total.failed} failed${this.#total.skipped > 0 ? `, ${this.#total.skipped} skipped` : ''}`,
    ]
    console.log(lines.join('\n'))
  }

  #write(modules: readonly TestModule[], summary: Summary): void {
    const files = modules
      .map((module) => ({
        file: module.relativeModuleId,
        project: module.project.name,
        seconds: Math.round(module.diagnostic().duration / 100) / 10,
        slowest: slowestOf(module),
      }))
      .sort((a, b) => b.seconds - a.seconds)
    const write = (name: string, text: string) => writeFileSync(join(RESULTS, name), text)
    write(
      'summary.json',
      `${JSON.stringify({ ...this.#total, ...summary, files }, undefined, 2)}\n`,
    )
    write('output.txt', this.#output.join(''))
    if (summary.failures.length > 0)
      write(
        'failures.txt',
        summary.failures.map(({ name, message }) => `${name}\n${message}\n`).join('\n'),
      )
  }

  #printErrors(entity: Failing): void {
    const errors = entity.type === 'test' ? entity.result().errors : entity.errors()
    this.#eraseProgress()
    console.log(`\nFAILED ${nameOf(entity)}`)
    for (const error of errors ?? [])
      this.#vitest?.logger.printError(error, {
        project: entity.project,
        showCodeFrame: false,
      })
  }

  #showProgress(): void {
    const { passed, failed } = this.#total
    const running = [...this.#running].map(({ relativeModuleId }) => relativeModuleId)
    const text = `${minutes((performance.now() - this.#startedAt) / 1000)}: ${this.#filesDone} of ${this.#files} files, ${passed} passed, ${failed} failed${running.length > 0 ? `; running ${running.join(', ')}` : ''}`
    if (process.stdout.isTTY) {
      this.#eraseProgress()
      process.stdout.write(text.slice(0, process.stdout.columns - 1))
    } else console.log(text)
  }

  #eraseProgress(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[2K')
  }
}

interface ProjectSummary extends Counts {
  readonly project: string
  readonly files: number
  /** The sum over its files. */
  readonly seconds: number
}

interface Summary {
  readonly seconds: number
  readonly projects: readonly ProjectSummary[]
  readonly failures: readonly Failure[]
}

function byProject(modules: readonly TestModule[]): ProjectSummary[] {
  const names = [...new Set(modules.map(({ project }) => project.name))]
  return names.map((project) => {
    const own = modules.filter((module) => module.project.name === project)
    const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of own) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') counts[state]++
      }
      counts.failed += [module, ...module.children.allSuites()].filter(
        (suite) => suite.errors().length > 0,
      ).length
    }
    const ms = own.reduce((sum, module) => sum + module.diagnostic().duration, 0)
    return { project, files: own.length, ...counts, seconds: Math.round(ms / 1000) }
  })
}

function* failuresOf(module: TestModule): Generator<Failure> {
  const file = module.relativeModuleId
  for (const suite of [module, ...module.children.allSuites()])
    for (const error of suite.errors()) yield { name: nameOf(suite), file, message: textOf(error) }
  for (const test of module.children.allTests('failed'))
    for (const error of test.result().errors ?? [])
      yield { name: nameOf(test), file, message: textOf(error) }
}

function slowestOf(module: TestModule): { test: string; ms: number } | undefined {
  const tests = [...module.children.allTests()].map((test) => ({
    test: test.fullName,
    ms: Math.round(test.diagnostic()?.duration ?? 0),
  }))
  return tests.sort((a, b) => b.ms - a.ms)[0]
}

function textOf({ message, diff, stack }: Errors[number]): string {
  return stripVTControlCharacters(
    [message, diff, stack].filter((part) => part !== undefined).join('\n'),
  )
}

function nameOf(entity: Failing): string {
  const module = entity.type === 'module' ? entity : entity.module
  const own = entity.type === 'module' ? '' : ` > ${entity.fullName}`
  return `[${module.project.name}] ${module.relativeModuleId}${own}`
}

/** The name of a failed test and the first line of its message. */
function short({ name, message }: Failure): string {
  const [first = ''] = message.split('\n')
  return `FAILED ${name}\n       ${first.slice(0, MAX_MESSAGE)}`
}

function table(projects: readonly ProjectSummary[]): string[] {
  const width = Math.max(7, ...projects.map(({ project }) => project.length))
  const row = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, n) => (n === 0 ? String(cell).padEnd(width) : String(cell).padStart(9)))
      .join('')
  const columns = ['files', ...COUNTED, 'seconds'] as const
  return [
    row(['project', ...columns]),
    ...projects.map((one) => row([one.project, ...columns.map((column) => one[column])])),
  ]
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

function here(path: string): string {
  return relative(process.cwd(), path)
}

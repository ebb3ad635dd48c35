// The application of docs/migrating.md, and how its reader starts it.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { appWith } from '../register/app.js'

const APP = `
require('@opentelemetry/api')
  .trace.getTracer('shop')
  .startSpan('charge card', { attributes: { 'user.id': 'u-42', price: 12.5 } })
  .end()
`

/** An application with what the blocks import, which makes so many spans. */
export function application(spans = 1): string {
  const folder = appWith([
    '@opentelemetry/api',
    '@opentelemetry/sdk-node',
    '@opentelemetry/exporter-trace-otlp-proto',
  ])
  writeFileSync(join(folder, 'app.js'), APP.repeat(spans))
  return folder
}

export async function shell(folder: string, block: string): Promise<void> {
  writeFileSync(join(folder, 'block.sh'), block)
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    HOME: process.env['HOME'],
  }
  const { stderr } = await promisify(execFile)('bash', ['-eu', 'block.sh'], { cwd: folder, env })
  expect(stderr).toBe('')
}

/** The set-up of a block, then one span. */
export async function setUp(folder: string, block: string): Promise<void> {
  writeFileSync(
    join(folder, 'telemetry.mjs'),
    `${block}\nprocess.once('beforeExit', () => sdk.shutdown())\n`,
  )
  await shell(folder, 'node --import ./telemetry.mjs app.js')
}
